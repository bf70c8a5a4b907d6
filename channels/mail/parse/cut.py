"""Bodies without headers: the same cut for a bare text, a bare HTML page, or the two bodies of one mail."""

from dataclasses import dataclass

from channels.mail.parse import limits
from channels.mail.parse.bodies import Bodies, has_words_of_its_own, is_stub
from channels.mail.parse.html import Page, read_page
from channels.mail.parse.lines import as_lines, joined, plain_text
from channels.mail.parse.message import Cut
from channels.mail.parse.visible import cut_lines


def cut_reply(text: str) -> Cut:
    """Take a plain text body apart. Never raises; linear in its length."""
    return cut_lines(as_lines(plain_text(text[: limits.TEXT_CHARS])))


def cut_html(html: str) -> Cut:
    """Take an HTML body apart: what a person would see of it, by client markers and by the rules for text."""
    return cut_lines(read_page(html).lines)


@dataclass(frozen=True, slots=True)
class Reading:
    """The body that was read: all of its text, its cut, and whether text and HTML say different things."""

    text: str
    cut: Cut
    differs: bool = False


def read_best(bodies: Bodies, says_forward: bool | None) -> Reading:
    """Cut the body people see: the text part, unless it is missing, a stub, different, or cut less surely."""
    page, plain = bodies.page, bodies.plain
    if page is None or not page.lines:
        return Reading(plain, cut_lines(as_lines(plain), says_forward=says_forward))
    seen = joined(page.lines)
    from_html = cut_lines(page.lines, says_forward=says_forward)
    if not plain.strip():
        return Reading(seen, from_html)
    differs = has_words_of_its_own(plain, f"{seen} {page.hidden}") and not is_stub(plain, seen)
    differs = differs or (has_words_of_its_own(seen, plain) and not is_stub(plain, seen) and len(plain) > 200)
    from_text = cut_lines(as_lines(plain), says_forward=says_forward)
    if differs and from_text.forwarded and not from_html.forwarded and not has_words_of_its_own(seen, plain):
        # Programs that pass mail on may print whose it was into the text alone.
        return Reading(plain, from_text, differs)
    if differs or is_stub(plain, seen):
        return Reading(seen, from_html, differs)
    return Reading(plain, _surer(page, from_html, from_text))


def _surer(page: Page, from_html: Cut, from_text: Cut) -> Cut:
    """The cut that knows a forward; else the HTML cut when its client marked what the text rules missed."""
    if (from_html.forwarded is None) != (from_text.forwarded is None):
        return from_text if from_html.forwarded is None else from_html
    marked = any(line.mark in ("quote", "attribution", "signature") or line.split for line in page.lines)
    if not marked or not from_html.visible.strip():
        return from_text
    longer = len(from_text.visible.split()) > len(from_html.visible.split())
    return from_html if longer or from_text.confidence < from_html.confidence else from_text
