"""The files of a message: safe names, what the bytes really are, what is only decoration or transport."""

import hashlib
import mimetypes
import re
import unicodedata
from collections.abc import Iterable, Iterator

from channels.mail.parse import limits
from channels.mail.parse.bodies import Bodies
from channels.mail.parse.headers import decode_words
from channels.mail.parse.message import MailAttachment
from channels.mail.parse.structure import Part
from channels.mail.parse.tnef import read_tnef

# Parts that carry the mail and are no file of the sender's.
TRANSPORT = frozenset(
    {
        "message/delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
        "message/global-delivery-status",
        "message/rfc822-headers",
        "text/rfc822-headers",
        "application/pgp-signature",
        "application/pgp-encrypted",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
    }
)
SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"MZ", "application/x-msdownload"),
    (b"\x7fELF", "application/x-executable"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"{\\rtf", "application/rtf"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x78\x9f\x3e\x22", "application/ms-tnef"),
)
# Families that begin alike: the claimed type is believed when it belongs to the family.
FAMILIES = {
    "application/zip": re.compile(
        r"zip|openxml|opendocument|epub|java-archive|officedocument|\bvnd\.(?:android|apple|google-earth)|x-ole"
    ),
    "application/x-ole-storage": re.compile(r"ms-?(?:word|excel|powerpoint|outlook|office|project|visio)|msword|ole"),
    "application/gzip": re.compile(r"gzip|tgz|tar"),
    "image/tiff": re.compile(r"tiff|dng|raw"),
}
OFFICE = {"word/": "wordprocessingml.document", "xl/": "spreadsheetml.sheet", "ppt/": "presentationml.presentation"}
DANGEROUS_SUFFIX = re.compile(
    r"\.(?:exe|scr|com|bat|cmd|pif|js|jse|vbs|vbe|wsf|wsh|ps1|msi|msp|hta|cpl|jar|lnk|reg|dll|iso|img|vhd|docm"
    r"|xlsm|pptm|apk|app|sh)$",
    re.IGNORECASE,
)
ARCHIVE_TYPES = frozenset(["application/zip", "application/vnd.rar", "application/x-7z-compressed", "application/gzip"])
TNEF_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\u200b-\u200f\u202a-\u202e\u2060-\u206f]')
WINDOWS_DEVICES = re.compile(r"^(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?$", re.IGNORECASE)


def read_attachments(root: Part, bodies: Bodies) -> tuple[tuple[MailAttachment, ...], bool]:
    """The sender's files in order, and whether there were more than limits.ATTACHMENTS."""
    is_body = {id(part) for part in bodies.parts}
    found = [_enclosed(name, content, number) for number, (name, content) in enumerate(bodies.enclosed, start=1)]
    for part in _files(root):
        if id(part) in is_body:
            continue
        packed = read_tnef(part.data()).files if part.content_type in TNEF_TYPES else []
        more = [_enclosed(file.name, file.content, len(found) + number) for number, file in enumerate(packed, start=1)]
        found.extend(more or [_attachment(part, len(found) + 1, bodies.cids)])
        if len(found) > limits.ATTACHMENTS:
            return tuple(found[: limits.ATTACHMENTS]), True
    return tuple(found), False


def _enclosed(name: str, content: bytes, number: int) -> MailAttachment:
    """A file that stood uuencoded in the text, or packed in a TNEF stream."""
    content_type = real_type(content, "application/octet-stream", name)
    digest = hashlib.sha256(content).hexdigest()
    return MailAttachment(safe_name(name, content_type, number), content_type, len(content), False, digest, content)


def _files(root: Part) -> Iterator[Part]:
    """Leaf parts that are files. Calendar copies in an alternative and the parts of a report are not."""
    stack = [(root, "")]
    while stack:
        part, parent = stack.pop()
        if part.content_type.startswith("multipart/"):
            kind = "report" if "report" in (part.content_type[10:], parent) else part.content_type[10:]
            stack.extend((child, kind) for child in reversed(part.children))
        elif part.content_type not in TRANSPORT and not _is_copy(part, parent) and (part.body.strip() or part.filename):
            yield part


def _is_copy(part: Part, parent: str) -> bool:
    named = bool(part.filename) or part.disposition == "attachment"
    if parent == "report":
        return True
    if parent == "encrypted":
        return part.content_type == "application/octet-stream"
    return (
        parent == "alternative"
        and part.content_type in ("text/calendar", "text/x-amp-html", "text/x-watch-html")
        and not named
    )


