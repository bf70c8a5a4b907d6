"""Checks that what an answer states is in what the run has seen: numbers, dates, promises, ids, addresses, policies."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from agents_team.guardrails.dates import days_in

_MARKER = re.compile(r"\[(S\d+)\]")
_SENTENCE = re.compile(r"(?<=[.!?…])(?<!\d\.)(?:\s*(?:\[S\d+\])+)?\s+(?=[^\s\[])|\n+")
_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]++\.[\w.-]*\w")
_ID = re.compile(r"\b[A-Z]{2,6}-?\d{3,}(?:-\d+)*\b|\b(?:cus|ch|pi|re|sub|in)_\w{3,}\b")
_NUMBER = re.compile(r"(?<![\w.,-])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w])|(?<![\w-])\d+(?:[.,]\d+)?(?!\w)")
# A number with one of these is a price, a term or a share: it must stand somewhere.
_MEASURED = re.compile(
    r"(?:[$€£]\s?(?P<a>\d++(?:[.,]++\d++)*+))"
    r"|(?<!\d)(?<!\d[.,])(?P<b>\d++(?:[.,]++\d++)*+)\s?(?:%|percent|per cent|prozent|[$€£]|USD|EUR|GBP|dollars?|euros?"
    r"|(?:business |working |calendar |full )?(?:days?|weeks?|months?|years?|hours?|minutes?)\b"
    r"|(?:werk|arbeits)?tag\w*|wochen?|monat\w*|jahr\w*|jours?|mois|ans?\b|d[ií]as?|meses|años?)",
    re.IGNORECASE,
)
_WORDS_AS_NUMBERS = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "twelve": "12", "fourteen": "14", "thirty": "30", "sixty": "60", "ninety": "90",
}  # fmt: skip
_LISTED = re.compile(r"(?m)^[^\S\n]*+(?:\d{1,2}[.)]\s|step \d+\b)", re.IGNORECASE)
_FREE = r"\bfree\b|\bno (?:extra )?(?:costs?|fees?|charges?)\b|\bwithout (?:a |any )?(?:fee|charge|cost)"
# What costs the company something if it is not so: (how it is said, what must stand in the evidence for it).
_PROMISES = tuple(
    (re.compile(said, re.IGNORECASE), re.compile(shown, re.IGNORECASE))
    for said, shown in (
        (
            r"\bfree of charge\b|\bfor free\b|\bat no (?:extra )?cost\b|\bno (?:extra |more )?(?:fees?|charges?)\b"
            r"|\bfree (?:shipping|delivery|returns?|replacements?|repairs?|trial|upgrade)\b",
            _FREE,
        ),
        (r"\bfull refund\b|\brefund(?:ed)? in full\b", r"\bin full\b|\bfull (?:refund|amount|price)\b"),
        (r"\bunlimited\b", r"\bunlimited\b|\bno limit\b"),
        (r"\blifetime\b", r"\blifetime\b"),
        (r"\bno questions asked\b", r"\bno questions asked\b"),
        (r"\bat any time\b", r"\b(?:at )?any ?time\b|\bwhenever\b"),
    )
)
_POLICY = re.compile(
    r"\b(?:our|the) (?:\w+ ){0,2}(?:policy|terms|warranty|guarantee)\b(?! question)"
    r"|\b(?:are|is) (?:not |non-?|fully )?(?:refundable|returnable|eligible|entitled|covered)\b"
    r"|\b(?:can|may|cannot|can't) be (?:returned|refunded|cancelled|exchanged)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a run has seen: cited passages by marker, and everything else that was said or looked up."""

    passages: Mapping[str, str] = field(default_factory=dict)
    seen: str = ""


