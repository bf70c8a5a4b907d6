"""Looks at an answer before it is sent: blank, cut off, promised without cover, or not the requester's business."""

import re
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """What an answer may lean on: `money_moved` when a refund is known to be done, `markers` of passages shown."""

    money_moved: bool = False
    markers: Collection[str] = ()


INTERNAL_ID = re.compile(r"\b(?:act|run|tkt|msg|psn|cmp|dlv|stp|dec|esc|job|evt|att)_[0-9A-Za-z]{4,}")
_SECRET = re.compile(
    r"\b(?:sk-[A-Za-z0-9_-]{16,}|sk_(?:live|test)_[A-Za-z0-9]{10,}|rk_live_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9]{10,}"
    r"|xox[abeprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}"
    r"|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+)|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_MARKER = re.compile(r"\[S(\d+)\]")

# "I have refunded you", "your refund is on its way": each line is one way to say that money moved or will.
_SURELY = r"(?: just| now| already| successfully| gladly| soon| shortly)*"
_PROMISES = (
    rf"\b(?:I|we)(?:'ve| have)?{_SURELY} (?:refunded|reimbursed|credited)\b",
    rf"\b(?:I|we)(?:'ve| have)?{_SURELY} (?:issued|processed|completed|approved|initiated|made)"
    r"(?: you)? (?:a|the|your|this)(?: \w+){0,2} (?:refund|reimbursement|credit)\b",
    rf"\b(?:I|we)(?:'ll| will){_SURELY} (?:refund|reimburse|credit) (?:you|the|your)\b",
    r"\b(?:your|the|this)(?: \w+){0,3} (?:refund|reimbursement)(?: (?:of|for) (?:[^.!?\n]|\.\d){1,40}?)?"
    rf" (?:has been|was|is being|is){_SURELY}"
    r" (?:issued|processed|completed|approved|sent|initiated|credited|paid|done|on its way|on the way)\b",
    r"\bha(?:s|ve) been (?:refunded|reimbursed|credited) (?:to|back)\b",
    rf"\byou(?:'ll| will){_SURELY} (?:receive|get|see)(?: \w+){{0,3}} (?:refund|money|reimbursement)\b",
    rf"\b(?:your|the) money (?:is|will be){_SURELY} (?:on its way|back|returned|refunded)\b",
    r"\b(?:Rückerstattung|Erstattung) (?:wurde|ist) (?:bereits )?(?:veranlasst|ausgeführt|unterwegs|überwiesen)\b",
    r"\b(?:le|votre) remboursement (?:a été|est) (?:effectué|traité|en route|approuvé)\b",
    r"\b(?:el|su|tu) reembolso (?:ha sido|fue|está) (?:procesado|emitido|en camino|aprobado)\b",
)
_PROMISE = re.compile("|".join(_PROMISES), re.IGNORECASE)

# No sentence in any of the languages we meet ends with one of these.
_DANGLING = re.compile(
    r"\b(?:a|an|the|of|to|for|and|or|with|your|our|my|at|by|from|is|are|was|der|die|das|und|de|la|le|et|y)$",
    re.IGNORECASE,
)


def problems_of(text: str, leans_on: Sent) -> list[str]:
    """Why this answer may not be sent, in words the model can act on; empty when it may."""
    checks = (
        (_is_blank(text), "the answer is blank"),
        (_is_cut_off(text), "the answer stops in the middle of a sentence"),
        (bool(_SECRET.search(text)), "the answer shows a secret key"),
        (bool(INTERNAL_ID.search(text)), "the answer shows an internal id"),
        (
            not leans_on.money_moved and bool(_PROMISE.search(text)),
            "the answer says or promises that money is paid back, but nothing has been decided",
        ),
        (_unknown_marker(text, leans_on.markers), "the answer cites a source that was not found in this conversation"),
    )
    return [problem for failed, problem in checks if failed]


def _is_blank(text: str) -> bool:
    return not re.search(r"\w", text)


def _is_cut_off(text: str) -> bool:
    """A sentence that ends with a word like "of", or with a comma or an open bracket, or a code block left open."""
    end = text.rstrip()
    if end.count("```") % 2 or end.endswith((",", "(", "[", "{", " -", "–")):
        return True
    return bool(_DANGLING.search(end))


def _unknown_marker(text: str, markers: Collection[str]) -> bool:
    return any(f"S{number}" not in markers for number in _MARKER.findall(text))