def _attachment(part: Part, number: int, cids: frozenset[str]) -> MailAttachment:
    content = (
        part.body
        if part.content_type == "message/rfc822" and not part.raw("content-transfer-encoding")
        else part.data()
    )
    content_type = real_type(content, part.content_type, part.filename)
    inline = bool(part.content_id) and part.content_id in cids
    return MailAttachment(
        filename=safe_name(part.filename or _own_name(part), content_type, number),
        content_type=content_type,
        size=len(content),
        inline=inline,
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        decoration=_is_decoration(content, content_type, inline, part),
    )


def _own_name(part: Part) -> str:
    """A name for an attached mail: its subject."""
    if part.content_type == "message/rfc822" and part.children:
        return (part.children[0].text("subject")[:80] or "message") + ".eml"
    return ""


def safe_name(name: str, content_type: str, number: int = 1) -> str:
    """A file name without path, control or direction characters, at most 120 characters; never empty."""
    name = unicodedata.normalize("NFC", decode_words(name)).replace("\\", "/").rsplit("/", 1)[-1]
    name = UNSAFE.sub("_", " ".join(name.split())).strip(" .")
    if WINDOWS_DEVICES.match(name):
        name = f"_{name}"
    if not name:
        name = f"attachment-{number}{mimetypes.guess_extension(content_type) or '.bin'}"
    if len(name) > 120:
        stem, dot, suffix = name.rpartition(".")
        name = f"{stem[: 119 - len(suffix)]}{dot}{suffix}" if dot and len(suffix) < 12 else name[:120]
    return name


def real_type(content: bytes, claimed: str, filename: str = "") -> str:
    """The type by the first bytes; else by the claim, else by the name."""
    sniffed = _sniffed(content)
    if sniffed:
        family = FAMILIES.get(sniffed)
        if family and family.search(claimed) and claimed != sniffed:
            return claimed
        return (_office_type(content) if sniffed == "application/zip" else None) or sniffed
    if (
        claimed in ("application/octet-stream", "application/x-octet-stream", "application/binary", "text/plain")
        and filename
    ):
        guessed = mimetypes.guess_type(filename)[0]
        return guessed if (guessed and not guessed.startswith("image/")) or guessed == "image/svg+xml" else claimed
    return claimed


def _sniffed(content: bytes) -> str | None:
    head = content[:16]
    if head[4:8] == b"ftyp":
        return "image/heic" if head[8:12] in (b"heic", b"heix", b"mif1") else "video/mp4"
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12])
    found = next((name for magic, name in SIGNATURES if head.startswith(magic)), None)
    # Two letters begin many texts: a bitmap and a program are told by what follows.
    if found == "image/bmp" and content[6:10] != b"\0\0\0\0":
        return None
    if found == "application/x-msdownload" and content[:1024].isascii() and b"\0" not in content[:1024]:
        return None
    return found


def _office_type(content: bytes) -> str | None:
    head = content[:4096]
    for folder, name in OFFICE.items():
        if folder.encode() in head:
            return f"application/vnd.openxmlformats-officedocument.{name}"
    return None


def _is_decoration(content: bytes, content_type: str, inline: bool, part: Part) -> bool:
    """Tracking pixels, and small inline images named like signature logos."""
    if not content_type.startswith("image/"):
        return False
    if len(content) < 200 or _pixels(content, content_type) in range(1, 64 * 64):
        return True
    small = len(content) < 12_000
    return (
        inline
        and small
        and bool(
            re.match(r"(?:image\d{3}|logo|signature|sig|facebook|twitter|linkedin|icon)", part.filename, re.IGNORECASE)
        )
    )


def _pixels(content: bytes, content_type: str) -> int:
    """Width times height where the header says it, else 0."""
    if content_type == "image/png" and len(content) >= 24:
        return int.from_bytes(content[16:20], "big") * int.from_bytes(content[20:24], "big")
    if content_type == "image/gif" and len(content) >= 10:
        return int.from_bytes(content[6:8], "little") * int.from_bytes(content[8:10], "little")
    return 0


def dangers(attachments: Iterable[MailAttachment]) -> set[str]:
    """Flags for files nobody should open without thought."""
    found = set()
    for one in attachments:
        if DANGEROUS_SUFFIX.search(one.filename) or one.content_type in (
            "application/x-msdownload",
            "application/x-executable",
        ):
            found.add("executable")
        elif one.content_type in ARCHIVE_TYPES:
            found.add("archive")
    return found
