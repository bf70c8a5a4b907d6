"""Looks at an answer before it is sent: blank, cut off, promised without cover, or not the requester's business."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from agents_team.guardrails.pii import mask_pii


@dataclass(frozen=True, slots=True)
class Sent:
    """What an answer may lean on.

    `money_moved` when a refund is known to be done, `done` the kinds of actions known to be done, `person_asked` when
    somebody was really fetched or a request really waits, `markers` of the passages shown.
    """

    money_moved: bool = False
    done: Collection[str] = ()
    person_asked: bool = True
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

# Acts nobody here can have done: only a finished action makes such a sentence true. (what was done, its kind)
_DEEDS = (
    ("cancel_order", rf"\b(?:I|we)(?:'ve| have)?{_SURELY} cancell?ed (?:your|the|this)\b"),
    ("cancel_order", r"\b(?:your|the) (?:order|subscription)(?: \S+)? (?:has been|was|is now) cancell?ed\b"),
    (
        "reship",
        rf"\b(?:I|we)(?:'ve| have){_SURELY} (?:re-?shipped|re-?sent|sent(?: you)? (?:a|another) (?:new|replacement))\b",
    ),
    ("change_plan", rf"\b(?:I|we)(?:'ve| have){_SURELY} (?:upgraded|downgraded|changed|switched|moved) (?:you|your)\b"),
    ("reset_password", rf"\b(?:I|we)(?:'ve| have){_SURELY} (?:reset|changed) your password\b"),
    ("none", rf"\b(?:I|we)(?:'ve| have){_SURELY} (?:updated|deleted|closed|corrected) (?:your|the)\b"),
)
_DEED = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _DEEDS)
_FETCHED = re.compile(
    r"\b(?:I|we)(?:'ve| have)? (?:just |now |already )*(?:escalated|forwarded|passed|asked|informed|notified|alerted)\b"
    r"[^.!?\n]{0,40}\b(?:colleague|team|specialist|manager|department|person|staff|human)\b",
    re.IGNORECASE,
)
_GUARANTEE = re.compile(r"\b(?:I|we) (?:guarantee|promise|assure you)\b|\b(?:is|are) guaranteed to\b", re.IGNORECASE)
_SQL = re.compile(
    r"\bselect\b[^.\n]{1,80}\bfrom\b \w+ (?:where|join|order by|limit)\b"
    r"|\binsert into \w+|\bdrop table\b|\bupdate \w+ set\b",
    re.IGNORECASE,
)
_PROMPT = re.compile(
    r"HELPDESK FACTS|# (?:Rules for everybody|Your task|System context)|Multi-agent system|\btransfer_to_\w+"
    r"|\bpropose_(?:refund|reship|cancel_order|plan_change|password_reset)\b|\bsearch_knowledge\b|\blist_charges\b",
    re.IGNORECASE,
)

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
        (_false_deed(text, leans_on.done), "the answer says that something was done, but nothing was"),
        (
            not leans_on.person_asked and bool(_FETCHED.search(text)),
            "the answer says that a colleague was asked, but escalate was not called",
        ),
        (bool(_GUARANTEE.search(text)), "the answer gives a guarantee"),
        (bool(_SQL.search(text)), "the answer shows database statements"),
        (bool(_PROMPT.search(text)), "the answer shows tool names or instructions"),
        (bool(mask_pii(text).kinds), "the answer shows a card or account number"),
        (_unknown_marker(text, leans_on.markers), "the answer cites a source that was not found in this conversation"),
    )
    return [problem for failed, problem in checks if failed]


def _false_deed(text: str, done: Collection[str]) -> bool:
    return any(kind not in done and pattern.search(text) for kind, pattern in _DEED)


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
