"""Picks out of a sentence what a rule can pick out: ids, amounts, and the signals of `signals.yaml`."""

import re
from functools import lru_cache
from pathlib import Path

import yaml

from agents_team.router import LONGEST, shipped_router

_ORDER_ID = re.compile(r"\b([A-Za-z]{2,5}-\d{2,})\b")
_ORDER_NUMBER = re.compile(
    r"(?:#|\b(?:orders?|bestellung|commande|pedido|ordine|no|nr|number)\b[ .:#]*)(\d{3,})\b", re.IGNORECASE
)
_AMOUNT = re.compile(
    r"(?:[$€£]|\b(?:USD|EUR|GBP)\b) ?(\d{1,6}(?:[.,]\d{2})?)(?!\d)"
    r"|\b(\d{1,6}(?:[.,]\d{2})?) ?(?:[$€£]|(?:USD|EUR|GBP|dollars?|euros?|bucks|pounds?)\b)",
    re.IGNORECASE,
)


def _compiled(expressions: list[str]) -> re.Pattern[str]:
    """One pattern out of many. No letter stands before a match, except in scripts that put no spaces between words."""
    parts = [part if part[0] == "^" or part[0] > "\u3000" else rf"(?<![^\W\d_]){part}" for part in expressions]
    return re.compile("|".join(f"(?:{part})" for part in parts), re.IGNORECASE)


_SIGNALS: dict[str, re.Pattern[str]] = {
    name: _compiled(expressions)
    for name, expressions in yaml.safe_load(
        Path(__file__).with_name("signals.yaml").read_text(encoding="utf-8")
    ).items()
}

SMALL_TALK = ("greeting", "thanks", "bye")


def signals(name: str, text: str) -> bool:
    """Whether a text gives the signal of this name in `signals.yaml`."""
    text = text.replace("’", "'")
    return bool(_SIGNALS[name].search(text) or _SIGNALS[name].search(_spelled(text)))


@lru_cache(maxsize=256)
def _spelled(text: str) -> str:
    """The text with typing errors forgiven, as the router forgives them."""
    return shipped_router().spelled(text[:LONGEST])


def order_ids(text: str) -> list[str]:
    """Order ids such as ORD-1001, upper case, in order; then bare numbers that stand where an order number stands."""
    ids = [match.upper() for match in _ORDER_ID.findall(text)]
    return list(dict.fromkeys([*ids, *_ORDER_NUMBER.findall(_ORDER_ID.sub(" ", text))]))


def amounts_minor(text: str) -> list[int]:
    """Amounts with a currency, in minor units of a currency with two digits: "$49.99" is 4999, "20 euros" 2000."""
    found = [left or right for left, right in _AMOUNT.findall(text)]
    return [_minor(number) for number in found]


def _minor(number: str) -> int:
    whole, _, cents = number.replace(",", ".").partition(".")
    return int(whole) * 100 + int(cents or 0)


def sentiment(text: str) -> str:
    """positive, neutral, negative or angry."""
    for mood, signal in (("angry", "angry"), ("negative", "unhappy"), ("positive", "happy")):
        if signals(signal, text):
            return mood
    return "neutral"


def priority(text: str) -> str:
    """low, medium, high or critical."""
    if signals("grave", text):
        return "critical"
    if signals("urgent", text) or signals("angry", text):
        return "high"
    return "medium" if signals("unhappy", text) or signals("refund", text) else "low"


def wants_person(text: str) -> bool:
    """Somebody asks for a human being, in one of a dozen languages."""
    return signals("person", text)


def is_grave(text: str) -> bool:
    """Law, fraud, danger: a person takes over, whatever else is asked."""
    return signals("grave", text)


def wants_refund(text: str) -> bool:
    """Money back is asked for: not unwanted, and not only asked about."""
    return signals("refund", text) and not signals("no_refund", text) and not asks_about_refund(text)


def asks_about_refund(text: str) -> bool:
    """ "Where is my refund?", which must not open one; "please refund" in the same breath is more than a question."""
    return signals("refund_status", text) and not signals("request", text)


def small_talk(text: str) -> str | None:
    """greeting, thanks or bye when the message is nothing else."""
    return next((kind for kind in SMALL_TALK if signals(kind, text.strip())), None)
