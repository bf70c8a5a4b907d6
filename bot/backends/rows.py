"""Turns rows of somebody else's tables or API into customers, orders and charges, and refuses what is none."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from agents_team.tools.shop import Charge, Customer, Invoice, Order, OrderLine, ShopUnavailable, Subscription

Row = Mapping[str, Any]


def customer_of(row: Row) -> Customer:
    """Fields: id, name, email, plan?, since?. Raises ShopUnavailable when one is missing or of the wrong kind."""
    since = row.get("since")
    return Customer(
        id=_text(row, "id"),
        name=str(row.get("name") or ""),
        email=str(row.get("email") or ""),
        plan=str(row.get("plan") or ""),
        since=_moment(row, "since") if since else None,
    )


def order_of(row: Row, lines: Sequence[Row] = ()) -> Order:
    """Fields: id, customer_id, status, placed_at, total_minor, currency, and what an Order has besides.

    `charge_ids` may be a list or text with commas.
    """
    given = row.get("charge_ids") or ()
    charges = given.split(",") if isinstance(given, str) else given
    return Order(
        id=_text(row, "id"),
        customer_id=_text(row, "customer_id"),
        status=str(row.get("status") or ""),
        placed_at=_moment(row, "placed_at"),
        total_minor=_minor(row, "total_minor"),
        currency=_currency(row),
        lines=tuple(_line(line) for line in lines or row.get("lines") or ()),
        charge_ids=tuple(str(charge).strip() for charge in charges if str(charge).strip()),
        carrier=str(row.get("carrier") or ""),
        tracking=str(row.get("tracking") or ""),
        delivered_at=_moment(row, "delivered_at") if row.get("delivered_at") else None,
        expected_at=_moment(row, "expected_at") if row.get("expected_at") else None,
    )


def charge_of(row: Row) -> Charge:
    """Fields: id, customer_id, amount_minor, currency, created_at; order_id?, description?, method?."""
    return Charge(
        id=_text(row, "id"),
        customer_id=_text(row, "customer_id"),
        order_id=str(row["order_id"]) if row.get("order_id") else None,
        amount_minor=_minor(row, "amount_minor"),
        currency=_currency(row),
        created_at=_moment(row, "created_at"),
        description=str(row.get("description") or ""),
        method=str(row.get("method") or ""),
    )


def invoice_of(row: Row) -> Invoice:
    """Fields: id, customer_id, total_minor, currency, issued_at; order_id?, status?, link?."""
    return Invoice(
        id=_text(row, "id"),
        customer_id=_text(row, "customer_id"),
        order_id=str(row["order_id"]) if row.get("order_id") else None,
        total_minor=_minor(row, "total_minor"),
        currency=_currency(row),
        issued_at=_moment(row, "issued_at"),
        status=str(row.get("status") or ""),
        link=str(row.get("link") or ""),
    )


def subscription_of(row: Row) -> Subscription:
    """Fields: id, customer_id, plan, status, amount_minor, currency; every?, renews_at?."""
    return Subscription(
        id=_text(row, "id"),
        customer_id=_text(row, "customer_id"),
        plan=_text(row, "plan"),
        status=_text(row, "status"),
        amount_minor=_minor(row, "amount_minor"),
        currency=_currency(row),
        every=str(row.get("every") or ""),
        renews_at=_moment(row, "renews_at") if row.get("renews_at") else None,
    )


def _line(row: Row) -> OrderLine:
    return OrderLine(_text(row, "title"), int(row.get("quantity") or 1), _minor(row, "amount_minor"))


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    if value is None or value == "":
        raise ShopUnavailable(f"a row has no {name}")
    return str(value)


def _minor(row: Row, name: str) -> int:
    """A whole number of minor units; a fraction is a mapping that is wrong, and money is never guessed."""
    value = row.get(name)
    if type(value) is int:
        return value
    if isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    if value is not None and not isinstance(value, bool | float | str) and value == int(value):
        return int(value)
    raise ShopUnavailable(f"{name} must be a whole number of minor units, not {value!r}")


def _currency(row: Row) -> str:
    currency = _text(row, "currency").upper()
    if len(currency) != 3 or not currency.isalpha():
        raise ShopUnavailable(f"{currency!r} is no currency")
    return currency


def _moment(row: Row, name: str) -> datetime:
    """An aware UTC time from a time, an ISO text or seconds since 1970; one without a zone is UTC."""
    value = row.get(name)
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError) as error:
        raise ShopUnavailable(f"{name} is no time: {value!r}") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
