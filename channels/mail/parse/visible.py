"""What the person newly wrote: one pass that classes lines, one that decides where the new text ends."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from channels.mail.parse import limits
from channels.mail.parse.forwards import (
    Forward,
    below_forward,
    find_forward,
    forward_like_reply,
    read_forward,
    unfold_forward,
)
from channels.mail.parse.header_labels import is_run_on_block, looks_like_block, read_block, starts_block
from channels.mail.parse.html_markers import ATTRIBUTION as ATTRIBUTION_MARK
from channels.mail.parse.html_markers import BARE, QUOTE, SIGNATURE, WEAK
from channels.mail.parse.lines import Line, joined
from channels.mail.parse.message import Cut
from channels.mail.parse.quote_markers import (
    GROUPWISE,
    HORIZONTAL_RULE,
    asks_to_reply_above,
    attribution_span,
    is_hidden_quote,
    is_original_delimiter,
    is_own_separator,
    is_ruled_title,
    opens_with_attribution,
    split_shared_line,
)
from channels.mail.parse.signatures import BANNER, BANNER_LINK, is_device_line, signature_start

EMPTY, TEXT, QUOTED, ATTRIBUTION, SIGNED = "e", "t", "q", "a", "s"
UNCLAIMED = (WEAK, BARE)
NUMBER_OR_ADDRESS = re.compile(r"[\d@]")
MAX_PARAGRAPHS = 200
MAX_SHARED_LINES = 20
MAX_RUN_ONS = 20
WRAPPED_LINE_CHARS = 70
LONE_LINK = re.compile(r"^\s*[(<\[]*https?://\S*[)>\]\s]*$")
# A link that the client wrapped: where it begins and the line that ends it.
OPEN_LINK = re.compile(r"[<(\[](?:https?://|mailto:)[^\s<>()\[\]]*$")
LINK_END = re.compile(r"^\s*\S+[)>\]]\s*>?$")


@dataclass(slots=True)
class _Body:
    """The lines of one body with the class of each, up to `end` where old text starts for good."""

    lines: Sequence[Line]
    texts: Sequence[str]
    classes: list[str]
    end: int
    confidence: float = 0.95
    written: bool = False
    probed: int = 0
    is_reply: bool = False
    cites: bool = False


def cut_lines(lines: list[Line], *, says_forward: bool | None = None) -> Cut:
    """Take one body apart. `says_forward` is what the subject says: True, False for a reply, None for neither.

    Linear in the number of lines; never raises. Lines beyond limits.TEXT_LINES are not looked into.
    """
    lines = unfold_forward(_apart(lines))
    texts = [line.text if len(line.text) <= limits.PROBED_LINE_CHARS else "" for line in lines[: limits.TEXT_LINES]]
    forward = find_forward(texts)
    end = forward.start if forward else len(texts)
    body = _classed(lines[:end], texts[:end])
    if forward is not None and _is_old_forward(body, texts, forward.start):
        forward, body = None, _classed(lines[: len(texts)], texts)
    body.is_reply = says_forward is False
    visible, signature, old = _decide(body)
    if forward is None and (forward := _disguised_forward(body, texts, says_forward)):
        visible, signature, old = _decide(_classed(lines[: forward.start], texts[: forward.start]))
    if forward is not None:
        below = below_forward(texts, forward)
        if below < len(texts):
            around = [*lines[: forward.start], *lines[below:]]
            visible, signature, old = _decide(_classed(around, [*texts[: forward.start], *texts[below:]]))
            lines = lines[:below]
        return Cut(visible, joined(old), joined(signature), read_forward(lines, forward), 0.9)
    if body.end == len(texts) < len(lines):
        visible = f"{visible}\n{joined(lines[len(texts) :])}".strip("\n")
    quoted = [*old, *lines[body.end :]] if body.end < len(texts) else old
    return Cut(visible, joined(quoted), joined(signature), None, body.confidence)


def _apart(lines: list[Line]) -> list[Line]:
    """Lines with the attribution that shares one with new text put on a line of its own, where a quotation follows."""
    shared = [index for index, line in enumerate(lines[:-1]) if line.text.endswith("wrote:")]
    for index in shared[:MAX_SHARED_LINES]:
        below = next((other for other in lines[index + 1 : index + 4] if other.text), None)
        if below is None or not _is_quote(below):
            continue
        for first in range(index, max(-1, index - 3), -1):
            parts = split_shared_line(" ".join(line.text for line in lines[first : index + 1]))
            if parts and len(parts[0]) < len(lines[first].text) and not _is_quote(lines[first]):
                return [*lines[:first], *(Line(part, lines[first].mark) for part in parts), *lines[index + 1 :]]
    return lines


def _is_old_forward(body: _Body, texts: Sequence[str], start: int) -> bool:
    """True for a forward somebody else made: it stands inside the old mail that a new text answers."""
    if TEXT not in body.classes:
        return False
    last = next((one for one in reversed(body.classes) if one != EMPTY), TEXT)
    return body.end < start or (texts[start].startswith(">") and last in (QUOTED, ATTRIBUTION))


def _disguised_forward(body: _Body, texts: Sequence[str], says_forward: bool | None) -> Forward | None:
    """A forward that looks like a reply: the subject says so, or printed headers stand there with nothing above."""
    old = next((at for at, one in enumerate(body.classes) if one in (QUOTED, ATTRIBUTION)), body.end)
    if says_forward is False or old >= len(texts) or not (says_forward or TEXT not in body.classes):
        return None
    if QUOTED in body.classes and TEXT in body.classes[body.classes.index(QUOTED) :]:
        return None  # the answer stands below what it answers, whatever the subject says
    forward = forward_like_reply(texts, old)
    by_attribution = forward is not None and forward.block is None
    return None if by_attribution and not says_forward else forward


# ------------------------------------------------------------------ classes


def _classed(lines: Sequence[Line], texts: Sequence[str]) -> _Body:
    """Class every line until old text starts for good."""
    quotes = _quotes(lines)
    body = _Body(lines, texts, [], len(lines))
    index, below_attribution = 0, False
    while index < len(lines):
        line = lines[index]
        if line.mark in UNCLAIMED:
            quotes[index] = below_attribution
        if quotes[index]:
            body.classes.append(ATTRIBUTION if _marked_attribution(body, index) else QUOTED)
        elif not line.text.strip():
            body.classes.append(EMPTY)
        elif is_hidden_quote(body.texts[index]):
            body.classes.append(QUOTED)
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
            body.written = True
            body.classes.append(TEXT)
        index += 1
    _claim_last_blockquote(body)
    return body


def _claim_last_blockquote(body: _Body) -> None:
    """A blockquote without attributes at the end of the mail is what the text above answers."""
    start = len(body.classes)
    while start and (body.lines[start - 1].mark == BARE or body.classes[start - 1] == EMPTY):
        start -= 1
    if TEXT in body.classes[:start]:
        rest = body.classes[start:]
        body.classes[start:] = [one if one == EMPTY else QUOTED for one in rest]


def _quotes(lines: Sequence[Line]) -> list[bool]:
    """Which lines are quotation. The ">" that closes a link begun on the line above makes none."""
    quotes: list[bool] = []
    for index, line in enumerate(lines):
        quote = _is_quote(line) and not GROUPWISE.match(line.text[:240])
        if quote and index and not quotes[-1] and not line.mark and OPEN_LINK.search(lines[index - 1].text[-400:]):
            quote = False
        quotes.append(quote)
    return quotes


def _marked_attribution(body: _Body, index: int) -> bool:
    """True for the first line of a quotation when it says whose words follow, or the HTML says so."""
    line = body.lines[index]
    if line.mark == ATTRIBUTION_MARK:
        return True
    if body.classes and body.classes[-1] in (QUOTED, ATTRIBUTION):
        return False
    if line.mark == QUOTE:
        return attribution_span(body.texts, index, ()) > 0
    return attribution_span([text.lstrip(" \t>") for text in body.texts[index : index + 6]], 0, ()) > 0


def _is_quote(line: Line) -> bool:
    if line.mark in (QUOTE, ATTRIBUTION_MARK):
        return True
    return line.mark not in UNCLAIMED and line.text.lstrip(" \t\u00a0|")[:1] == ">"


def _ends_new_text(body: _Body, index: int) -> bool:
    """True (and `body.end` set) where everything below is old: delimiters, printed headers, the client's own mark."""
    line, text = body.lines[index], body.texts[index]
    written = body.written
    if is_own_separator(text):
        return _close(body, index, 0.99)
    if asks_to_reply_above(text):
        return _close(body, index, 0.97) if written else False
    if line.split and written:
        return _close(body, index, 0.98)
    if is_original_delimiter(text) or (written and opens_with_attribution(text)):
        return _close(body, index, 0.97)
    if written and _drawn(body.lines, index) and looks_like_block(body.texts, index):
        return _close(body, index, 0.9)
    if written and _is_run_on(body, index):
        return _close(body, index, 0.9)
    if written and HORIZONTAL_RULE.match(text) and _quoted_headers_below(body.texts, index):
        return _close(body, index, 0.95)
    block = read_block(body.texts, index)
    if block is None:
        return False
    if _answers_below(body.lines, block.end):
        return False
    start = _drawn_line_above(body.texts, index)
    drawn = start < index or _drawn(body.lines, index)
    return _close(body, start, 0.95) if block.is_convincing or (drawn and "from" in block.kinds) else False


