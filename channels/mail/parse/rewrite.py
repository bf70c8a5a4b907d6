"""The same mail with other words: each text of it is changed where it stands, all the rest stays byte for byte."""

import base64
import binascii
import html
import re
from collections.abc import Callable, Iterator

from channels.mail.parse import charsets
from channels.mail.parse.headers import decode_value, split_block
from channels.mail.parse.structure import Part, read_tree

Change = Callable[[str], str]

_TAG = re.compile(r"<[^<>]{0,2000}>")
_HEADER_LINE = re.compile(rb"(?m)^(?P<name>[!-9;-~]+):(?P<value>[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)")
_WRITTEN_BY_PEOPLE = frozenset({"subject", "from", "to", "cc", "reply-to", "sender", "comments", "thread-topic"})
_TEXTS = ("text/", "message/", "application/json", "application/xml", "application/csv", "application/rtf")
MOST_TEXT = 1024 * 1024
"""Looking through more would keep everybody else waiting."""


class CannotRewrite(ValueError):
    """A text stands in this mail in a way that it cannot be replaced there."""


def rewritten(raw: bytes, change: Change) -> bytes:
    """`raw` with `change` made to every text a person reads in it: bodies, files of text, names and subject.

    Charset and transfer encoding of each part stay. Raises CannotRewrite; what it returned is to be read again by
    whoever must be certain, for a text may be in places nobody thought of.
    """
    tree = read_tree(raw)
    if tree.caps:
        raise CannotRewrite(f"more than is read: {', '.join(sorted(tree.caps))}")
    for part in _leaves(tree.root):
        raw = _part_replaced(raw, part, change)
    return _headers_replaced(raw, change)


def _leaves(root: Part) -> Iterator[Part]:
    """Every part that holds no other, also those of attached messages that are not encoded themselves."""
    stack = [root]
    while stack:
        part = stack.pop()
        if part.children:
            stack.extend(part.children)
        elif part.content_type.startswith(_TEXTS) or part.content_type.startswith("multipart/"):
            yield part


def _part_replaced(raw: bytes, part: Part, change: Change) -> bytes:
    data = part.data()
    if len(data) > MOST_TEXT:
        raise CannotRewrite("a text that is too long to be looked through")
    before = charsets.decode(data, part.charset)
    after = _page_changed(before, change) if "html" in part.content_type else change(before)
    if after == before:
        return raw
    if part.body not in raw:
        raise CannotRewrite("a text inside something that is encoded as a whole")
    return raw.replace(part.body, _encoded(after, part), 1)


def _page_changed(page: str, change: Change) -> str:
    """Words may be cut by tags and written as entities: then only the words are left of the page."""
    changed = change(page)
    for between in ("", " "):
        words = html.unescape(_TAG.sub(between, changed))
        if change(words) != words:
            return f"<pre>{html.escape(change(words))}</pre>"
    return changed


def _encoded(text: str, part: Part) -> bytes:
    name = charsets.codec_name(part.charset) or "utf-8"
    data = text.encode(name, "replace")
    match part.text("content-transfer-encoding").strip().lower():
        case "base64":
            return base64.encodebytes(data).rstrip(b"\n").replace(b"\n", b"\r\n")
        case "quoted-printable":
            return binascii.b2a_qp(data)
        case "" | "7bit" | "8bit" | "binary":
            return data
        case other:
            raise CannotRewrite(f"a text in the encoding {other}")


def _headers_replaced(raw: bytes, change: Change) -> bytes:
    """The names and words of the outermost header, each decoded, changed and written plainly in UTF-8."""
    end = split_block(raw)[1]

    def replaced(match: re.Match[bytes]) -> bytes:
        if match["name"].decode("ascii").lower() not in _WRITTEN_BY_PEOPLE:
            return match[0]
        before = decode_value(b"".join(match["value"].splitlines()).strip())
        after = change(before)
        return match[0] if after == before else match["name"] + b": " + after.encode("utf-8", "replace")

    return _HEADER_LINE.sub(replaced, raw[:end]) + raw[end:]
