"""What the offline team can say about payments: which one is meant, which are duplicates, what they were for."""

import re
from datetime import datetime
from typing import NamedTuple

from agents_team.models.offline import extract
from agents_team.models.offline.common import day, say, to_a_person
from agents_team.models.offline.moves import Call, Move
from agents_team.models.offline.phrases import phrase
from agents_team.models.offline.reading import Json, Reading
from agents_team.tools.answers import money

MOST_CHARGES = 5
SAME_DAY_SECONDS = 24 * 3600
_CREDIT = re.compile(r"\b(?:store|shop|account) credit\b|\bvoucher\b|\bas (?:a )?credit\b", re.IGNORECASE)
TO_REFUND = "transfer_to_refund"


class Meant(NamedTuple):
    """The charge that is meant, and the earlier one when it is its duplicate."""

    charge: Json
    twin: Json | None = None


def about_charges(reading: Reading, charges: list[Json]) -> Move:
    """Say, ask or propose: whatever the charges and the requester's words allow."""
    if extract.signals("declines", reading.question) and _offered(reading):
        return say(reading, "as_you_wish")
    if extract.signals("listing", reading.question):
        return say(reading, "charges_list", charges=_listed(charges))
    named = reading.order_ids()
    meant = _meant(reading, charges, named)
    if meant is None:
        return _ask(reading, charges, named)
    if _is_asked_for(reading):
        return _propose(reading, meant)
    if extract.signals("return_item", reading.question):
        return say(reading, "offer", amount=meant.charge["amount"], order=_name(meant.charge))
    if meant.twin is None:
        return _explain(reading, meant.charge)
    return _talk_about_duplicate(reading, meant)


def _is_asked_for(reading: Reading) -> bool:
    """Refund words now, a yes to our offer, or an answer to our question which payment they want back."""
    question = reading.question
    if extract.wants_refund(question):
        return True
    if _offered(reading):
        return extract.signals("affirms", question)
    asked_before = bool(reading.asked) and any(extract.wants_refund(text) for text in reading.asked)
    return asked_before and _starts_like(
        reading.last_answer, "which_refund", "duplicate_seen", "too_much", "no_duplicate"
    )


def _offered(reading: Reading) -> bool:
    return _starts_like(reading.last_answer, "offer")


def _starts_like(answer: str, *names: str) -> bool:
    """Whether an earlier answer was one of these phrases, by its first words."""
    return any(answer.startswith(phrase(name, "en", **_BLANKS).split("…")[0]) for name in names)


_BLANKS = dict.fromkeys(("amount", "order", "charges", "first", "second", "paid", "wanted"), "…")


def _meant(reading: Reading, charges: list[Json], named: list[str]) -> Meant | None:
    """The charge the requester means, or None when it could be several."""
    twins = _duplicates(charges)
    spoken = " ".join([*reading.asked, reading.question])
    if extract.signals("duplicate", reading.question) or (
        extract.signals("duplicate", spoken) and _all_twins(named, twins)
    ):
        return _the_twin(twins, named)
    of_named = [c for c in charges if any(_is_order(c, order_id) for order_id in named)]
    if named and not of_named:
        return None
    fitting = of_named or charges
    amounts = extract.amounts_minor(reading.question)
    exact = [c for c in fitting if c["amount_minor"] in amounts]
    if len(exact) == 1 or (exact and extract.signals("latest", reading.question)):
        return Meant(exact[0])
    if len(fitting) == 1 or (not named and extract.signals("latest", reading.question)):
        return Meant(fitting[0])
    return None


def _all_twins(named: list[str], twins: list[Meant]) -> bool:
    """Whether everything named belongs to a duplicate pair: "the refund for those two"."""
    pairs = [c for pair in twins for c in (pair.charge, pair.twin) if c]
    return all(any(_is_order(c, order_id) for c in pairs) for order_id in named)


def _the_twin(twins: list[Meant], named: list[str]) -> Meant | None:
    """The duplicate among the named orders; without names the only one there is."""
    fitting = [pair for pair in twins if not named or any(_is_order(c, n) for n in named for c in pair if c)]
    return fitting[0] if len(fitting) == 1 else None


