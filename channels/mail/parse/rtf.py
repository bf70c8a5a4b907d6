"""Compressed RTF of Outlook (MS-OXRTFCP) and the text or the HTML that is wrapped in it (MS-OXRTFEX)."""

import re
import struct
from dataclasses import dataclass, field, replace

from channels.mail.parse import charsets

COMPRESSED, STORED = 0x75465A4C, 0x414C454D
RTF_BYTES = 1024 * 1024
DEPTH = 500
WINDOW = 4096
# The words every stream may refer to from its first byte on (MS-OXRTFCP 2.1.2.1).
PRELOADED = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    + b"\r\n"
    + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
TOKEN = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)"
)
CHARSETS = {
    77: "mac_roman", 128: "cp932", 129: "cp949", 134: "gb18030", 136: "big5hkscs", 161: "cp1253", 162: "cp1254",
    163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
}  # fmt: skip
CHARACTERS = {
    "par": "\n", "line": "\n", "row": "\n", "sect": "\n", "page": "\n", "tab": "\t", "cell": "\t", "emdash": "—",
    "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•", "emspace": " ",
    "enspace": " ", "~": "\u00a0", "_": "-", "{": "{", "}": "}", "\\": "\\",
}  # fmt: skip
# Groups that are about the document and nobody reads.
UNREAD = frozenset(
    re.findall(
        r"\w+",
        """colortbl stylesheet info pict header headerl headerr footer footerl footerr object themedata listtable
        filetbl listoverridetable rsidtbl generator xmlnstbl mhtmltag fldinst datastore latentstyles bkmkstart
        bkmkend""",
    )
)


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds inside one pair of braces."""

    unread: bool = False
    fonts: bool = False
    tag: bool = False
    hidden: bool = False
    skip: int = 1
    font: int = -1


@dataclass(slots=True)
class _Reader:
    """The state of one pass: the groups that are open, the fonts that are known, and what was read."""

    wraps_html: bool
    codepage: str = "cp1252"
    group: _Group = field(default_factory=_Group)
    open: list[_Group] = field(default_factory=list)
    fonts: dict[int, str] = field(default_factory=dict)
    out: list[str] = field(default_factory=list)
    pending: bytearray = field(default_factory=bytearray)
    ignored: int = 0
    starred: bool = False


def decompress(data: bytes) -> bytes:
    """The RTF in a compressed stream, at most RTF_BYTES of it; b"" for something else. Never raises; linear."""
    if len(data) < 16:
        return b""
    kind = struct.unpack_from("<I", data, 8)[0]
    if kind == STORED:
        return data[16 : 16 + RTF_BYTES]
    return _expanded(data) if kind == COMPRESSED else b""


def _expanded(data: bytes) -> bytes:
    out = bytearray(PRELOADED)
    limit, at = len(PRELOADED) + RTF_BYTES, 16
    while at < len(data) and len(out) < limit:
        control, at = data[at], at + 1
        for bit in range(8):
            if not control >> bit & 1:
                out += data[at : at + 1]
                at += 1
                continue
            if at + 2 > len(data):
                return bytes(out[len(PRELOADED) :])
            offset, size = data[at] << 4 | data[at + 1] >> 4, (data[at + 1] & 15) + 2
            at += 2
            back = (len(out) - offset) % WINDOW
            if not back:
                return bytes(out[len(PRELOADED) :])
            _copy(out, back, size)
    return bytes(out[len(PRELOADED) :])


def _copy(out: bytearray, back: int, size: int) -> None:
    """Repeat what stands `back` bytes before the end; what is copied may be part of the copy."""
    start = len(out) - back
    if start < 0:
        out += bytes(size)
        return
    piece = bytes(out[start : start + size])
    out += (piece * (size // len(piece) + 1))[:size]


def read_rtf(rtf: bytes) -> tuple[str, str]:
    """(text, html) of an RTF body: the HTML it was made from if it says so, else its text. Never raises; linear."""
    if rtf.lstrip()[:5] != b"{\\rtf":
        return "", ""
    reader = _Reader(wraps_html=b"\\fromhtml" in rtf[:1000])
    for token in TOKEN.finditer(rtf):
        _take(reader, token)
    _flush(reader)
    text = "".join(reader.out).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return ("", text) if reader.wraps_html else (text.strip(), "")


def _take(reader: _Reader, token: re.Match[bytes]) -> None:
    code, word, number, symbol, brace, run = token.groups()
    if brace:
        _flush(reader)
        _open(reader) if brace == b"{" else _close(reader)
    elif code:
        _put(reader, bytes.fromhex(code.decode()))
    elif run:
        _put(reader, run)
    elif word:
        _control(reader, word.decode().lower(), int(number) if number else None)
    elif symbol == b"*":
        reader.starred = True
    elif symbol:
        _character(reader, symbol.decode("latin-1"))


def _open(reader: _Reader) -> None:
    reader.starred, reader.ignored = False, 0
    if len(reader.open) < DEPTH:
        reader.open.append(reader.group)


def _close(reader: _Reader) -> None:
    reader.starred, reader.ignored = False, 0
    if reader.open:
        reader.group = reader.open.pop()


def _control(reader: _Reader, word: str, number: int | None) -> None:
    group, starred = reader.group, reader.starred
    reader.starred = False
    if word == "u" and number is not None:
        _unicode(reader, number)
        return
    if word in CHARACTERS:
        _character(reader, word)
        return
    _flush(reader)
    if word == "htmltag":
        reader.group = replace(group, tag=True)
    elif word in UNREAD or starred:
        reader.group = replace(group, unread=True)
    elif word == "fonttbl":
        reader.group = replace(group, fonts=True)
    elif word == ("htmlrtf" if reader.wraps_html else "v"):
        reader.group = replace(group, hidden=number != 0)
    elif number is not None:
        _number(reader, word, number)


def _number(reader: _Reader, word: str, number: int) -> None:
    if word == "uc":
        reader.group = replace(reader.group, skip=min(max(number, 0), 8))
    elif word == "f":
        reader.group = replace(reader.group, font=number)
    elif word == "fcharset" and reader.group.fonts:
        reader.fonts[reader.group.font] = CHARSETS.get(number, "")
    elif word == "ansicpg":
        reader.codepage = f"cp{number}"


def _is_seen(reader: _Reader) -> bool:
    group = reader.group
    return not (group.unread or group.fonts or (group.hidden and not group.tag))


def _character(reader: _Reader, name: str) -> None:
    _flush(reader)
    if reader.ignored:
        reader.ignored -= 1
    elif _is_seen(reader):
        reader.out.append(CHARACTERS.get(name, ""))


def _unicode(reader: _Reader, number: int) -> None:
    _flush(reader)
    if _is_seen(reader):
        reader.out.append(chr(number & 0xFFFF))
    reader.ignored = reader.group.skip


def _put(reader: _Reader, run: bytes) -> None:
    """Text in the bytes of its font, less what only stands there for readers without Unicode."""
    if reader.ignored:
        dropped = min(reader.ignored, len(run))
        reader.ignored -= dropped
        run = run[dropped:]
    if run and _is_seen(reader):
        reader.pending += run


def _flush(reader: _Reader) -> None:
    if reader.pending:
        charset = reader.fonts.get(reader.group.font) or reader.codepage
        reader.out.append(_decoded(bytes(reader.pending), charset))
        reader.pending.clear()


def _decoded(run: bytes, charset: str) -> str:
    """RTF names the code page of every byte, so that nothing is guessed."""
    try:
        return run.decode(charset, "replace")
    except LookupError:
        return charsets.decode(run, charset)
