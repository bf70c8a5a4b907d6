"""A mail passed on: where it starts, who wrote it first, and what they wrote."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from channels.mail.parse.addresses import read_spoken_mailbox, read_spoken_mailboxes
from channels.mail.parse.forward_rims import above_body, below_body
from channels.mail.parse.header_labels import HeaderBlock, read_bare_block, read_block, split_run_on
from channels.mail.parse.lines import Line, joined
from channels.mail.parse.message import Forwarded, Mailbox
from channels.mail.parse.quote_markers import (
    DATE,
    attribution_span,
    is_forward_delimiter,
    is_original_delimiter,
)

# "VS:" is missing on purpose: it answers in Finnish and forwards in Danish and Norwegian.
FORWARD_SUBJECT = re.compile(
    r"""^\s*(?:\[[^\]]{1,40}\]\s*|\[)?(?:fwd?|fw|tr|wg|rv|enc|i|inoltro|doorst|fs|vb|vl|pd|pf|pr|předat|továbbítás
    |tovább|továbbítva|ilt|i̇lt|iletilen|yönl|πρθ|προωθ|
    прѳ|пересл|пересылка|на|hv|הועבר|إعادة\stوجيه|إعادة\sتوجيه|ส่งต่อ|转发|轉寄|轉發|转|転送|전달|trs|tx|rii|rinoltro
    |reenv|reenviado|fwd:\s*re|redir\.?|doorsturen|preposlané|přeposláno|proslijeđeno|bls|ots|trans|transf[ée]r[ée]?|chuyển\stiếp|teruskan|meneruskan|vidarebef|videres
    |välitetty|ebl|prf|posr|edasi|pārs|persiuntimas|áframsent)
    \s*(?:\[\d+\])?\s*[:：]""",
    re.IGNORECASE | re.VERBOSE,
)
VS_SUBJECT = re.compile(r"^\s*vs\s*[:：]", re.IGNORECASE)
FIRST_SENDER = re.compile(r"^[\s>|*]{0,8}(?:(fra)|lähettäjä)\s{0,2}\*{0,2}[:：]", re.IGNORECASE | re.MULTILINE)
REPLY_SUBJECT = re.compile(
    r"^\s*(?:re|aw|antw|sv|vá|odp|ynt|回复|回覆|答复|返信|rif|r|res|ref|atb|απ|σχετ|на|отв|ответ|ha|بخصوص|رد"
    r"|השב|הנדון|bls|trả lời)\s*(?:\[\d+\])?\s*[:：]",
    re.IGNORECASE,
)
# "----- Weitergeleitete E-Mail -----", "-------- Original message --------From: …" of Samsung,
# and "-------- Preposlaná správa --- Forwarded Message --------" of Slovaks.
DELIMITER_AND_MORE = re.compile(r"^(\s*-{3,}+(?:[^-\n]|-(?!-)){3,60}-{3,}+(?:[^-:\n]{3,40}-{3,}+)?)\s*(.*)$")
MAX_DELIMITERS = 50
RULES = " >-–—_=*"
QUOTE_PREFIX = re.compile(r"^[ \t]*>[ ]?")
# Words between the date and the name: "wrote", "user", "has". Particles of names stay.
LEADING_WORD = re.compile(
    r"^(?!(?:van|von|de|del|della|di|da|dos|du|la|le|el|al|bin|ben|ter|ten|zu|af|av)\s)[^\W\d_A-Z]+\s+"
)
DATE_AFTER = re.compile(r"\d[\d./:-]*\d(?:[ ,]+\d[\d.:]*\d)?(?:\s?[ap]\.?m\b)?", re.IGNORECASE)
QUOTE_MARKS = " ,;:\"'*_>.(„“”«»"
NOT_A_NAME = re.compile(
    r"^(?:on|am|le|el|il|em|op|på|den|dne|dňa|w dniu|dnia|pe|στις|în|в|在|vào|pada)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Forward:
    """Where a forward starts; `body` is its first line after delimiter and printed headers."""

    start: int
    body: int
    block: HeaderBlock | None
    attribution: str = ""


def says_forward(subject: str, body: str = "") -> bool | None:
    """True for "Fwd:", "WG:", "TR:", "转发：" and the like, False for "Re:", None for a subject that says neither.

    What "VS:" means is told by the language of the first printed sender in `body`.
    """
    if VS_SUBJECT.match(subject[:200]):
        sender = FIRST_SENDER.search(body[:100_000])
        return bool(sender[1]) if sender else None
    if FORWARD_SUBJECT.match(subject[:200]):
        return True
    return False if REPLY_SUBJECT.match(subject[:200]) else None


def find_forward(texts: Sequence[str]) -> Forward | None:
    """The first delimiter that only a forward has, with the original's headers below it; None when there is none."""
    delimiters = 0
    for index, text in enumerate(texts):
        if delimiters < MAX_DELIMITERS and is_forward_delimiter(_unquoted(text)):
            delimiters += 1
            forward = _after_delimiter(texts, index)
            if forward is not None:
                return forward
        elif text.rstrip().endswith((":", "：")) and len(text) < 100:
            forward = _quoted_headers_below(texts, index)
            if forward is not None:
                return forward
    return None