def ungrounded(text: str, evidence: Evidence) -> list[str]:
    """What the answer states that nothing in the run supports, in words the model can act on."""
    everything = "\n".join([evidence.seen, *evidence.passages.values()])
    problems = [f"it names {name}, which is not part of this conversation" for name in _foreign(text, everything)]
    problems += [
        f'it states "{number}", which no tool result and no cited passage shows' for number in _made_up(text, evidence)
    ]
    problems += [
        f'it names the day "{day}", which no tool result and no cited passage shows' for day in _days(text, evidence)
    ]
    problems += [f'it promises "{words}", which its sources do not say' for words in _promised(text, evidence)]
    if _POLICY.search(text) and not _MARKER.search(text) and not _POLICY.search(evidence.seen):
        problems.append("it states a policy without citing a passage")
    return problems


def _foreign(text: str, everything: str) -> list[str]:
    """Ids and addresses nobody mentioned: they can only be invented, or somebody else's."""
    known = everything.casefold()
    named = dict.fromkeys([*_ADDRESS.findall(text), *_ID.findall(text)])
    return [name for name in named if name.casefold() not in known]


def _made_up(text: str, evidence: Evidence) -> list[str]:
    """Numbers that the cited passages of their sentence, or the looked-up facts, do not show.

    Where nothing is cited only prices, terms and shares count: "your 2 orders" is a number nobody has to show.
    """
    facts = _numbers(evidence.seen)
    wrong: dict[str, None] = {}
    for sentence, cited in _with_citations(text, evidence):
        allowed = facts | _numbers(cited)
        plain = _LISTED.sub("", _MARKER.sub("", sentence))
        stated = [(found["a"] or found["b"], found[0].strip()) for found in _MEASURED.finditer(plain)]
        if cited:
            measured = {number for number, _ in stated}
            stated += [(number, number) for number in _NUMBER.findall(plain) if number not in measured]
        wrong |= {words: None for number, words in stated if _plain(number) not in allowed}
    return list(wrong)


def _days(text: str, evidence: Evidence) -> list[str]:
    """Days that neither the cited passages of their sentence nor the looked-up facts name."""
    facts = days_in(evidence.seen)
    wrong = []
    for sentence, cited in _with_citations(text, evidence):
        allowed = facts.keys() | days_in(cited).keys()
        wrong += [words for day, words in days_in(sentence).items() if day not in allowed]
    return wrong


def _promised(text: str, evidence: Evidence) -> list[str]:
    """Promises without a number that the cited passages of their sentence, or the facts, do not make."""
    wrong = []
    for sentence, cited in _with_citations(text, evidence):
        for said, shown in _PROMISES:
            found = said.search(sentence)
            if found is not None and not shown.search(cited or evidence.seen):
                wrong.append(found[0])
    return wrong


def _with_citations(text: str, evidence: Evidence) -> list[tuple[str, str]]:
    """Each sentence with the text of the passages it cites."""
    return [
        (sentence, "\n".join(evidence.passages.get(marker, "") for marker in _MARKER.findall(sentence)))
        for sentence in _sentences(text)
    ]


def _sentences(text: str) -> list[str]:
    """Sentences with the markers that follow them; a list under one citation shares it."""
    parts: list[str] = []
    start = 0
    for end in _SENTENCE.finditer(text):
        parts.append(text[start : end.end()])
        start = end.end()
    parts.append(text[start:])
    last_marked = "".join(f"[{marker}]" for marker in _MARKER.findall(parts[-1]))
    listed = [
        part if _MARKER.search(part) or len(set(_MARKER.findall(text))) != 1 else part + last_marked for part in parts
    ]
    return [part for part in listed if part.strip()]


def _numbers(text: str) -> set[str]:
    """Every number in a text, written one way; amounts in minor units also as whole ones."""
    found = {_plain(number) for number in _NUMBER.findall(text)}
    lowered = text.lower()
    found |= {digits for word, digits in _WORDS_AS_NUMBERS.items() if re.search(rf"\b{word}\b", lowered)}
    found |= {_plain(part) for stamp in re.findall(r"\d{4}-\d{2}-\d{2}", text) for part in stamp.split("-")}
    return found


def _plain(number: str) -> str:
    """1,299.00 and 1299 alike: no thousands, no empty decimals, no leading zero."""
    number = number.strip(".,")
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", number):
        number = number.replace(",", "")
    number = number.replace(",", ".")
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return number.lstrip("0") or "0"
