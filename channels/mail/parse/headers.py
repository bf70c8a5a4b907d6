"""Header fields: splitting the block, RFC 2047 words, RFC 2231 parameters, ids. Linear in what they read."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from channels.mail.parse import charsets, limits

FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:(.*)$", re.DOTALL)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
ENCODED_WORD_HEAD = re.compile(r"=\?([^?\s=]{1,60})\?([bBqQ])\?")
KNOWN_FIELD = re.compile(
    rb"(?:message-id|subject|date|from|to|mime-version|content-type|received|x-mailer)[ \t]*:", re.I
)
LOOKED_AHEAD = 2000
BLANK_LINE = re.compile(rb"[ \t]*\r?\n")
PART_FIELD = re.compile(rb"content-[a-z-]{2,30}[ \t]*:", re.IGNORECASE)
MESSAGE_ID = re.compile(r"<([^<>]{1,990})>")


@dataclass(frozen=True, slots=True)
class Field:
    """One header field: lower-case name and unfolded raw value."""

    name: str
    value: bytes


def split_block(data: bytes, *, is_part: bool = False) -> tuple[list[Field], int, bool]:
    """The fields at the start of `data`, where the body begins, and whether a cap cut something off.

    `is_part` is for one body of a multipart: a blank line at its start says that it has no fields.
    """
    if is_part and (blank := BLANK_LINE.match(data)) and not PART_FIELD.match(data, blank.end()):
        return [], blank.end(), False
    position, partial = _skip_envelope_line(data), False
    fields: list[tuple[bytes, list[bytes]]] = []
    end = position + limits.HEADER_BLOCK_BYTES
    while position < len(data):
        newline = data.find(b"\n", position)
        after = len(data) if newline < 0 else newline + 1
        line = data[position:after].rstrip(b"\r\n")
        if line and not line.strip() and fields and _goes_on(data, after):
            position = after
            continue
        if not line.strip() or (position > end):
            partial |= position > end
            position = after if not line.strip() else position
            break
        if line[:1] in (b" ", b"\t"):
            if fields:
                fields[-1][1].append(line)
        elif match := FIELD.match(line[: limits.HEADER_BYTES]):
            fields.append((match[1], [line[match.end(1) :].lstrip(b" \t")[1:]]))
        elif not line.startswith(b">From "):
            break
        position = after
    partial |= len(fields) > limits.HEADERS
    return [_unfolded(name, lines) for name, lines in fields[: limits.HEADERS]], position, partial


def _goes_on(data: bytes, position: int) -> bool:
    """True when a line of white space stands inside a header: fields follow up to a line that is really empty."""
    lines = data[position : position + LOOKED_AHEAD].replace(b"\r\n", b"\n").split(b"\n")
    if b"" not in lines[:-1]:
        return False
    ahead = lines[: lines.index(b"")]
    whole = all(line[:1] in (b" ", b"\t") or FIELD.match(line) for line in ahead)
    return whole and any(KNOWN_FIELD.match(line) for line in ahead)


def _skip_envelope_line(data: bytes) -> int:
    """Where the header begins: after blank lines and the "From " line of an mbox, if there are any."""
    position = 0
    while blank := BLANK_LINE.match(data, position):
        position = blank.end()
    if data[position : position + 5] == b"From ":
        newline = data.find(b"\n", position)
        return len(data) if newline < 0 else newline + 1
    return position


def _unfolded(name: bytes, lines: list[bytes]) -> Field:
    return Field(name.decode("ascii").lower(), b"".join(lines)[: limits.HEADER_BYTES].strip())


def decode_value(value: bytes, others: Iterable[str] = ()) -> str:
    """A header value as people read it: raw 8-bit bytes and encoded words decoded, control characters gone."""
    return CONTROL.sub(" ", decode_words(charsets.decode(value, "", others))).strip()


def decode_words(text: str) -> str:
    """RFC 2047 encoded words anywhere in `text`; words of one charset are joined before they are decoded."""
    if "=?" not in text:
        return text
    out: list[str] = []
    pending: list[bytes] = []
    charset = ""
    for piece in _pieces(text):
        if isinstance(piece, str):
            if piece.strip() or not pending:
                out.append(charsets.decode(b"".join(pending), charset) if pending else "")
                pending = []
                out.append(piece)
            continue
        name, data = piece
        if pending and name != charset:
            out.append(charsets.decode(b"".join(pending), charset))
            pending = []
        charset = name
        pending.append(data)
    out.append(charsets.decode(b"".join(pending), charset) if pending else "")
    return "".join(out)


def _pieces(text: str) -> Iterator[str | tuple[str, bytes]]:
    """Plain text and (charset, bytes) of encoded words, in order."""
    position = 0
    while match := ENCODED_WORD_HEAD.search(text, position):
        end = text.find("?=", match.end())
        if end < 0:
            break
        if match.start() > position:
            yield text[position : match.start()]
        yield match[1].lower().split("*")[0], _word_bytes(match[2], text[match.end() : end])
        position = end + 2
    if position < len(text):
        yield text[position:]


def _word_bytes(encoding: str, payload: str) -> bytes:
    data = payload.encode("utf-8", "surrogateescape")
    if encoding in "qQ":
        return binascii.a2b_qp(data.replace(b"_", b" "), header=True)
    return lenient_base64(data)


NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def lenient_base64(data: bytes) -> bytes:
    """Base64 with foreign characters, missing or misplaced padding; what can be decoded is."""
    out = []
    for chunk in data.split(b"="):
        clean = NOT_BASE64.sub(b"", chunk)
        clean = clean[: len(clean) - 1] if len(clean) % 4 == 1 else clean
        if clean:
            out.append(base64.b64decode(clean + b"=" * (-len(clean) % 4)))
    return b"".join(out)


def message_ids(value: str) -> tuple[str, ...]:
    """The ids of a Message-ID, In-Reply-To or References value, in order, without brackets or repeats."""
    found = MESSAGE_ID.findall(value)
    if not found:
        found = [word for word in re.split(r"[\s,;]+", value) if "@" in word and not word.startswith("(")]
    clean = (re.sub(r"\s+", "", one) for one in found[-limits.REFERENCES :])
    return tuple(dict.fromkeys(one for one in clean if one))


# One parameter: a name, then a quoted string or a token. Possessive, so nothing is read twice.
PARAMETER = re.compile(r"""\s*;?\s*([^\s=;"()]++)\s*=\s*(?:"((?:[^"\\]|\\.)*+)"?|([^;]*+))""", re.DOTALL)


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """The first token of a structured value in lower case, and its parameters (RFC 2231 and 2047 decoded)."""
    head, _, rest = value.partition(";")
    if "=" in head and "/" not in head.partition("=")[0]:
        head, rest = "", value  # "Content-Disposition: filename=a.pdf"
    plain: dict[str, str] = {}
    extended: dict[str, dict[int, tuple[str, bool]]] = {}
    position = 0
    for _ in range(limits.PARAMETERS):
        match = PARAMETER.match(rest, position)
        if not match:
            step = rest.find(";", position)
            if step < 0:
                break
            position = step + 1
            continue
        position = match.end()
        _remember(plain, extended, match[1].lower(), _value_of(match))
    for name, pieces in extended.items():
        plain[name] = _join_2231(pieces)
    return head.split("(")[0].strip().lower(), plain


def _value_of(match: re.Match[str]) -> str:
    quoted = match[2]
    return re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else (match[3] or "").split(" (")[0].strip()


def _remember(plain: dict[str, str], extended: dict[str, dict[int, tuple[str, bool]]], name: str, value: str) -> None:
    base, star, rest = name.partition("*")
    if not star:
        plain.setdefault(base, decode_words(value))
        return
    number = rest.rstrip("*")
    index = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 0
    extended.setdefault(base, {}).setdefault(index, (value, name.endswith("*")))


def _join_2231(pieces: dict[int, tuple[str, bool]]) -> str:
    charset, data = "", b""
    for index in sorted(pieces):
        value, percent = pieces[index]
        if percent and not charset and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        raw = value.encode("utf-8", "surrogateescape")
        data += unquote_to_bytes(raw) if percent else raw
    return decode_words(charsets.decode(data, charset))
