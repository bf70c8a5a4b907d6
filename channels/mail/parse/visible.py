"""What the person newly wrote: one pass that classes lines, one that decides where the new text ends."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from channels.mail.parse import limits
from channels.mail.parse.forwards import Forward, find_forward, forward_like_reply, read_forward, unfold_forward
from channels.mail.parse.header_labels import looks_like_block, read_block
from channels.mail.parse.html_markers import QUOTE, SIGNATURE, WEAK
from channels.mail.parse.lines import Line, joined
from channels.mail.parse.message import Cut
from channels.mail.parse.quote_markers import (
    HORIZONTAL_RULE,
    asks_to_reply_above,
    attribution_span,
    is_original_delimiter,
    is_ruled_title,
    opens_with_attribution,
    split_shared_line,
)
from channels.mail.parse.signatures import BANNER, BANNER_LINK, is_device_line, signature_start

EMPTY, TEXT, QUOTED, ATTRIBUTION, SIGNED = "e", "t", "q", "a", "s"
MAX_PARAGRAPHS = 200
LONE_LINK = re.compile(r"^\s*[(<\[]*https?://\S*[)>\]\s]*$")


@dataclass(slots=True)
class _Body:
    """The lines of one body with the class of each, up to `end` where old text starts for good."""

    lines: Sequence[Line]
    texts: Sequence[str]
    classes: list[str]
    end: int
    confidence: float = 0.95


def cut_lines(lines: list[Line], *, says_forward: bool | None = None) -> Cut:
    """Take one body apart. `says_forward` is what the subject says: True, False for a reply, None for neither.

    Linear in the number of lines; never raises. Lines beyond limits.TEXT_LINES are not looked into.
    """
    lines = unfold_forward(_apart(lines))
    texts = [line.text if len(line.text) <= limits.PROBED_LINE_CHARS else "" for line in lines[: limits.TEXT_LINES]]
    forward = find_forward(texts)
    end = forward.start if forward else len(texts)
    body = _classed(lines[:end], texts[:end])
    if forward is not None and body.end < forward.start and TEXT in body.classes:
        forward, body = None, _classed(lines[: len(texts)], texts)
    visible, signature, old = _decide(body)
    if forward is None:
        forward = _disguised_forward(body, texts, says_forward)
    if forward is not None:
        return Cut(visible, joined(old), joined(signature), read_forward(lines, forward), min(body.confidence, 0.9))
    if body.end == len(texts) < len(lines):
        visible = f"{visible}\n{joined(lines[len(texts) :])}".strip("\n")
    quoted = [*old, *lines[body.end :]] if body.end < len(texts) else old
    return Cut(visible, joined(quoted), joined(signature), None, body.confidence)


def _apart(lines: list[Line]) -> list[Line]:
    """Lines with the attribution that shares one with new text put on a line of its own, where a quotation follows."""
    for index, line in enumerate(lines[:-1]):
        if not line.text.endswith("wrote:"):
            continue
        below = next((other for other in lines[index + 1 : index + 4] if other.text), None)
        if below is not None and _is_quote(below):
            parts = split_shared_line(line.text)
            if parts and not _is_quote(line):
                return [*lines[:index], *(Line(part, line.mark) for part in parts), *lines[index + 1 :]]
    return lines


def _disguised_forward(body: _Body, texts: Sequence[str], says_forward: bool | None) -> Forward | None:
    """A forward that looks like a reply: the subject says so, or printed headers stand there with nothing above."""
    old = next((at for at, one in enumerate(body.classes) if one in (QUOTED, ATTRIBUTION)), body.end)
    first_is_old = TEXT not in body.classes[:old] and TEXT not in body.classes
    if says_forward is False or old >= len(texts) or not (says_forward or first_is_old):
        return None
    forward = forward_like_reply(texts, old)
    by_attribution = forward is not None and forward.block is None
    return None if by_attribution and not says_forward else forward


# ------------------------------------------------------------------ classes


def _classed(lines: Sequence[Line], texts: Sequence[str]) -> _Body:
    """Class every line until old text starts for good."""
    quotes = [_is_quote(line) for line in lines]
    body = _Body(lines, texts, [], len(lines))
    index, below_attribution = 0, False
    while index < len(lines):
        line = lines[index]
        if line.mark == WEAK:
            quotes[index] = below_attribution
        if quotes[index]:
            body.classes.append(QUOTED)
        elif not line.text.strip():
            body.classes.append(EMPTY)
        elif line.mark == SIGNATURE:
            body.classes.append(SIGNED)
        else:
            if _ends_new_text(body, index):
                return body
            span = attribution_span(texts, index, quotes)
            if span:
                if not _take_attribution(body, index, span, quotes):
                    return body
                index, below_attribution = index + span, True
                continue
            below_attribution = False
            body.classes.append(TEXT)
        index += 1
    return body


def _is_quote(line: Line) -> bool:
    if line.mark == QUOTE:
        return True
    return line.mark != WEAK and line.text.lstrip(" \t\u00a0|")[:1] == ">"


def _ends_new_text(body: _Body, index: int) -> bool:
    """True (and `body.end` set) where everything below is old: delimiters, printed headers, the client's own mark."""
    line, text = body.lines[index], body.texts[index]
    written = TEXT in body.classes
    if asks_to_reply_above(text):
        return _close(body, index, 0.97) if written else False
    if line.split and written:
        return _close(body, index, 0.98)
    if is_original_delimiter(text) or (written and opens_with_attribution(text)):
        return _close(body, index, 0.97)
    if written and _drawn(body.lines, index) and looks_like_block(body.texts, index):
        return _close(body, index, 0.9)
    block = read_block(body.texts, index)
    if block is None:
        return False
    start = _drawn_line_above(body.texts, index)
    drawn = start < index or _drawn(body.lines, index)
    return _close(body, start, 0.95) if block.is_convincing or (drawn and "from" in block.kinds) else False


