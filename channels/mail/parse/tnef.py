"""winmail.dat: the files and the text that Outlook packed into a TNEF stream (MS-OXTNEF), as far as they are whole."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from channels.mail.parse import charsets, limits
from channels.mail.parse.rtf import decompress, read_rtf

SIGNATURE = 0x223E9F78
ATTACH_RENDERING, ATTACH_TITLE, ATTACH_DATA, ATTACH_PROPS = 0x069002, 0x018010, 0x06800F, 0x069005
BODY, PROPS, CODEPAGE = 0x02800C, 0x069003, 0x069007
LONG_NAME, SHORT_NAME, DATA, PLAIN_BODY, HTML_BODY, RTF_BODY = 0x3707, 0x3704, 0x3701, 0x1000, 0x1013, 0x1009
# Bytes of one value by its type (MS-OXCDATA 2.11.1); types not listed are counted values with a length of their own.
FIXED = {0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4, 0x0014: 8, 0x0040: 8}
COUNTED = frozenset({0x001E, 0x001F, 0x0102, 0x000D})
GUID = 0x0048
UNICODE = 0x001F
MULTIPLE = 0x1000
NAMED_FROM = 0x8000
MOST_PROPERTIES = 2000


@dataclass(slots=True)
class TnefFile:
    """One packed file under the name the sender saw."""

    name: str = ""
    content: bytes = b""


@dataclass(slots=True)
class Tnef:
    """What the stream holds; `whole` is False when it ends in the middle or is none."""

    files: list[TnefFile] = field(default_factory=list)
    text: str = ""
    html: bytes = b""
    rtf: bytes = b""
    whole: bool = True


def read_tnef(content: bytes) -> Tnef:
    """Never raises; linear in the stream. What stands before a damage is kept."""
    found = Tnef()
    if len(content) < 6 or struct.unpack_from("<I", content)[0] != SIGNATURE:
        return Tnef(whole=False)
    charset = "cp1252"
    try:
        for attribute, data in _attributes(content):
            if attribute == CODEPAGE and len(data) >= 4:
                charset = f"cp{struct.unpack_from('<I', data)[0]}"
            _take(found, attribute, data, charset)
    except (struct.error, IndexError, ValueError):
        found.whole = False
    if found.rtf and not (found.text.strip() or found.html.strip()):
        found.text, html = read_rtf(decompress(found.rtf))
        found.html = html.encode("utf-8", "replace")
    found.files = [file for file in found.files if file.content][: limits.ATTACHMENTS]
    return found


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    """(attribute, data) in order: level, id, length, data and a checksum that many programs get wrong."""
    at = 6
    while at + 9 <= len(content):
        attribute, length = struct.unpack_from("<II", content, at + 1)
        start = at + 9
        if start + length > len(content):
            raise ValueError("cut off")
        yield attribute & 0xFFFFFF, content[start : start + length]
        at = start + length + 2


def _take(found: Tnef, attribute: int, data: bytes, charset: str) -> None:
    if attribute == ATTACH_RENDERING:
        found.files.append(TnefFile())
    elif attribute == BODY and not found.text:
        found.text = charsets.decode(data.rstrip(b"\0"), charset)
    elif attribute == PROPS:
        for name, value in _properties(data, charset):
            if name == PLAIN_BODY and isinstance(value, str):
                found.text = value
            elif name == HTML_BODY:
                found.html = value if isinstance(value, bytes) else value.encode()
            elif name == RTF_BODY and isinstance(value, bytes):
                found.rtf = value
    elif found.files:
        _take_of_file(found.files[-1], attribute, data, charset)


def _take_of_file(file: TnefFile, attribute: int, data: bytes, charset: str) -> None:
    if attribute == ATTACH_TITLE and not file.name:
        file.name = charsets.decode(data.rstrip(b"\0"), charset)
    elif attribute == ATTACH_DATA:
        file.content = data
    elif attribute == ATTACH_PROPS:
        for name, value in _properties(data, charset):
            if name == LONG_NAME or (name == SHORT_NAME and not file.name):
                file.name = value if isinstance(value, str) else file.name
            elif name == DATA and isinstance(value, bytes) and not file.content:
                file.content = value


def _properties(data: bytes, charset: str) -> Iterator[tuple[int, bytes | str]]:
    """(id, value) of the MAPI properties that are text or bytes."""
    count, at = struct.unpack_from("<I", data)[0], 4
    for _ in range(min(count, MOST_PROPERTIES)):
        kind, name = struct.unpack_from("<HH", data, at)
        at += 4
        if name >= NAMED_FROM:
            at = _after_name(data, at)
        plain = kind & ~MULTIPLE
        if plain in FIXED and not kind & MULTIPLE:
            at += FIXED[plain]
            continue
        values, at = struct.unpack_from("<I", data, at)[0], at + 4
        for _ in range(min(values, MOST_PROPERTIES)):
            if plain not in COUNTED:
                at += 16 if plain == GUID else FIXED.get(plain, 4)
                continue
            size = struct.unpack_from("<I", data, at)[0]
            value = data[at + 4 : at + 4 + size]
            at += 4 + size + -size % 4
            yield name, _value(plain, value, charset)


def _after_name(data: bytes, at: int) -> int:
    """Past the GUID and the number or the text that names a property."""
    if struct.unpack_from("<I", data, at + 16)[0] == 0:
        return at + 24
    size = struct.unpack_from("<I", data, at + 20)[0]
    return int(at + 24 + size + -size % 4)


def _value(kind: int, value: bytes, charset: str) -> bytes | str:
    if kind == UNICODE:
        return value.decode("utf-16-le", "replace").rstrip("\0")
    if kind == 0x001E:
        return charsets.decode(value.rstrip(b"\0"), charset)
    return value
