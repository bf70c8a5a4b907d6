"""HTML to the lines a person sees, each marked with what the client said about it; one pass, no tree, no recursion."""

import html as entities
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import takewhile

from channels.mail.parse import limits
from channels.mail.parse.html_elements import (
    BLOCKS,
    CLOSERS_OF_P,
    CLOSES,
    PARAGRAPHS,
    RAW_TEXT,
    REACH,
    UNSEEN,
    VOID,
)
from channels.mail.parse.html_markers import (
    ATTRIBUTION,
    BARE,
    QUOTE,
    SIGNATURE,
    SPLIT,
    SPLIT_AFTER,
    WEAK,
    effect_of,
    is_border_separator,
)
from channels.mail.parse.lines import Line, visible_characters
from channels.mail.parse.sight import Sight, hidden_names

TAG = re.compile(
    r"""<(/?)([a-zA-Z][^\s/>]*+)((?:[^\s"'>=]++|=\s*+"[^"]*+"|=\s*+'[^']*+'|=\s*+[^\s"'>][^\s>]*+|[\s"'=])*+)>"""
)
TAG_START = re.compile(r"<(?=[a-zA-Z/!?])")
ATTRIBUTE = re.compile(r"""([^\s"'>=/]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>]++)))?""")
SPACES = re.compile(r"[ \t\r\n\f]+")
EMOJI_ALT = re.compile(r"[\u2190-\u2bff\U0001f000-\U0001faff\ufe0f\u200d]{1,12}")


@dataclass(slots=True)
class Page:
    """The seen lines of an HTML body. `hidden` is text a person does not see; `cids` the images it shows."""

    lines: list[Line] = field(default_factory=list)
    hidden: str = ""
    cids: frozenset[str] = frozenset()
    capped: bool = False


@dataclass(slots=True)
class _Open:
    """One open element and what it means for the text inside."""

    tag: str
    mark: str
    depth: int
    sight: Sight
    pre: bool
    split_after: bool = False
    paragraph: bool = False