def _drawn(lines: Sequence[Line], index: int) -> bool:
    return any(line.rule or line.split for line in lines[max(0, index - 2) : index + 1])


def _drawn_line_above(texts: Sequence[str], index: int) -> int:
    """The index of a line of underscores or dashes just above, else `index`."""
    above = index - 1
    while above >= 0 and not texts[above].strip():
        above -= 1
    if above < 0 or index - above > 3:
        return index
    return above if HORIZONTAL_RULE.match(texts[above]) or is_ruled_title(texts[above]) else index


def _close(body: _Body, index: int, confidence: float) -> bool:
    body.end = index
    del body.classes[index:]
    body.confidence = min(body.confidence, confidence)
    return True


def _take_attribution(body: _Body, index: int, span: int, quotes: Sequence[bool]) -> bool:
    """Class an attribution; False when the unquoted text below it is the old mail to the end."""
    after = index + span
    following = next((at for at in range(after, len(body.lines)) if body.lines[at].text.strip()), len(body.lines))
    weak = following < len(body.lines) and body.lines[following].mark == WEAK
    if following < len(body.lines) and not quotes[following] and not weak and TEXT in body.classes:
        return not _close(body, index, 0.93)
    body.classes.extend([ATTRIBUTION] * span)
    return True


# ------------------------------------------------------------------ decision


def _decide(body: _Body) -> tuple[str, list[Line], list[Line]]:
    """The visible text, the signature lines and the quoted lines of everything above `body.end`."""
    lines, classes = body.lines[: body.end], body.classes[: body.end]
    _mend_wrapped_quotes(lines, classes)
    kept = _without_old(classes, body)
    old = [line for line, keep in zip(lines, kept, strict=True) if not keep]
    new = [line for line, keep in zip(lines, kept, strict=True) if keep]
    new, signature = _without_signature(new, body)
    visible = joined(new)
    if not visible:
        body.confidence = min(body.confidence, 0.4)
    return visible, signature, old