def _quoted_headers_below(texts: Sequence[str], index: int) -> Forward | None:
    """A title in words we do not know above headers that are themselves quoted: only forwards print that."""
    at = next((at for at in range(index + 1, min(index + 4, len(texts))) if texts[at].strip()), index)
    if at == index or not texts[at].startswith(">"):
        return None
    block = read_block(texts, at)
    if block is None or not (block.is_convincing and "subject" in block.values):
        return None
    return Forward(index, block.end, block)


def unfold_forward(lines: list[Line]) -> list[Line]:
    """Lines with a forward whose delimiter and headers share one line taken apart, as the others print them."""
    for index, line in enumerate(lines[:400]):
        if "-" not in line.text[:60] or len(line.text) > 4000:
            continue
        match = DELIMITER_AND_MORE.match(line.text)
        title = match[1].strip() if match else ""
        if match and (is_forward_delimiter(title) or is_original_delimiter(title)):
            rest = split_run_on(match[2]) if match[2].strip() else []
            after = index + 1
            while not rest and after < len(lines) and after < index + 3:
                pieces = split_run_on(lines[after].text[:4000])
                rest, after = (pieces if len(pieces) > 1 else []), after + 1
            if rest:
                below = [Line(piece, line.mark) for piece in rest]
                return [*lines[:index], Line(title, line.mark, line.split), *below, *lines[after:]]
    return lines


def forward_like_reply(texts: Sequence[str], start: int) -> Forward | None:
    """The forward of a client that marks it as a reply: printed headers, "Original Message" or "On … wrote:"."""
    for index in range(start, min(start + 4, len(texts))):
        text = texts[index]
        if not text.strip(RULES):
            continue
        if is_original_delimiter(_unquoted(text)):
            return _after_delimiter(texts, index)
        block = read_block(texts, index)
        if block is not None and "from" in block.values:
            return Forward(start, block.end, block)
        if block is not None and (span := _attribution_at(texts, block.end)):
            return Forward(start, block.end + span, block, " ".join(texts[block.end : block.end + span]))
        span = _attribution_at(texts, index)
        if span:
            return Forward(start, index + span, None, " ".join(texts[index : index + span]))
    return None


def _unquoted(text: str) -> str:
    return QUOTE_PREFIX.sub("", text)


def _attribution_at(texts: Sequence[str], index: int) -> int:
    """How many lines the attribution on line `index` takes, 0 for none."""
    near = texts[index : index + 12]
    return attribution_span(near, 0, [text.lstrip().startswith(">") for text in near])


def _after_delimiter(texts: Sequence[str], index: int) -> Forward | None:
    """The forward below a delimiter line, when its headers or its attribution follow within a few lines."""
    drawn = index > 0 and len(texts[index - 1].strip()) >= 3 and not texts[index - 1].strip(RULES)
    start = index - 1 if drawn else index
    for at in range(index + 1, min(index + 6, len(texts))):
        if not texts[at].strip(RULES):
            continue
        block = read_block(texts, at) or read_bare_block(texts, at)
        if block is not None and block.values.keys() & {"from", "subject", "date"}:
            return Forward(start, block.end, block)
        span = _attribution_at(texts, at)
        return Forward(start, at + span, None, " ".join(texts[at : at + span])) if span else None
    return None


