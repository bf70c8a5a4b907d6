"""The offline order specialist: looks orders up and says what the shop says."""

from agents_team.models.offline import extract
from agents_team.models.offline.common import after_tools, before_all, day, say, to_a_person
from agents_team.models.offline.faq import from_documents
from agents_team.models.offline.moves import Call, Move, Say
from agents_team.models.offline.phrases import phrase
from agents_team.models.offline.reading import Json, Reading
from agents_team.models.offline.triage import choose

MOST_ORDERS = 3
MOST_LISTED = 5


def order_status(reading: Reading) -> Move:
    """Look, then say. A change of the order or a parcel that vanished is for a person."""
    first = before_all(reading, "order_status")
    if first is not None:
        return first
    intent = choose(reading).intent
    if intent.endswith("place order"):
        return from_documents(reading)
    if reading.called("propose_cancel_order"):
        return _after_cancelling(reading)
    problem = after_tools(reading)
    if problem is not None:
        return problem
    if intent.endswith("cancel order") or extract.signals("cancel_order", reading.question):
        return _cancel(reading)
    if intent.endswith("change order") or extract.signals("change_order", reading.question):
        return to_a_person(reading, "wants to change an order")
    tool = "tracking" if extract.signals("parcel", reading.question) else "get_order"
    if reading.called("tracking") or reading.called("get_order"):
        return _tell(reading)
    return _look(reading, tool)


def _cancel(reading: Reading) -> Move:
    """Ask for it when the order is clear and the desk can; an order that is not named is asked for first."""
    named = [order_id for order_id in reading.order_ids() if "-" in order_id]
    if not named:
        return _which(reading)
    if "propose_cancel_order" not in reading.tools:
        return to_a_person(reading, "wants to cancel an order")
    reason = " ".join(reading.question.split())[:200]
    return [Call("propose_cancel_order", {"order_id": named[0], "reason": reason})]


def _which(reading: Reading) -> Move:
    listed = reading.result("list_orders")
    if listed is None:
        return [Call("list_orders")]
    orders: list[Json] = listed.get("orders", [])
    return say(reading, "orders", orders=_listed(orders)) if orders else say(reading, "no_orders")


def _after_cancelling(reading: Reading) -> Move:
    result = reading.result("propose_cancel_order") or {}
    if "error" in result:
        return Say(str(result.get("say", "")))
    return say(reading, "asked_for", what=f"order {result['about']} to be cancelled")


def _look(reading: Reading, tool: str) -> Move:
    """The orders that are meant, by id; through the list when no full id was named."""
    named = reading.order_ids()
    full = [order_id for order_id in named if "-" in order_id]
    if full:
        return [Call(tool, {"order_id": order_id}) for order_id in full[:MOST_ORDERS]]
    listed = reading.result("list_orders")
    if listed is None:
        return [Call("list_orders")]
    orders: list[Json] = listed.get("orders", [])
    if not orders:
        return say(reading, "no_orders")
    if extract.signals("listing", reading.question):
        return say(reading, "orders_list", orders=_listed(orders))
    meant = _meant(orders, named, reading.question)
    if named and not meant:
        return say(reading, "unknown_order", order=named[0])
    if not meant:
        return say(reading, "orders", orders=_listed(orders))
    return [Call(tool, {"order_id": meant["order_id"]})]


def _meant(orders: list[Json], named: list[str], question: str) -> Json | None:
    """The order meant by a bare number, by "my last order", or because only one can be."""
    if named:
        return next((order for order in orders if str(order["order_id"]).endswith(named[0])), None)
    if len(orders) == 1 or extract.signals("latest", question):
        return orders[0]
    moving = [order for order in orders if order["status"] not in ("delivered", "cancelled", "canceled", "refunded")]
    return moving[0] if len(moving) == 1 else None


def _listed(orders: list[Json]) -> str:
    return "\n".join(_line(order) for order in orders[:MOST_LISTED])


def _line(order: Json) -> str:
    articles = ", ".join(order.get("articles", [])) or order["total"]
    return f"- {order['order_id']} from {day(order['placed'])}: {articles} ({order['status']})"


def _tell(reading: Reading) -> Move:
    found = reading.results.get("tracking", []) + reading.results.get("get_order", [])
    if all("error" in result for result in found):
        return say(reading, "unknown_order", order=", ".join(reading.order_ids()) or "that order")
    known = [result for result in found if "error" not in result]
    if extract.signals("not_there", reading.question) and any(order.get("delivered") for order in known):
        return to_a_person(reading, "delivered but not received", then="not_delivered", order=known[0]["order_id"])
    return Say("\n".join(_told(order) for order in known))


def _told(order: Json) -> str:
    words = {"order": order["order_id"], "state": _state(order)}
    if "placed" not in order:
        return phrase("parcel", "en", **words)
    return phrase("order", "en", placed=day(order["placed"]), total=order["total"], **words)


def _state(order: Json) -> str:
    """One sentence from the shop's facts."""
    status = str(order["status"]).replace("_", " ")
    with_carrier = f" with {order['carrier']}" if order.get("carrier") else ""
    number = f" (tracking number {order['tracking_number']})" if order.get("tracking_number") else ""
    if order.get("delivered"):
        return f"delivered on {day(order['delivered'])}{with_carrier}{number}."
    expected = f" It is expected on {day(order['expected'])}." if order.get("expected") else ""
    return f"{status}{with_carrier}{number}.{expected}"