def _mend_wrapped_quotes(lines: Sequence[Line], classes: list[str]) -> None:
    """A short line squeezed between two quoted ones is the tail of a quoted line the client wrapped."""
    for index in range(1, len(classes) - 1):
        if classes[index] == TEXT and classes[index - 1] == QUOTED and classes[index + 1] == QUOTED:
            before, text = lines[index - 1].text, lines[index].text
            wrapped = len(before) >= 60 and len(text) <= 30 and not text[:1].isupper()
            if wrapped or LONE_LINK.match(text):
                classes[index] = QUOTED


def _without_old(classes: Sequence[str], body: _Body) -> list[bool]:
    """Which lines are new. Answers between quotations keep the quotations: they say what is answered."""
    kept = [True] * len(classes)
    if TEXT not in classes:
        if ATTRIBUTION in classes or any(line.mark == QUOTE for line in body.lines[: body.end]):
            return [one == SIGNED for one in classes]
        return kept
    last_text = max(index for index, one in enumerate(classes) if one == TEXT)
    if any(one in (QUOTED, ATTRIBUTION) for one in classes[last_text:]):
        kept[last_text + 1 :] = [one == SIGNED for one in classes[last_text + 1 :]]
    blocks = _blocks(classes[: last_text + 1])
    trailing = not all(kept) or body.end < len(body.lines)
    if len(blocks) == 1 and not trailing and _is_old_block(classes, *blocks[0]):
        start, end = blocks[0]
        kept[start:end] = [False] * (end - start)
        body.confidence = min(body.confidence, 0.85)
    elif blocks:
        body.confidence = min(body.confidence, 0.6)
    return kept


def _blocks(classes: Sequence[str]) -> list[tuple[int, int]]:
    """Runs of quoted lines with the attributions and blank lines among them."""
    blocks: list[tuple[int, int]] = []
    for index, one in enumerate(classes):
        if one not in (QUOTED, ATTRIBUTION):
            continue
        if blocks and all(between in (EMPTY, SIGNED) for between in classes[blocks[-1][1] : index]):
            blocks[-1] = (blocks[-1][0], index + 1)
        else:
            blocks.append((index, index + 1))
    return blocks


def _is_old_block(classes: Sequence[str], start: int, end: int) -> bool:
    """A quotation that is only the old mail above or amid the answer, not a passage somebody chose to cite."""
    if ATTRIBUTION in classes[start:end]:
        return True
    return TEXT not in classes[:start] and end - start >= 3


def _without_signature(new: list[Line], body: _Body) -> tuple[list[Line], list[Line]]:
    """Split off marked and recognised signatures, device lines anywhere, and banners at the top."""
    marked = [line for line in new if line.mark == SIGNATURE and line.text]
    rest = [line for line in new if line.mark != SIGNATURE or not line.text]
    if marked and not any(line.text.strip() for line in rest):
        rest, marked = marked, []
    rest, banner = _without_banner(rest)
    start, sure = signature_start([line.text[: limits.PROBED_LINE_CHARS] for line in rest])
    body.confidence = min(body.confidence, sure)
    rest, signature = rest[:start], [*banner, *rest[start:], *marked]
    devices = _lonely_devices(rest)
    if devices:
        signature = [*(rest[index] for index in devices), *signature]
        rest = [line for index, line in enumerate(rest) if index not in devices]
    return rest, signature


def _lonely_devices(lines: Sequence[Line]) -> set[int]:
    """Device lines above or between the text, with a blank line on one side at least; not more than a mail has."""
    found: set[int] = set()
    near = [True, *(not line.text.strip() for line in lines), True]
    for index in [at for at in range(len(lines)) if near[at] or near[at + 2]][:MAX_PARAGRAPHS]:
        if 8 < len(lines[index].text) < 90 and is_device_line(lines[index].text):
            found.add(index)
    return found


def _without_banner(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """A gateway's "this mail came from outside" above the text."""
    first = next((index for index, line in enumerate(lines) if line.text.strip()), None)
    if first is None or not BANNER.match(lines[first].text[:400]):
        return lines, []
    end = first + 1
    while end < len(lines) and lines[end].text.strip() and BANNER_LINK.search(lines[end].text[:400]):
        end += 1
    if not any(line.text.strip() for line in lines[end:]):
        return lines, []
    return lines[end:], lines[:end]