class _Reader:
    """Walks the tags once, keeping the stack of open elements and the line being written."""

    def __init__(self, hidden_by_sheet: frozenset[str]):
        self.stack = [_Open("", "", 0, Sight(), False)]
        self.open_tags: dict[str, int] = {}
        self.lines: list[Line] = []
        self.piece: list[str] = []
        self.piece_mark: tuple[str, int] = ("", 0)
        self.gap = 0
        self.hidden: list[str] = []
        self.hidden_size = 0
        self.cids: set[str] = set()
        self.capped = False
        self.hidden_by_sheet = hidden_by_sheet
        self.split_pending = self.rule_pending = False
        self.numbers: list[int] = []
        self.spacer = False

    # ---- writing

    def text(self, data: str) -> None:
        """Text between two tags."""
        top = self.stack[-1]
        data = visible_characters(entities.unescape(data) if "&" in data else data)
        if not top.sight.seen:
            self._hide(data)
            return
        if top.pre:
            self._write_pre(data)
            return
        data = SPACES.sub(" ", data)
        if not self.piece:
            self.spacer = self.spacer or "\u00a0" in data
            data = data.lstrip(" \u00a0")
        data = data.replace("\u00a0", " ")
        if data and not (data == " " and self.piece and self.piece[-1].endswith(" ")):
            self._begin()
            self.piece.append(data)

    def _hide(self, data: str) -> None:
        if self.hidden_size < 20_000 and data.strip():
            self.hidden.append(data.strip())
            self.hidden_size += len(data)

    def _write_pre(self, data: str) -> None:
        first, *rest = data.split("\n", limits.TEXT_LINES)
        self._begin()
        self.piece.append(first)
        for line in rest:
            self.end_line(always=True)
            self._begin()
            self.piece.append(line)

    def _begin(self) -> None:
        if not self.piece:
            top = self.stack[-1]
            self.piece_mark = (top.mark, top.depth)

    def end_line(self, always: bool = False) -> None:
        """Finish the line being written; an empty one counts only for <br>, <pre> and a lone hard space."""
        text = "".join(self.piece).rstrip(" ") if self.piece else ""
        top = self.stack[-1]
        mark, depth = self.piece_mark if self.piece else (top.mark, top.depth)
        spacer, self.piece, self.spacer = self.spacer, [], False
        if not text.strip():
            if always or (spacer and top.sight.seen):
                self.lines.append(Line("", mark))
            return
        if self.gap and self.lines and self.lines[-1].text:
            self.lines.append(Line("", mark if self.lines[-1].mark == mark else ""))
        self.gap = 0
        self.lines.append(Line("> " * depth + text, mark, split=self.split_pending, rule=self.rule_pending))
        self.split_pending = self.rule_pending = False

    @property
    def full(self) -> bool:
        """True when no more lines are taken."""
        self.capped = self.capped or len(self.lines) >= limits.HTML_LINES
        return len(self.lines) >= limits.HTML_LINES

    # ---- tags

    def start(self, tag: str, raw_attributes: str, closed: bool) -> None:
        """A start tag."""
        attributes = read_attributes(raw_attributes) if raw_attributes.strip(" /") else {}
        self._close_implied(tag)
        if tag == "br":
            self.end_line(always=True)
        elif tag in ("td", "th"):
            self._cell()
        elif tag == "img":
            self._image(attributes)
        elif tag == "hr":
            self._rule(attributes)
        elif tag in BLOCKS:
            self.end_line()
        if tag not in VOID and not (closed and tag not in BLOCKS):
            self._push(tag, attributes)

    def _cell(self) -> None:
        if self.piece and "".join(self.piece).strip():
            self.piece.append(" ")

    def _image(self, attributes: Mapping[str, str]) -> None:
        source = attributes.get("src", "").strip()
        if source[:4].lower() == "cid:":
            self.cids.add(source[4:].strip("<>"))
        alt = attributes.get("alt", "")
        if alt and EMOJI_ALT.fullmatch(alt.strip()):
            self.text(alt)

    def _rule(self, attributes: Mapping[str, str]) -> None:
        self.end_line()
        if self.stack[-1].sight.seen and "display:none" not in attributes.get("style", "").replace(" ", ""):
            top = self.stack[-1]
            self.lines.append(Line("", top.mark, rule=True))
        if effect_of("hr", attributes) in (SPLIT, SPLIT_AFTER):
            self.split_pending = True

    def _push(self, tag: str, attributes: Mapping[str, str]) -> None:
        parent = self.stack[-1]
        if len(self.stack) > limits.HTML_DEPTH:
            self.capped = True
            return
        effect = effect_of(tag, attributes)
        mark, depth = self._mark(parent, tag, effect)
        style = attributes.get("style", "")
        if effect == SPLIT or (style and is_border_separator(tag, style)):
            self.end_line()
            self.split_pending = self.split_pending or effect == SPLIT
            self.rule_pending = True
        sight = parent.sight.inside(tag, attributes, self.hidden_by_sheet, unseen=tag in UNSEEN)
        pre = (
            tag in ("pre", "textarea", "xmp")
            or (parent.pre and tag not in ("table",))
            or "white-space:pre" in style.replace(" ", "")
        )
        paragraph = tag in PARAGRAPHS and not _is_tight(tag, attributes)
        if paragraph and sight.seen:
            self.gap = 1
        self.stack.append(_Open(tag, mark, depth, sight, pre, effect == SPLIT_AFTER, paragraph))
        self.open_tags[tag] = self.open_tags.get(tag, 0) + 1
        self._list(tag)

    @staticmethod
    def _mark(parent: _Open, tag: str, effect: str) -> tuple[str, int]:
        depth = min(parent.depth + (tag == "blockquote"), 8)
        if effect in (QUOTE, ATTRIBUTION, SIGNATURE):
            return (parent.mark if parent.mark == QUOTE else effect), depth
        if effect in (WEAK, BARE, "gmail"):
            return (parent.mark or effect if parent.mark != "gmail" else effect), depth
        return parent.mark, depth

    def _list(self, tag: str) -> None:
        if tag in ("ol", "ul"):
            self.numbers.append(0 if tag == "ol" else -1)
            if len(self.numbers) > 1:
                self.gap = 0
        elif tag == "li" and self.stack[-1].sight.seen:
            self._begin()
            if self.numbers and self.numbers[-1] >= 0:
                self.numbers[-1] += 1
                self.piece.append(f"{self.numbers[-1]}. ")
            else:
                self.piece.append("- ")

    def _close_implied(self, tag: str) -> None:
        if tag in CLOSERS_OF_P and self.stack[-1].tag == "p":
            self._pop()
        closed, barrier = CLOSES.get(tag, ((), ()))
        for back in range(1, min(len(self.stack), REACH)):
            name = self.stack[-back].tag
            if name in barrier:
                return
            if name in closed:
                for _ in range(back):
                    self._pop()
                return

    def end(self, tag: str) -> None:
        """An end tag. An inline one never reaches through an open block, as in browsers."""
        if tag == "br":
            self.end_line(always=True)
        if not self.open_tags.get(tag):
            return
        if tag not in BLOCKS and tag not in ("td", "th", "html", "head"):
            nearest = (one.tag for one in self.stack[:-REACH:-1])
            if not any(name == tag for name in takewhile(lambda name: name == tag or name not in BLOCKS, nearest)):
                return
        while self.stack[-1].tag != tag:
            self._pop()
        self._pop()

    def _pop(self) -> None:
        top = self.stack[-1]
        if top.tag in BLOCKS:
            self.end_line()
        self.stack.pop()
        self.open_tags[top.tag] -= 1
        if top.paragraph and top.sight.seen:
            self.gap = 1
        if top.tag in ("ol", "ul") and self.numbers:
            self.numbers.pop()
        if top.split_after:
            self.split_pending = True


