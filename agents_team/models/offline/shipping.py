"""The offline shipping specialist: delivery questions from the documents, lost parcels from the shop."""

from agents_team.models.offline import extract
from agents_team.models.offline.common import after_tools, before_all, say, to_a_person
from agents_team.models.offline.faq import from_documents
from agents_team.models.offline.moves import Call, Move, Say
from agents_team.models.offline.reading import Reading
from agents_team.models.offline.triage import choose


def shipping(reading: Reading) -> Move:
    """Quote what is written down; for a parcel that went wrong look first, then ask for it to be sent again."""
    first = before_all(reading, "shipping")
    if first is not None:
        return first
    intent = choose(reading).intent
    if intent.endswith("parcel lost or wrong"):
        return _lost(reading)
    if intent.endswith("change shipping address") and extract.order_ids(reading.question):
        return to_a_person(reading, "the address of an order must change")
    return from_documents(reading)


def _lost(reading: Reading) -> Move:
    if reading.called("propose_reship"):
        return _after_proposal(reading)
    problem = after_tools(reading)
    if problem is not None:
        return problem
    named = [order_id for order_id in reading.order_ids() if "-" in order_id]
    if not named:
        return to_a_person(reading, "a parcel went wrong") if reading.called("list_orders") else [Call("list_orders")]
    if not reading.called("tracking"):
        return [Call("tracking", {"order_id": named[0]})]
    if not extract.signals("send_again", reading.question) or "propose_reship" not in reading.tools:
        return to_a_person(reading, "delivered but not received", then="not_received", order=named[0])
    reason = " ".join(reading.question.split())[:200]
    return [Call("propose_reship", {"order_id": named[0], "reason": reason})]


def _after_proposal(reading: Reading) -> Move:
    result = reading.result("propose_reship") or {}
    if "error" in result:
        return Say(str(result.get("say", "")))
    return say(reading, "asked_for", what=f"order {result['about']} to be sent again")
