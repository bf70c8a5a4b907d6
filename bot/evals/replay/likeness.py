"""How alike two answers are: the words of substance they share, and the facts one states and the other does not."""

import re
from collections import Counter
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]{3,}")
_FACT = re.compile(
    r"[$€£]\s?\d[\d.,]*|\d[\d.,]*\s?(?:%|€|\$|USD|EUR|GBP)|\b[A-Z]{2,6}-?\d{3,}\b|\b\d{4}-\d{2}-\d{2}\b|https?://[^\s)>\]]+"
    r"|\b\d+(?=\s?(?:business |working )?(?:days?|hours?|weeks?|months?|tage?n?|stunden|wochen)\b)",
    re.IGNORECASE,
)
_SMALL = frozenset(
    [
        "the",
        "and",
        "for",
        "you",
        "your",
        "are",
        "was",
        "were",
        "that",
        "this",
        "with",
        "have",
        "has",
        "had",
        "will",
        "would",
        "can",
        "could",
        "our",
        "from",
        "not",
        "but",
        "all",
        "any",
        "its",
        "they",
        "them",
        "then",
        "than",
        "been",
        "being",
        "about",
        "into",
        "here",
        "there",
        "what",
        "when",
        "which",
        "who",
        "how",
        "why",
        "hello",
        "hi",
        "dear",
        "thank",
        "thanks",
        "please",
        "kind",
        "best",
        "regards",
        "sincerely",
        "let",
        "know",
        "get",
        "got",
        "just",
        "also",
        "very",
        "more",
        "some",
        "team",
        "support",
        "und",
        "die",
        "der",
        "das",
        "ist",
        "sie",
        "wir",
        "ihr",
        "ihre",
        "mit",
        "den",
        "für",
        "von",
        "auf",
        "ein",
        "eine",
        "nicht",
        "bitte",
        "hallo",
        "gruß",
        "grüße",
        "vielen",
        "dank",
        "les",
        "des",
        "est",
        "vous",
        "nous",
        "pour",
        "une",
        "avec",
    ]
)


@dataclass(frozen=True, slots=True)
class Likeness:
    """`words` from 0 to 1: shared words of substance (F1). `facts`: the share of theirs that ours states too (None:
    they stated none). `only_ours`: numbers, ids and addresses that staff did not write.
    """

    words: float
    facts: float | None
    only_ours: tuple[str, ...]


def likeness(ours: str, theirs: str) -> Likeness:
    """Pure and cheap: a hint where to read, and no judgement of who was right."""
    facts, others = _facts(theirs), _facts(ours)
    shared = len([fact for fact in facts if fact in others])
    return Likeness(
        words=_f1(_words(ours), _words(theirs)) if ours.strip() else 0.0,
        facts=shared / len(facts) if facts else None,
        only_ours=tuple(others[fact] for fact in others if fact not in facts),
    )


def _words(text: str) -> Counter[str]:
    return Counter({_stem(word): 1 for word in _WORD.findall(text.lower()) if word not in _SMALL})


def _stem(word: str) -> str:
    """Crude on purpose: "refunded", "refunds" and "refund" are one word."""
    for ending in ("ations", "ation", "ings", "ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word


def _f1(ours: Counter[str], theirs: Counter[str]) -> float:
    shared = sum((ours & theirs).values())
    total = sum(ours.values()) + sum(theirs.values())
    return 2 * shared / total if total else 1.0


def _facts(text: str) -> dict[str, str]:
    """Each stated fact in one form -> as it was written."""
    found = {}
    for match in _FACT.finditer(text):
        fact = re.sub(r"[\s$€£%]|usd|eur|gbp", "", match[0].lower()).rstrip(".,")
        fact = re.sub(r"[.,]00$", "", fact)
        found[fact] = match[0]
    return found
