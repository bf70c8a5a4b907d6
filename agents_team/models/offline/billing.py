"""The offline billing specialist: explains payments from the books, and gives a wish for money to the refund desk."""

from agents_team.models.offline import extract
from agents_team.models.offline.charges import TO_REFUND, about_charges
from agents_team.models.offline.common import after_tools, before_all, say, to_a_person
from agents_team.models.offline.faq import from_documents
from agents_team.models.offline.moves import Call, Move, Say
from agents_team.models.offline.reading import Json, Reading
from agents_team.models.offline.triage import choose, note_of

ABOUT_CHARGES = ("charged twice", "explain charge")


def billing(reading: Reading) -> Move:
    """The books first; only then words, or the refund desk. Everything else stands in the documents."""
    first = before_all(reading, "billing")
    if first is not None:
        return first
    if not _about_charges(reading):
        return from_documents(reading)
    problem = after_tools(reading)
    if problem is not None:
        return problem
    if not reading.called("list_charges"):
        return [Call("list_charges"), Call("list_orders")]
    charges: list[Json] = (reading.result("list_charges") or {}).get("charges", [])
    if not charges:
        return say(reading, "no_charges")
    return _told(reading, about_charges(reading, charges))


def _about_charges(reading: Reading) -> bool:
    """A payment that was made: named by the router, by words of the requester, or by what we talk about."""
    if choose(reading).intent.endswith(ABOUT_CHARGES) or extract.wants_refund(reading.question):
        return True
    return reading.called("list_charges") or extract.signals("duplicate", reading.question)


def _told(reading: Reading, move: Move) -> Move:
    """Words are ours to say; a proposal is not, so the conversation goes on with the refund desk."""
    if isinstance(move, Say) or all(call.name != "propose_refund" for call in move):
        return move
    if TO_REFUND not in reading.tools:
        return to_a_person(reading, "wants money back")
    return [Call(TO_REFUND, note_of(reading, "wants money back"))]