def _quoted_headers_below(texts: Sequence[str], index: int) -> bool:
    """True for a drawn line above printed headers that are quoted while the mail below them is not (Centrum.cz)."""
    if index + 1 >= len(texts) or texts[index + 1][:1] != ">":
        return False
    block = read_block(texts, index + 1)
    if block is None or not block.is_convincing:
        return False
    below = next((text for text in texts[block.end :] if text.strip(" \t>")), ">")
    return not below.startswith(">")


def _is_run_on(body: _Body, index: int) -> bool:
    """True for printed headers whose line breaks were lost. Only the first lines that begin so are looked into."""
    text = body.texts[index]
    if not starts_block(text) or body.probed >= MAX_RUN_ONS:
        return False
    body.probed += 1
    return is_run_on_block(text, least=2 if _drawn(body.lines, index) else 3)


def _answers_below(lines: Sequence[Line], start: int) -> bool:
    """True when the old mail below printed headers is quoted line by line, so that answers may stand in between."""
    below = [line for line in lines[start : start + 200] if line.text.strip()]
    quoted = sum(1 for line in below if line.text.startswith(">"))
    return len(below) > quoted >= 2 and below[0].text.startswith(">") and quoted * 2 > len(below)


def _drawn(lines: Sequence[Line], index: int) -> bool:
    return any(line.rule or line.split for line in lines[max(0, index - 2) : index + 1])


