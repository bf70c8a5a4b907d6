"""FETCH (RFC 3501 section 6.4.5): the parts of a mail that clients of a helpdesk ask for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.sandbox.mail.imap_wire import BadCommand, Token, keyword
from bot.sandbox.mail.post_office import Stored

_BODY = re.compile(r"BODY(\.PEEK)?\[(HEADER\.FIELDS(?:\.NOT)? \(([^)]*)\)|HEADER|TEXT|)\](?:<(\d+)\.(\d+)>)?\Z")
_PLAIN = ("UID", "FLAGS", "RFC822.SIZE", "INTERNALDATE")
_MACROS = {"FAST": ["FLAGS", "INTERNALDATE", "RFC822.SIZE"]}
_OLD_NAMES = {"RFC822": "BODY[]", "RFC822.HEADER": "BODY.PEEK[HEADER]", "RFC822.TEXT": "BODY[TEXT]"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The items of one FETCH; `marks_seen` when one of them is a body without PEEK."""

    items: tuple[str, ...]

    @property
    def marks_seen(self) -> bool:
        return any(item.startswith("BODY[") for item in self.items)


def parse_items(token: Token, *, with_uid: bool) -> Wanted:
    """The items of a FETCH command. Raises BadCommand for one we do not have."""
    names = [keyword(inner) for inner in token] if isinstance(token, list) else [keyword(token)]
    names = _MACROS.get(names[0], names) if len(names) == 1 else names
    items = [_OLD_NAMES.get(name, name) for name in names]
    for item in items:
        if item not in _PLAIN and not _BODY.match(item):
            raise BadCommand(f"this server cannot fetch {item}")
    if with_uid and "UID" not in items:
        items.insert(0, "UID")
    return Wanted(tuple(items))


def answer_items(wanted: Wanted, mail: Stored) -> bytes:
    """What stands between the parentheses of the answer."""
    return b" ".join(_answers(wanted, mail))


def _answers(wanted: Wanted, mail: Stored) -> Iterator[bytes]:
    for item in wanted.items:
        if item == "UID":
            yield b"UID %d" % mail.uid
        elif item == "FLAGS":
            yield flags_answer(mail)
        elif item == "RFC822.SIZE":
            yield b"RFC822.SIZE %d" % len(mail.raw)
        elif item == "INTERNALDATE":
            yield mail.arrived.strftime('INTERNALDATE "%d-%b-%Y %H:%M:%S %z"').encode()
        else:
            yield _body(item, mail.raw)


def flags_answer(mail: Stored) -> bytes:
    """FLAGS (...), in a stable order."""
    return b"FLAGS (" + " ".join(sorted(mail.flags)).encode() + b")"


def _body(item: str, raw: bytes) -> bytes:
    match = _BODY.match(item)
    assert match is not None
    section, fields, start, length = match[2], match[3], match[4], match[5]
    content = _section(section, fields, raw)
    place = ""
    if start is not None:
        content = content[int(start) : int(start) + int(length)]
        place = f"<{start}>"
    return f"BODY[{section}]{place} {{{len(content)}}}\r\n".encode() + content


def _section(section: str, fields: str | None, raw: bytes) -> bytes:
    head, separator, body = raw.partition(b"\r\n\r\n")
    if section == "":
        return raw
    if section == "TEXT":
        return body
    if section == "HEADER":
        return head + separator
    names = {name.lower() for name in (fields or "").split()}
    keep = not section.startswith("HEADER.FIELDS.NOT")
    lines = re.split(rb"\r\n(?![ \t])", head)
    kept = [line for line in lines if (line.partition(b":")[0].decode("ascii", "replace").lower() in names) == keep]
    return b"".join(line + b"\r\n" for line in kept) + b"\r\n"