def read_forward(lines: Sequence[Line], forward: Forward) -> Forwarded:
    """The original mail behind a found forward."""
    texts = [line.text for line in lines]
    first = above_body(texts, forward.body)
    body = _unquoted_body(lines[first : below_body(texts, first)[0]])
    if forward.block is None:
        return _from_attribution(forward.attribution, body)
    values = forward.block.values
    told = _from_attribution(forward.attribution, body)
    return Forwarded(
        from_=read_spoken_mailbox(values.get("from", "")) if values.get("from") else told.from_,
        subject=_subject(values),
        date=_clean(values.get("date", "")) or told.date,
        to=read_spoken_mailboxes(values["to"]) if values.get("to") else (),
        cc=read_spoken_mailboxes(values["cc"]) if values.get("cc") else (),
        text=body,
    )


def below_forward(texts: Sequence[str], forward: Forward) -> int:
    """Where the sender goes on below a forward that is quoted line by line or has an end line; else len(texts)."""
    below = below_body(texts, forward.body)[1]
    if below < len(texts):
        return below if any(text.strip() for text in texts[below:]) else len(texts)
    if forward.block is None or not texts[forward.block.start].lstrip().startswith(">"):
        return len(texts)
    first = next((text for text in texts[forward.body :] if text.strip(" \t>")), "")
    if not first.lstrip().startswith(">"):
        return len(texts)  # only the headers are quoted (Centrum.cz)
    quoted = range(len(texts) - 1, forward.block.start - 1, -1)
    last = next(index for index in quoted if texts[index].lstrip().startswith(">"))
    return last + 1 if any(text.strip() for text in texts[last + 1 :]) else len(texts)


def _subject(values: Mapping[str, str]) -> str:
    """The subject, without the semicolon that Yandex puts behind every header."""
    subject = _clean(values.get("subject", ""))
    return subject[:-1].rstrip() if subject.endswith(";") and values.get("to", "").endswith(";") else subject


def _clean(value: str) -> str:
    return " ".join(value.split()).strip(" *_")


def _unquoted_body(lines: Sequence[Line]) -> str:
    """The body; when all of it is quoted (Apple Mail, Thunderbird's reply-like forwards), one level is taken off."""
    filled = [line.text for line in lines if line.text.strip()]
    if filled and all(text.lstrip().startswith(">") for text in filled):
        return joined([Line(_unquoted(line.text)) for line in lines]).strip()
    return joined(list(lines)).strip()


def _from_attribution(attribution: str, body: str) -> Forwarded:
    """Sender and date out of "On 3 May 2024, at 10:00, Ann Lee <ann@x.example> wrote:"."""
    match = re.search(r"([^\s<>\[\]()\"':,;]+@[^\s<>\[\]()\"':,;]+)", attribution)
    address = match[1] if match else ""
    before = attribution[: match.start()] if match else re.sub(r"\s*\S+\s*[:：]\s*$", "", attribution)
    before = re.sub(r"[<\[(]+?(?:mailto:)?\s*$", "", before)
    name = _spoken_name(before)
    date = before[: before.rfind(name)] if name and name in before else before
    date = NOT_A_NAME.sub("", date.strip(" >*")).strip(QUOTE_MARKS)
    if not date and match and (after := DATE_AFTER.search(attribution, match.end())):
        date = after[0]
    box = Mailbox(name if not DATE.fullmatch(name) else "", address) if (name or address) else None
    return Forwarded(box, "", date, (), (), body)


def _spoken_name(before: str) -> str:
    """The name at the end of what stands before the address: after the date, without quotes, "wrote" or "user"."""
    pieces = re.split(r"[,;]\s|\d{1,2}[:.h]\d{2}(?::\d{2})?\s*(?:[AaPp]\.?[Mm]\.?)?|\b(?:19|20)\d{2}\b\s*", before)
    name = pieces[-1].strip(QUOTE_MARKS)
    name = re.sub(r"^(?:[+-]\d{4}|\(?[A-Z]{2,4}\)?|[AaPp]\.?[Mm]\.?)\s+", "", name)
    while (leading := LEADING_WORD.match(name)) and name[: leading.end()].islower():
        name = name[leading.end() :]
    return name.strip(QUOTE_MARKS)
