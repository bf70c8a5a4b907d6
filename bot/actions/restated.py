"""What of the team's words says again what code says about an action: that is left out, the rest stays as it was."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.policy.money import decimals


@dataclass(frozen=True, slots=True)
class Told:
    """What code itself says about one action: the names it has, and its amount if it has one."""

    names: tuple[str, ...] = ()
    amount_minor: int = 0
    currency: str = ""


_SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+(?=\S)|(?<=[。！？])(?=\S)")
_LINE = re.compile(r"(\n+)")

# Words for money that comes back, and for a wish that others decide about, in the languages people are answered in.
_MONEY = (
    r"refund\w*|reimburs\w*|money back|pa(?:y|id|ying) back|credit(?:ed)? back|store credit|"
    r"r[üu]ckerstatt\w*|erstatt\w*|r[üu]ckzahl\w*|zur[üu]ck(?:ge|zu)?zahl\w*|gutschrift\w*|gutgeschrieben|"
    r"rembours\w*|avoir|reembols\w*|devoluci\w*|devolver\w*|rimbors\w*|terugbetal\w*|restitu\w*|estorn\w*|"
    r"zwrot\w*|zwróc\w*|возврат\w*|вернем|вернём|повернен\w*|iade\w*|återbetal\w*|tilbagebetal\w*|refusjon\w*"
)
_DECIDED = (
    r"colleague\w*|team ?mates?|your request|submitted|passed (?:this|it|that)|forwarded|escalated|approv\w*|"
    r"decide[sd]?|decision|let you know|hear from (?:us|me)|get back to you|"
    r"weitergeleitet|weitergegeben|beantragt|entscheid\w*|kolleg\w*|ihre? anfrage|"
    r"coll[èe]gue\w*|votre demande|transmis\w*|compañer\w*|su solicitud|solicitad\w*|colleghi|collega'?s?|"
    r"la (?:sua|tua) richiesta|aangevraagd|pedido|wniosek|запрос\w*|коллег\w*"
)
_CJK = "退款|退还|返金|払い戻し|환불|申请|申請|同事|担当者"
_ABOUT_IT = re.compile(rf"(?<!\w)(?:{_MONEY}|{_DECIDED})(?!\w)|{_CJK}", re.IGNORECASE)
_ASKED = re.compile(
    r"\b(?:ask\w*|request\w*|propos\w*|check\w*|review\w*|process\w*|cancel\w*|send\w*|sent|chang\w*|reset\w*|"
    r"pr[üu]f\w*|vérifi\w*|examin\w*|revis\w*|verific\w*|beoorde\w*|analis\w*|sprawdz\w*|провер\w*)\b",
    re.IGNORECASE,
)
_ID = re.compile(r"\b(?=\w*[A-Za-z])[A-Za-z]{1,8}[-_]\w*\d\w*\b")
_CITED = re.compile(r"\[\d+\]|\]\(")


def without_restated(text: str, told: Iterable[Told]) -> str:
    """`text` without the sentences that say of the same thing that it was asked for, or what will come of it.

    A sentence stays when it asks the requester something, quotes a document, or is about another thing by name.
    """
    known = tuple(told)
    if not known:
        return text.strip()
    lines = (_kept(line, known) for line in _LINE.split(text.strip()))
    return re.sub(r"\n{3,}", "\n\n", "".join(lines)).strip()


def _kept(line: str, told: tuple[Told, ...]) -> str:
    if not line.strip():
        return line
    sentences = _SENTENCE.split(line)
    kept = [sentence for sentence in sentences if not _restates(sentence, told)]
    return line if len(kept) == len(sentences) else " ".join(kept)


def _restates(sentence: str, told: tuple[Told, ...]) -> bool:
    if sentence.rstrip().endswith(("?", "？")) or _CITED.search(sentence):
        return False
    named = {name.casefold() for each in told for name in each.names}
    found = {name.casefold() for name in _ID.findall(sentence)}
    if found - named:
        return False
    if _ABOUT_IT.search(sentence) or any(_says(sentence, each) for each in told):
        return True
    return bool(found and _ASKED.search(sentence))


def _says(sentence: str, told: Told) -> bool:
    """Whether the amount stands there, however it is written: 99.00 USD, $99, 99,00 €, 1,299.00."""
    if not told.amount_minor:
        return False
    return any(re.search(rf"(?<![\d.,]){re.escape(form)}(?![\d]|[.,]\d)", sentence) for form in _forms(told))


def _forms(told: Told) -> Iterator[str]:
    digits = decimals(told.currency)
    whole, rest = divmod(told.amount_minor, 10**digits)
    thousands = {f"{whole}", f"{whole:,}", f"{whole:,}".replace(",", "."), f"{whole:,}".replace(",", " ")}
    for number in sorted(thousands):
        if digits:
            yield from (f"{number}.{rest:0{digits}d}", f"{number},{rest:0{digits}d}")
        if not rest:
            yield number