def _is_tight(tag: str, attributes: Mapping[str, str]) -> bool:
    """Outlook writes every line as a paragraph without margins, and layout tables are no paragraphs."""
    if tag == "table":
        return True
    style = attributes.get("style", "").replace(" ", "").lower()
    tight_margin = re.search(r"margin(?:-top|-bottom)?:0(?![.\d]*[1-9])", style)
    return "mso" in attributes.get("class", "").lower() or bool(tight_margin)


def read_attributes(raw: str) -> dict[str, str]:
    """Attributes by lower-case name with entities decoded; the first of a name wins, as in browsers."""
    found: dict[str, str] = {}
    for match in ATTRIBUTE.finditer(raw[:20_000]):
        value = match[2] if match[2] is not None else match[3] if match[3] is not None else match[4] or ""
        found.setdefault(match[1].lower(), entities.unescape(value) if "&" in value else value)
        if len(found) > 60:
            break
    return found


def read_page(source: str) -> Page:
    """The seen lines of `source`. Never raises; linear; looks at most at limits.HTML_CHARS."""
    capped = len(source) > limits.HTML_CHARS
    source = source[: limits.HTML_CHARS].replace("\0", "")
    reader = _Reader(hidden_names(source))
    _walk(source, reader)
    while len(reader.stack) > 1:
        reader._pop()
    reader.end_line()
    return Page(_settle(reader.lines), " ".join(reader.hidden), frozenset(reader.cids), capped or reader.capped)


def _walk(source: str, reader: _Reader) -> None:
    position, unclosed = 0, 0
    while not reader.full and (match := TAG_START.search(source, position)):
        start = match.start()
        if start > position:
            reader.text(source[position:start])
        if source[start + 1] in "!?":
            position = _after_declaration(source, start)
        else:
            position, failed = _tag(source, start, reader, careful=unclosed < 5)
            unclosed += failed
    reader.text(source[position:])


def _after_declaration(source: str, start: int) -> int:
    """Where the text goes on after a comment, doctype or conditional."""
    if source.startswith("<!--", start):
        if source.startswith(("<!-->", "<!--->"), start):
            return source.find(">", start) + 1
        end = source.find("-->", start + 4)
        return len(source) if end < 0 else end + 3
    end = source.find(">", start)
    return len(source) if end < 0 else end + 1


def _tag(source: str, start: int, reader: _Reader, careful: bool) -> tuple[int, bool]:
    """Read the tag at `start`; where to go on, and whether its quotes were never closed.

    A few unclosed tags are read by the book; then tags simply end at the next ">", so that no input makes this
    look at its rest again and again.
    """
    match = TAG.match(source, start) if careful else None
    if match:
        slash, name, raw, end = match[1], match[2].lower(), match[3], match.end()
    else:
        end = source.find(">", start) + 1
        if end == 0:
            return len(source), True
        inner = source[start + 1 : end - 1]
        slash = "/" if inner.startswith("/") else ""
        name, _, raw = inner.lstrip("/").partition(" ")
        name = name[:40].lower()
    if slash:
        reader.end(name)
    else:
        reader.start(name, raw, raw.endswith("/"))
        if name in RAW_TEXT and name != "textarea":
            end = _after_raw_text(source, end, name)
            reader.end(name)
    return end, match is None


def _after_raw_text(source: str, position: int, name: str) -> int:
    """The end tag of a script or style, or the end of the source."""
    match = re.compile(rf"</{name}[\s/>]", re.IGNORECASE).search(source, position)
    if not match:
        return len(source)
    end = source.find(">", match.start())
    return len(source) if end < 0 else end + 1


def _settle(lines: list[Line]) -> list[Line]:
    """At most two blank lines in a row, none at the rims; div.gmail_quote without blockquotes is a quotation."""
    has_blockquote = any(line.mark == QUOTE for line in lines)
    out: list[Line] = []
    blanks = 0
    for line in lines:
        blanks = 0 if line.text or line.rule else blanks + 1
        if blanks > 2 or (blanks and not out):
            continue
        if line.mark == "gmail":
            line = Line(line.text, "" if has_blockquote else QUOTE, line.split, line.rule)
        out.append(line)
    while out and not out[-1].text:
        out.pop()
    return out