def _duplicates(charges: list[Json]) -> list[Meant]:
    """Pairs of the same amount within a day, each as (later, earlier); charges come newest first."""
    pairs: list[Meant] = []
    used: set[str] = set()
    for number, later in enumerate(charges):
        for earlier in charges[number + 1 :]:
            if _twins(later, earlier) and not {later["charge_id"], earlier["charge_id"]} & used:
                pairs.append(Meant(later, earlier))
                used |= {later["charge_id"], earlier["charge_id"]}
                break
    return pairs


def _twins(one: Json, other: Json) -> bool:
    same = (one["amount_minor"], one["currency"]) == (other["amount_minor"], other["currency"])
    apart = datetime.fromisoformat(one["at"]) - datetime.fromisoformat(other["at"])
    return same and abs(apart.total_seconds()) <= SAME_DAY_SECONDS


def _is_order(charge: Json, order_id: str) -> bool:
    own = str(charge.get("order_id") or "")
    return own == order_id or (order_id.isdigit() and own.endswith(order_id))


def _ask(reading: Reading, charges: list[Json], named: list[str]) -> Move:
    """A question that shows what there is to choose from."""
    if named and not any(_is_order(c, order_id) for c in charges for order_id in named):
        return say(reading, "unknown_order", order=named[0])
    listed = _listed(charges)
    if extract.asks_about_refund(reading.question):
        return say(reading, "no_refund_yet", charges=listed)
    if extract.signals("duplicate", reading.question) and not _duplicates(charges):
        return say(reading, "no_duplicate", charges=listed)
    return say(reading, "which_refund", charges=listed)


def _listed(charges: list[Json]) -> str:
    return "\n".join(_line(charge) for charge in charges[:MOST_CHARGES])


def _line(charge: Json) -> str:
    return f"- {_name(charge)}: {charge['amount']} on {day(charge['at'])}"


def _name(charge: Json) -> str:
    return str(charge.get("order_id") or charge.get("description") or "payment")


def _explain(reading: Reading, charge: Json) -> Move:
    what = " ".join(filter(None, (charge.get("order_id"), charge.get("description")))) or "your account"
    return say(reading, "charge", amount=charge["amount"], day=day(charge["at"]), what=what)


def _talk_about_duplicate(reading: Reading, meant: Meant) -> Move:
    """First show the two, then offer; money is asked back only after a yes or a request."""
    charge, twin = meant
    if _starts_like(reading.last_answer, "duplicate_seen") and not extract.signals("declines", reading.question):
        return say(reading, "offer", amount=charge["amount"], order=_name(charge))
    if twin is None:
        return _explain(reading, charge)
    return say(reading, "duplicate_seen", amount=charge["amount"], first=_name(twin), second=_name(charge))


def _propose(reading: Reading, meant: Meant) -> Move:
    charge = meant.charge
    if not charge.get("order_id") or not {"propose_refund", TO_REFUND} & reading.tools:
        return to_a_person(reading, "wants money back")
    wanted = extract.amounts_minor(reading.question)
    part = wanted[0] if len(wanted) == 1 and wanted[0] != charge["amount_minor"] else None
    if part is not None and part > charge["amount_minor"]:
        asked = money(part, charge["currency"])
        return say(reading, "too_much", order=_name(charge), paid=charge["amount"], wanted=asked)
    reason = "charged twice" if meant.twin else _why(reading)
    wish = {"order_id": charge["order_id"], "charge_id": charge["charge_id"], "amount_minor": part, "reason": reason}
    if _CREDIT.search(reading.question):
        wish["as_store_credit"] = True
    return [Call("propose_refund", wish)]


def _why(reading: Reading) -> str:
    """The requester's own words with which they asked for the money."""
    said = [reading.question, *reversed(reading.asked)]
    asked_for = next((text for text in said if extract.wants_refund(text)), reading.question)
    return " ".join(asked_for.split())[:200]