def _drawn_line_above(texts: Sequence[str], index: int) -> int:
    """The index of a line of underscores or dashes just above, else `index`."""
    above = index - 1
    while above >= 0 and index - above <= 3 and not texts[above].strip():
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
    weak = following < len(body.lines) and body.lines[following].mark in UNCLAIMED
    if following < len(body.lines) and not quotes[following] and not weak and body.written:
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
    if signature and not body.cites:
        cited = {id(line) for line, one in zip(lines, classes, strict=True) if one in (QUOTED, ATTRIBUTION)}
        new, below = _without_last_quotation(new, cited)
        old = [*old, *below]
    visible = joined(new)
    if not visible:
        body.confidence = min(body.confidence, 0.4)
    return visible, signature, old


def _mend_wrapped_quotes(lines: Sequence[Line], classes: list[str]) -> None:
    """A line squeezed between two quoted ones is the tail of the first where the client had to wrap that."""
    for index in range(1, len(classes) - 1):
        if classes[index] == TEXT and classes[index - 1] == QUOTED and classes[index + 1] == QUOTED:
            before, text = lines[index - 1].text, lines[index].text
            fits = len(before) + 1 + len(text.split(maxsplit=1)[0]) <= WRAPPED_LINE_CHARS
            wrapped = not fits and len(text) < len(before) and not text[:1].isupper() and before[-1] not in ".?!:;"
            link = OPEN_LINK.search(before[-400:]) and LINK_END.match(text[:400])
            if wrapped or link or LONE_LINK.match(text):
                classes[index] = QUOTED


def _without_old(classes: Sequence[str], body: _Body) -> list[bool]:
    """Which lines are new. Answers between quotations keep the quotations: they say what is answered."""
    kept = [True] * len(classes)
    if TEXT not in classes:
        if ATTRIBUTION in classes or any(line.mark in (QUOTE, ATTRIBUTION_MARK) for line in body.lines[: body.end]):
            return [one == SIGNED for one in classes]
        return kept
    last_text = max(index for index, one in enumerate(classes) if one == TEXT)
    body.cites = _cites_below(body, classes, last_text)
    if body.cites:
        body.confidence = min(body.confidence, 0.6)
    elif any(one in (QUOTED, ATTRIBUTION) for one in classes[last_text:]):
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


def _cites_below(body: _Body, classes: Sequence[str], last_text: int) -> bool:
    """True when the last sentence announces what is quoted below it: "this is what your page says:".

    Not in a reply, not where the client marked the quotation, and not below what may be an attribution.
    """
    sentence = body.texts[last_text].rstrip()
    below = body.lines[last_text + 1 : body.end]
    if body.is_reply or body.end < len(body.lines) or ATTRIBUTION in classes or any(line.mark for line in below):
        return False
    return sentence.endswith((":", "：")) and len(sentence.split()) > 4 and not NUMBER_OR_ADDRESS.search(sentence)


def _without_last_quotation(new: list[Line], cited: set[int]) -> tuple[list[Line], list[Line]]:
    """Split off a quotation that only the signature stood below: nothing answers it."""
    end = len(new)
    while end and (id(new[end - 1]) in cited or not new[end - 1].text.strip()):
        end -= 1
    return (new[:end], new[end:]) if end else (new, [])


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
    start = _above_drawn_lines(rest[:start])
    rest, signature = rest[:start], [*banner, *rest[start:], *marked]
    devices = _lonely_devices(rest)
    if devices:
        signature = [*(rest[index] for index in devices), *signature]
        rest = [line for index, line in enumerate(rest) if index not in devices]
    return rest, signature


def _above_drawn_lines(lines: Sequence[Line]) -> int:
    """Where the text ends when only drawn lines follow."""
    end = len(lines)
    while end > 1 and not lines[end - 1].text.strip(" \t-–—_=*~#"):
        end -= 1
    return end


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
