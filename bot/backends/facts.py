"""Gathers the facts a refund is judged by, from the shop and the payment provider, never from a model."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from agents_team.tools.shop import Charge, Order, Shop
from bot.backends.payments import Payment, Payments, TakesTheShopsWord
from bot.policy.refund import Problem, RefundFacts, RefundWish

SAME_PURCHASE = timedelta(hours=24)
LONGEST_ITEMS = 200
FULFILLED = ("shipped", "delivered")


async def gather_refund_facts(
    shop: Shop, payments: Payments, customer_id: str | None, wish: RefundWish, *, now: datetime | None = None
) -> RefundFacts:
    """What is true right now about the charge the wish means.

    Order and charge are looked up as `customer_id`'s: a foreign one is unknown. Raises ShopUnavailable
    or PaymentsUnavailable; both were only read.
    """
    facts = RefundFacts(customer_id=customer_id)
    if customer_id is None:
        return replace(facts, problem=Problem.CUSTOMER_UNPROVEN)
    order, charge, problem = await _find_charge(shop, customer_id, wish)
    facts = replace(facts, **_about_order(order))
    if charge is None:
        return replace(facts, problem=problem)
    facts = replace(facts, charge_id=charge.id, currency=charge.currency)
    payment = await _payment_of(payments, charge)
    if payment is None:
        return replace(facts, problem=Problem.PROVIDER_DOES_NOT_KNOW)
    facts = _with_payment(facts, payment, now or datetime.now(UTC))
    facts = replace(facts, known_amounts=_known_amounts(order, charge, payment))
    if payment.currency != charge.currency:
        return replace(facts, problem=Problem.CURRENCY_DIFFERS)
    return replace(facts, duplicate_of=await _find_duplicate(shop, payments, order, charge, payment))


def _about_order(order: Order | None) -> dict[str, Any]:
    if order is None:
        return {}
    delivered = f"delivered {order.delivered_at:%Y-%m-%d}" if order.delivered_at else ""
    way = (f"{order.carrier} {order.tracking}".strip(), delivered)
    items = ", ".join(f"{line.quantity} × {line.title}" for line in order.lines)
    return {
        "order_id": order.id,
        "order_status": order.status,
        "items": items[:LONGEST_ITEMS],
        "shipment": ", ".join(filter(None, way)),
    }


async def _payment_of(payments: Payments, charge: Charge) -> Payment | None:
    if isinstance(payments, TakesTheShopsWord):
        return payments.payment_of(charge)
    return await payments.get_payment(charge.id)


def _known_amounts(order: Order | None, charge: Charge, payment: Payment) -> tuple[int, ...]:
    """The amounts a backend itself names for this purchase: the whole, what is left, the order and its lines."""
    lines = [line.amount_minor for line in order.lines] if order else []
    each = [line.amount_minor // line.quantity for line in order.lines if line.quantity > 1] if order else []
    total = [order.total_minor] if order else []
    return tuple(sorted({payment.amount_minor, payment.refundable_minor, charge.amount_minor, *total, *lines, *each}))


def _with_payment(facts: RefundFacts, payment: Payment, now: datetime) -> RefundFacts:
    return replace(
        facts,
        payment_ref=payment.ref,
        amount_minor=payment.amount_minor,
        refunded_minor=payment.refunded_minor,
        refundable_minor=payment.refundable_minor,
        method=payment.method,
        disputed=payment.disputed,
        days_since=max(0, (now - payment.created_at).days),
    )


Found = tuple[Order | None, Charge | None, Problem | None]


async def _find_charge(shop: Shop, customer_id: str, wish: RefundWish) -> Found:
    """The order and the one charge that is meant, or why there is none."""
    order = None
    if wish.order_id:
        order = await shop.get_order(wish.order_id, customer_id=customer_id)
        if order is None:
            return None, None, Problem.ORDER_UNKNOWN
    if wish.charge_id:
        return await _named_charge(shop, customer_id, wish.charge_id, order)
    if order is None:
        return None, None, Problem.NOTHING_NAMED
    return await _charge_of_order(shop, customer_id, order)


async def _named_charge(shop: Shop, customer_id: str, charge_id: str, order: Order | None) -> Found:
    charge = await shop.get_charge(charge_id, customer_id=customer_id)
    if charge is None:
        return order, None, Problem.CHARGE_UNKNOWN
    if order is not None and charge.id not in order.charge_ids and charge.order_id != order.id:
        return order, None, Problem.CHARGE_UNKNOWN
    if order is None and charge.order_id:
        order = await shop.get_order(charge.order_id, customer_id=customer_id)
    return order, charge, None


async def _charge_of_order(shop: Shop, customer_id: str, order: Order) -> Found:
    found = [await shop.get_charge(charge_id, customer_id=customer_id) for charge_id in order.charge_ids]
    charges = [charge for charge in found if charge is not None]
    if not charges:
        return order, None, Problem.CHARGE_UNKNOWN
    newest = max(charges, key=lambda charge: charge.created_at)
    # Charged twice for one order: the later charge is the one too many. Anything else is a choice for a person.
    if not all(_looks_alike(charge, newest) for charge in charges):
        return order, None, Problem.WHICH_CHARGE
    return order, newest, None


async def _find_duplicate(shop: Shop, payments: Payments, order: Order | None, charge: Charge, payment: Payment) -> str:
    """The id of a proven second charge for the same purchase; empty when there is none.

    Both must still be whole with the provider. Two orders that were both sent out are two purchases.
    """
    if payment.refunded_minor or payment.disputed:
        return ""
    for other in await shop.list_charges(charge.customer_id):
        if other.id == charge.id or not _looks_alike(other, charge):
            continue
        if await _both_sent_out(shop, order, other):
            continue
        twin = await _payment_of(payments, other)
        if twin is not None and _is_whole(twin, payment):
            return other.id
    return ""


def _looks_alike(one: Charge, other: Charge) -> bool:
    same_money = (one.amount_minor, one.currency) == (other.amount_minor, other.currency)
    return same_money and abs(one.created_at - other.created_at) <= SAME_PURCHASE


async def _both_sent_out(shop: Shop, order: Order | None, other: Charge) -> bool:
    if order is None or other.order_id in (None, order.id) or order.status not in FULFILLED:
        return False
    second = await shop.get_order(str(other.order_id), customer_id=other.customer_id)
    return second is not None and second.status in FULFILLED


def _is_whole(twin: Payment, payment: Payment) -> bool:
    same_money = (twin.amount_minor, twin.currency) == (payment.amount_minor, payment.currency)
    return same_money and not twin.refunded_minor and not twin.disputed
