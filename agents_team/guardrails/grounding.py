"""Checks that what an answer states is in what the run has seen: numbers, ids, addresses, policies."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_MARKER = re.compile(r"\[(S\d+)\]")
_SENTENCE = re.compile(r"(?<=[.!?…])(?:\s*(?:\[S\d+\])+)?\s+(?=[^\s\[])|\n+")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
_ID = re.compile(r"\b[A-Z]{2,6}-?\d{3,}(?:-\d+)*\b|\b(?:cus|ch|pi|re|sub|in)_\w{3,}\b")
_NUMBER = re.compile(r"(?<![\w.,-])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w])|(?<![\w-])\d+(?:[.,]\d+)?(?!\w)")
# A number with one of these is a price, a term or a share: it must stand somewhere.
_MEASURED = re.compile(
    r"(?:[$€£]\s?(?P<a>\d[\d.,]*\d|\d))"
    r"|(?P<b>\d[\d.,]*\d|\d)\s?(?:%|percent|per cent|prozent|[$€£]|USD|EUR|GBP|dollars?|euros?"
    r"|(?:business |working |calendar |full )?(?:days?|weeks?|months?|years?|hours?|minutes?)\b"
    r"|(?:werk|arbeits)?tag\w*|wochen?|monat\w*|jahr\w*|jours?|mois|ans?\b|d[ií]as?|meses|años?)",
    re.IGNORECASE,
)
_WORDS_AS_NUMBERS = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "twelve": "12", "fourteen": "14", "thirty": "30", "sixty": "60", "ninety": "90",
}  # fmt: skip
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
    if _POLICY.search(text) and not _MARKER.search(text) and not _POLICY.search(evidence.seen):
        problems.append("it states a policy without citing a passage")
    return problems


def _foreign(text: str, everything: str) -> list[str]:
    """Ids and addresses nobody mentioned: they can only be invented, or somebody else's."""
    known = everything.casefold()
    named = dict.fromkeys([*_ADDRESS.findall(text), *_ID.findall(text)])
    return [name for name in named if name.casefold() not in known]


def _made_up(text: str, evidence: Evidence) -> list[str]:
    """Measured numbers that the cited passages of their sentence, or the looked-up facts, do not show."""
    facts = _numbers(evidence.seen)
    wrong: dict[str, None] = {}
    for sentence in _sentences(text):
        cited = _MARKER.findall(sentence)
        allowed = facts | _numbers("\n".join(evidence.passages.get(marker, "") for marker in cited))
        for found in _MEASURED.finditer(_MARKER.sub("", sentence)):
            number = found["a"] or found["b"]
            if _plain(number) not in allowed:
                wrong[found[0].strip()] = None
    return list(wrong)


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
