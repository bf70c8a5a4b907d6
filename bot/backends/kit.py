"""The conformance kit: what every shop and payment provider must keep to, as checks any author can run."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from agents_team.tools.shop import KeepsBooks, Shop
from bot.backends.errors import BackendRefused
from bot.backends.payments import Payments, RefundOrder


class Broken(Exception):
    """A backend does not keep a promise; the text says which value was wrong."""


def must(holds: bool, why: str) -> None:
    """Raise Broken unless `holds`."""
    if not holds:
        raise Broken(why)


@dataclass(frozen=True, slots=True)
class KnownShop:
    """Two customers with orders: the checks are made with the first, and that nothing of the second is found."""

    email: str
    other_email: str
    slack: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class KnownPayment:
    """A payment of a test account of which a few minor units may be paid back."""

    ref: str
    currency: str


# ------------------------------------------------------------------ shops


async def _found_by_address(shop: Shop, known: KnownShop) -> None:
    for written in (known.email, known.email.upper(), f" {known.email} "):
        found = await shop.find_customer(email=written)
        must(found is not None, f"find_customer(email={written!r}) found nobody")


async def _strangers_are_nobody(shop: Shop, known: KnownShop) -> None:
    must(await shop.find_customer(email="nobody@nowhere.example") is None, "a stranger's address found an account")
    must(await shop.find_customer(email="") is None, "an empty address found an account")
    must(await shop.find_customer() is None, "nothing at all found an account")
    must(await shop.get_customer("no-such-customer") is None, "an unknown id found an account")
    must(await shop.list_orders("no-such-customer") == [], "an unknown customer has orders")


async def _slack_belongs_to_its_team(shop: Shop, known: KnownShop) -> None:
    if known.slack is None:
        return
    must(await shop.find_customer(slack=known.slack) is not None, f"{known.slack} found nobody")
    must(await shop.find_customer(slack=("T_ANOTHER", known.slack[1])) is None, "a user of another team was found")


async def _newest_first_and_bounded(shop: Shop, known: KnownShop) -> None:
    customer = await _id_of(shop, known.email)
    orders, charges = await shop.list_orders(customer, limit=50), await shop.list_charges(customer, limit=50)
    must(bool(orders) and bool(charges), "the first customer needs at least one order and one charge for this check")
    must(orders == sorted(orders, key=lambda o: o.placed_at, reverse=True), "orders do not come newest first")
    must(charges == sorted(charges, key=lambda c: c.created_at, reverse=True), "charges do not come newest first")
    must(await shop.list_orders(customer, limit=1) == orders[:1], "limit=1 does not give the newest order alone")
    must(await shop.list_charges(customer, limit=1) == charges[:1], "limit=1 does not give the newest charge alone")


async def _others_are_not_found(shop: Shop, known: KnownShop) -> None:
    mine, theirs = await _id_of(shop, known.email), await _id_of(shop, known.other_email)
    orders, charges = await shop.list_orders(theirs), await shop.list_charges(theirs)
    must(bool(orders) and bool(charges), "the second customer needs an order and a charge for this check")
    for order in orders:
        must(await shop.get_order(order.id, customer_id=mine) is None, f"{order.id} of another customer was found")
        must(await shop.get_order(order.id, customer_id="") is None, f"{order.id} was found without a customer")
    for charge in charges:
        must(await shop.get_charge(charge.id, customer_id=mine) is None, f"{charge.id} of another customer was found")


async def _parts_agree(shop: Shop, known: KnownShop) -> None:
    customer = await _id_of(shop, known.email)
    for order in await shop.list_orders(customer):
        must(await shop.get_order(order.id, customer_id=customer) == order, f"{order.id} differs in list and alone")
        must(order.customer_id == customer, f"{order.id} does not name its customer")
        for charge_id in order.charge_ids:
            charge = await shop.get_charge(charge_id, customer_id=customer)
            must(charge is not None and charge.order_id == order.id, f"{charge_id} does not belong to {order.id}")


async def _amounts_and_times(shop: Shop, known: KnownShop) -> None:
    customer = await _id_of(shop, known.email)
    for charge in await shop.list_charges(customer):
        must(type(charge.amount_minor) is int and charge.amount_minor > 0, f"{charge.id}: {charge.amount_minor!r}")
        must(
            charge.currency == charge.currency.upper() and len(charge.currency) == 3, f"{charge.id}: {charge.currency}"
        )
        must(charge.created_at.utcoffset() == timedelta(0), f"{charge.id}: {charge.created_at} is not aware UTC")
    for order in await shop.list_orders(customer):
        must(order.placed_at.utcoffset() == timedelta(0), f"{order.id}: {order.placed_at} is not aware UTC")


async def _hostile_ids_find_nothing(shop: Shop, known: KnownShop) -> None:
    customer = await _id_of(shop, known.email)
    for ident in ("' OR '1'='1", "../../secret", "%", "*", "ORD-\x00", "x" * 5000, "💥"):
        must(await shop.get_order(ident, customer_id=customer) is None, f"an order was found under {ident[:20]!r}")
        must(await shop.get_charge(ident, customer_id=customer) is None, f"a charge was found under {ident[:20]!r}")
        must(await shop.find_customer(email=ident) is None, f"an account was found under {ident[:20]!r}")


async def _books_are_their_own(shop: Shop, known: KnownShop) -> None:
    """Only for shops that keep books (agents_team.tools.shop.KeepsBooks); the others have nothing to show."""
    if not isinstance(shop, KeepsBooks):
        return
    mine, other = await _id_of(shop, known.email), await _id_of(shop, known.other_email)
    invoices = await shop.list_invoices(mine)
    must(invoices == sorted(invoices, key=lambda each: each.issued_at, reverse=True), "invoices come newest first")
    must(all(each.customer_id == mine for each in invoices), "an invoice of somebody else was shown")
    must(len(await shop.list_invoices(mine, limit=1)) <= 1, "list_invoices gave more than its limit")
    must(all(type(each.total_minor) is int for each in invoices), "an invoice's amount is no whole number")
    running = await shop.list_subscriptions(mine)
    must(all(each.customer_id == mine for each in running), "a subscription of somebody else was shown")
    theirs = {each.id for each in await shop.list_invoices(other)}
    must(not theirs & {each.id for each in invoices}, "both customers have the same invoice")
    must(await shop.list_invoices("no-such-customer") == [], "an unknown customer has invoices")


async def _id_of(shop: Shop, email: str) -> str:
    found = await shop.find_customer(email=email)
    if found is None:
        raise Broken(f"there is no account for {email}")
    return found.id


ShopCheck = Callable[[Shop, KnownShop], Awaitable[None]]

SHOP_CHECKS: dict[str, ShopCheck] = {
    "an account is found by address however it is written": _found_by_address,
    "strangers and nothing find no account": _strangers_are_nobody,
    "a Slack user is found in their own team only": _slack_belongs_to_its_team,
    "orders and charges come newest first and bounded": _newest_first_and_bounded,
    "what belongs to somebody else is not found": _others_are_not_found,
    "orders and charges agree with each other": _parts_agree,
    "amounts are whole minor units, times are aware UTC": _amounts_and_times,
    "hostile ids find nothing": _hostile_ids_find_nothing,
    "invoices and subscriptions, where it has them, are the customer's own": _books_are_their_own,
}


# ------------------------------------------------------------------ payments


async def _shown_as_it_is(payments: Payments, known: KnownPayment) -> None:
    payment = await payments.get_payment(known.ref)
    if payment is None:
        raise Broken(f"{known.ref} is unknown")
    must(payment.currency == known.currency.upper(), f"the currency is {payment.currency}")
    must(type(payment.amount_minor) is int and payment.amount_minor > 0, f"the amount is {payment.amount_minor!r}")
    must(payment.created_at.utcoffset() is not None, "created_at has no time zone")
    must(await payments.get_payment("no-such-payment") is None, "an unknown payment is not None")


async def _a_key_pays_once(payments: Payments, known: KnownPayment) -> None:
    order = _order(known, 1)
    before = await _refunded(payments, known)
    first, again = await payments.refund(order), await payments.refund(order)
    must(first == again, "the same order twice gave two different refunds")
    must(await _refunded(payments, known) == before + 1, "the same order twice did not move exactly 1 minor unit")
    found = await payments.find_refund(known.ref, order.key)
    must(found is not None and found.ref == first.ref, "find_refund does not find it by our key")
    must(first.key == order.key, "the refund does not carry our key")
    must(await payments.get_refund(first.ref) is not None, "get_refund does not know it")


async def _a_key_keeps_its_amount(payments: Payments, known: KnownPayment) -> None:
    order = _order(known, 1)
    await payments.refund(order)
    other = RefundOrder(order.key, order.payment_ref, 2, order.currency, order.reason)
    await _refuses(payments, other, "the same key was taken for another amount")


async def _too_much_is_refused(payments: Payments, known: KnownPayment) -> None:
    payment = await payments.get_payment(known.ref)
    left = payment.refundable_minor if payment else 0
    before = await _refunded(payments, known)
    await _refuses(payments, _order(known, left + 1), "more than is left was paid back")
    must(await _refunded(payments, known) == before, "money moved although it was refused")


async def _unknown_is_refused(payments: Payments, known: KnownPayment) -> None:
    stranger = RefundOrder(_key(), "no-such-payment", 1, known.currency, "requested_by_customer")
    await _refuses(payments, stranger, "an unknown payment was paid back")
    must(await payments.find_refund(known.ref, _key()) is None, "a refund was found under a key that was never used")
    must(await payments.get_refund("no-such-refund") is None, "an unknown refund is not None")


async def _listed_since(payments: Payments, known: KnownPayment) -> None:
    order = _order(known, 1)
    made = await payments.refund(order)
    since = datetime.now(UTC) - timedelta(hours=1)
    listed = await payments.list_refunds(since=since)
    must(
        any(refund.ref == made.ref and refund.key == order.key for refund in listed), "list_refunds lacks a new refund"
    )
    own = await payments.list_refunds(since=since, payment_ref=known.ref)
    must(any(refund.ref == made.ref for refund in own), "list_refunds of the payment lacks a new refund")
    future = await payments.list_refunds(since=datetime.now(UTC) + timedelta(days=1))
    must(future == [], "list_refunds shows refunds from before `since`")


async def _unsigned_is_not_believed(payments: Payments, known: KnownPayment) -> None:
    try:
        payments.parse_webhook({}, b"{}")
    except ValueError:
        return
    raise Broken("an unsigned webhook was believed")


async def _says_its_limits(payments: Payments, known: KnownPayment) -> None:
    must(payments.key_lifetime > timedelta(0), "key_lifetime must say how long a key is remembered")
    must(payments.call_limit > timedelta(0), "call_limit must say how long one call can take")


async def _refuses(payments: Payments, order: RefundOrder, why: str) -> None:
    try:
        await payments.refund(order)
    except BackendRefused:
        return
    raise Broken(why)


async def _refunded(payments: Payments, known: KnownPayment) -> int:
    payment = await payments.get_payment(known.ref)
    return payment.refunded_minor if payment else 0


def _order(known: KnownPayment, amount_minor: int) -> RefundOrder:
    return RefundOrder(_key(), known.ref, amount_minor, known.currency.upper(), "requested_by_customer")


def _key() -> str:
    return f"act_kit_{datetime.now(UTC).timestamp():.6f}"


PaymentsCheck = Callable[[Payments, KnownPayment], Awaitable[None]]

PAYMENTS_CHECKS: dict[str, PaymentsCheck] = {
    "a payment is shown as it is": _shown_as_it_is,
    "the same order twice pays once, and is found by our key": _a_key_pays_once,
    "a key is never used for another amount": _a_key_keeps_its_amount,
    "more than is left is refused and nothing moves": _too_much_is_refused,
    "what is unknown is refused or None": _unknown_is_refused,
    "refunds since a time can be listed": _listed_since,
    "an unsigned webhook is not believed": _unsigned_is_not_believed,
    "it says how long keys live and calls take": _says_its_limits,
}


async def run_checks(checks: dict[str, Any], backend: Any, known: Any) -> list[tuple[str, str]]:
    """(check, what is wrong or "") for every check, in order; one that crashes is wrong too."""
    found = []
    for name, check in checks.items():
        try:
            await check(backend, known)
            found.append((name, ""))
        except Broken as broken:
            found.append((name, str(broken)))
        except Exception as error:  # the rim: an author must see every check, whatever their code does
            found.append((name, f"{type(error).__name__}: {error}"))
    return found
