"""The tree of MIME parts of one message, split with every cap applied on the way down; broken MIME included."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from channels.mail.parse import charsets, limits
from channels.mail.parse.headers import Field, decode_value, lenient_base64, parameters, split_block

DECLARES_NOTHING = ("text/plain", {"charset": ""})
BOUNDARY_GUESS = re.compile(rb"(?:^|\n)--([^\r\n]{1,200})\r?\nContent-", re.IGNORECASE)
UUENCODED = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,200})\r?\n(?=[\x20-\x60])", re.MULTILINE)
UUENCODED_END = re.compile(rb"\nend[ \t]*(?:\r?\n|$)")


@dataclass(slots=True)
class Part:
    """One MIME entity. `body` is still transfer-encoded; `data()` is not."""

    fields: list[Field]
    body: bytes
    content_type: str = "text/plain"
    params: dict[str, str] = field(default_factory=dict)
    disposition: str = ""
    disposition_params: dict[str, str] = field(default_factory=dict)
    children: list["Part"] = field(default_factory=list)

    def raw(self, name: str) -> bytes:
        """The first raw value of a header, b"" when there is none."""
        return next((one.value for one in self.fields if one.name == name), b"")

    def text(self, name: str) -> str:
        """The first decoded value of a header, "" when there is none."""
        return decode_value(self.raw(name))

    @property
    def charset(self) -> str:
        """The charset the part declares, "" when it declares none."""
        return self.params.get("charset", "")

    @property
    def content_id(self) -> str:
        """The content id without brackets."""
        return self.text("content-id").strip("<> \t")

    @property
    def filename(self) -> str:
        """The name the sender gave the file, unsafe and as written; "" when none."""
        return self.disposition_params.get("filename") or self.params.get("name") or ""

    def data(self) -> bytes:
        """The bytes behind the transfer encoding; damaged encodings give what could be read."""
        return transfer_decode(self.body, self.text("content-transfer-encoding"))

    def walk(self) -> Iterator["Part"]:
        """This part and all below, in order of appearance; does not enter attached messages."""
        stack = [self]
        while stack:
            part = stack.pop()
            yield part
            if part.content_type != "message/rfc822":
                stack.extend(reversed(part.children))


@dataclass(slots=True)
class Tree:
    """The parsed message and which caps it met."""

    root: Part
    caps: set[str] = field(default_factory=set)
    parts: int = 0


def read_tree(raw: bytes) -> Tree:
    """Split a message. Works level by level, so neither depth nor number of parts can exhaust the stack."""
    tree = Tree(Part([], b""))
    if len(raw) > limits.MESSAGE_BYTES:
        raw = raw[: limits.MESSAGE_BYTES]
        tree.caps.add("bytes")
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    tree.root = _read_part(raw, DECLARES_NOTHING, tree)
    waiting = [(tree.root, 1)]
    while waiting:
        part, depth = waiting.pop(0)
        if part.content_type.startswith("multipart/") or part.content_type == "message/rfc822":
            if depth >= limits.MIME_DEPTH:
                tree.caps.add("depth")
                continue
            part.children = _children(part, tree)
            waiting.extend((child, depth + 1) for child in part.children)
    return tree


def _children(part: Part, tree: Tree) -> list[Part]:
    if part.content_type == "message/rfc822":
        body = part.data()
        return [_read_part(body, DECLARES_NOTHING, tree)] if body.strip() else []
    default = ("message/rfc822", {}) if part.content_type == "multipart/digest" else DECLARES_NOTHING
    bodies = _split(part, limits.PARTS - tree.parts, tree)
    if not bodies:
        # A multipart without its boundary: what stands there is all a person would see.
        return [Part([one for one in part.fields if one.name == "content-transfer-encoding"], part.body)]
    return [_read_part(body, default, tree, is_part=True) for body in bodies]


def _split(part: Part, allowed: int, tree: Tree) -> list[bytes]:
    """The bodies between the boundaries, at most `allowed`."""
    boundary = part.params.get("boundary", "").encode("utf-8", "surrogateescape").rstrip()
    bodies = _split_at(part.body, boundary, allowed + 1) if boundary else []
    if not bodies and (guess := BOUNDARY_GUESS.search(part.body[:65536])):
        bodies = _split_at(part.body, guess[1].rstrip(), allowed + 1)
    if len(bodies) > allowed:
        tree.caps.add("parts")
    return bodies[: max(allowed, 0)]


def _split_at(body: bytes, boundary: bytes, most: int) -> list[bytes]:
    marker = b"--" + boundary
    bodies: list[bytes] = []
    start = -1
    position = 0
    while len(bodies) < most:
        found, end, closing = _next_delimiter(body, marker, position)
        if start >= 0:
            bodies.append(_without_last_newline(body[start : found if found >= 0 else len(body)]))
        if found < 0 or closing:
            break
        start = position = end
    return bodies


def _next_delimiter(body: bytes, marker: bytes, position: int) -> tuple[int, int, bool]:
    """Where the next delimiter line starts and ends, and whether it closes the multipart; (-1, …) for none."""
    while True:
        found = body.find(marker, position)
        if found < 0:
            return -1, len(body), True
        position = found + len(marker)
        newline = body.find(b"\n", position)
        end = len(body) if newline < 0 else newline + 1
        tail = body[position:end].strip() if end - position < 200 else b"x"
        if (found == 0 or body[found - 1 : found] == b"\n") and tail in (b"", b"--"):
            return found, end, tail == b"--"


def _without_last_newline(data: bytes) -> bytes:
    """The line break before a delimiter belongs to the delimiter (RFC 2046 5.1.1)."""
    if data.endswith(b"\r\n"):
        return data[:-2]
    return data[:-1] if data.endswith(b"\n") else data


def _read_part(raw: bytes, default: tuple[str, dict[str, str]], tree: Tree, *, is_part: bool = False) -> Part:
    tree.parts += 1
    fields, start, partial = split_block(raw, is_part=is_part)
    if partial:
        tree.caps.add("headers")
    part = Part(fields, raw[start:], *default)
    declared = part.raw("content-type")
    if declared:
        name, part.params = parameters(_text(declared))
        part.content_type = _known_type(name)
    if disposition := part.raw("content-disposition"):
        part.disposition, part.disposition_params = parameters(_text(disposition))
    return part


def _text(value: bytes) -> str:
    """A structured value with its encoded words still encoded: a decoded quote must not end a parameter."""
    return charsets.decode(value)


def _known_type(name: str) -> str:
    """A usable "type/subtype"; senders write "text", "TEXT", "html" or nothing."""
    if "/" in name and " " not in name:
        return name
    return {"html": "text/html", "multipart": "multipart/mixed"}.get(name, "text/plain")


def transfer_decode(body: bytes, encoding: str) -> bytes:
    """Undo a Content-Transfer-Encoding; unknown ones are taken as they are."""
    name = encoding.strip().strip("\"'").lower().split(";")[0].strip()
    if name == "base64":
        return lenient_base64(body)
    if name in ("quoted-printable", "quoted-printeable", "quotedprintable"):
        return binascii.a2b_qp(body)
    if name in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return uudecode(body)
    return body


def uudecode(body: bytes) -> bytes:
    """The file inside a uuencoded body; lines that cannot be read are skipped."""
    match = UUENCODED.search(body)
    out = []
    for line in body[match.end() if match else 0 :].splitlines():
        if line.strip() == b"end":
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            continue
    return b"".join(out)


def split_uuencoded(body: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """A text without the uuencoded files in it, and those files by name; at most limits.ATTACHMENTS."""
    files: list[tuple[str, bytes]] = []
    kept: list[bytes] = []
    position = 0
    while len(files) < limits.ATTACHMENTS and (match := UUENCODED.search(body, position)):
        end = UUENCODED_END.search(body, match.end())
        if not end:
            break
        content = uudecode(body[match.start() : end.end()])
        if not content:
            break
        kept.append(body[position : match.start()])
        files.append((charsets.decode(match[1]), content))
        position = end.end()
    return b"".join([*kept, body[position:]]), files
