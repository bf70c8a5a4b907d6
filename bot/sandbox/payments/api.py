"""The operations of Stripe's API we answer: a table of routes, and one function for each over the books."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.payments.books import Books
from bot.sandbox.payments.forms import Params, allow, integer, metadata, within
from bot.sandbox.payments.paging import PAGING, Expand, expanded, page, wished
from bot.sandbox.payments.refusal import Refusal, missing
from bot.sandbox.payments.wire import (
    Json,
    balance_json,
    charge_json,
    customer_json,
    payment_intent_json,
    refund_json,
)

REASONS = ("duplicate", "fraudulent", "requested_by_customer")

Do = Callable[[Books, Params], Json]


@dataclass(frozen=True, slots=True)
class Operation:
    """One route. `check` raises before anything is executed, so a key it was sent with stays unused."""

    name: str
    method: str
    path: str
    do: Do
    check: Callable[[Params], None]


def _check_refund(params: Params) -> None:
    allow(params, "charge", "payment_intent", "amount", "reason", "metadata", "expand")
    if ("charge" in params) == ("payment_intent" in params):
        message = "One of the following params should be provided for this request: payment_intent or charge."
        raise Refusal(message, code="parameter_missing", param="charge")
    integer(params, "amount", least=1)
    metadata(params)
    if params.get("reason") not in (None, *REASONS):
        raise Refusal(f"Invalid reason: must be one of {', '.join(REASONS)}", param="reason")
    _check_expand(params, "charge", "payment_intent")


def _check_expand(params: Params, *names: str) -> None:
    expanded({}, wished(params, within="data."), dict.fromkeys(names, str))


def _create_refund(books: Books, params: Params) -> Json:
    charge = books.find_charge(params.get("charge"), params.get("payment_intent"))
    amount = integer(params, "amount", least=1)
    refund = books.refund(charge, amount, reason=params.get("reason"), metadata=metadata(params))
    return expanded(refund_json(refund), wished(params), _refund_expanders(books))


def _get_refund(books: Books, params: Params) -> Json:
    refund = books.refunds.get(params["id"])
    if refund is None:
        raise missing("refund", params["id"], "id")
    return expanded(refund_json(refund), wished(params), _refund_expanders(books))


def _list_refunds(books: Books, params: Params) -> Json:
    found = [
        refund_json(refund)
        for refund in reversed(books.refunds.values())
        if params.get("charge") in (None, refund.charge)
        and params.get("payment_intent") in (None, refund.payment_intent)
        and within(params, "created", refund.created)
    ]
    names = wished(params, within="data.")
    return page("/v1/refunds", "refund", [expanded(item, names, _refund_expanders(books)) for item in found], params)


def _refund_expanders(books: Books) -> dict[str, Expand]:
    return {
        "charge": lambda ident: charge_json(books, books.charges[ident]),
        "payment_intent": lambda ident: payment_intent_json(books.find_charge(None, ident)),
    }


def _get_charge(books: Books, params: Params) -> Json:
    charge = books.charges.get(params["id"])
    if charge is None:
        raise missing("charge", params["id"], "id")
    return charge_json(books, charge)


def _list_charges(books: Books, params: Params) -> Json:
    newest = sorted(books.charges.values(), key=lambda charge: charge.created, reverse=True)
    found = [
        charge_json(books, charge)
        for charge in newest
        if params.get("customer") in (None, charge.customer)
        and params.get("payment_intent") in (None, charge.payment_intent)
    ]
    return page("/v1/charges", "charge", found, params)


def _get_payment_intent(books: Books, params: Params) -> Json:
    for charge in books.charges.values():
        if charge.payment_intent == params["id"]:
            expanders: dict[str, Expand] = {"latest_charge": lambda ident: charge_json(books, books.charges[ident])}
            return expanded(payment_intent_json(charge), wished(params), expanders)
    raise missing("payment_intent", params["id"], "intent")


def _list_payment_intents(books: Books, params: Params) -> Json:
    newest = sorted(books.charges.values(), key=lambda charge: charge.created, reverse=True)
    found = [
        payment_intent_json(charge)
        for charge in newest
        if charge.payment_intent and params.get("customer") in (None, charge.customer)
    ]
    return page("/v1/payment_intents", "payment_intent", found, params)


def _customers(books: Books) -> dict[str, Json]:
    oldest: dict[str, int] = {}
    for charge in books.charges.values():
        if charge.customer:
            oldest[charge.customer] = min(charge.created, oldest.get(charge.customer, charge.created))
    return {ident: customer_json(ident, created) for ident, created in oldest.items()}


def _get_customer(books: Books, params: Params) -> Json:
    found = _customers(books).get(params["id"])
    if found is None:
        raise missing("customer", params["id"], "id")
    return found


def _list_customers(books: Books, params: Params) -> Json:
    return page("/v1/customers", "customer", list(_customers(books).values()), params)


def _get_balance(books: Books, params: Params) -> Json:
    return balance_json(books)


def _takes(*names: str, expand: tuple[str, ...] = ()) -> Callable[[Params], None]:
    def check(params: Params) -> None:
        allow(params, *names)
        _check_expand(params, *expand)

    return check


OPERATIONS = (
    Operation("refunds.create", "POST", "/v1/refunds", _create_refund, _check_refund),
    Operation(
        "refunds.list",
        "GET",
        "/v1/refunds",
        _list_refunds,
        _takes("charge", "payment_intent", "created", *PAGING, expand=("charge", "payment_intent")),
    ),
    Operation(
        "refunds.retrieve",
        "GET",
        "/v1/refunds/{id}",
        _get_refund,
        _takes("id", "expand", expand=("charge", "payment_intent")),
    ),
    Operation("charges.list", "GET", "/v1/charges", _list_charges, _takes("customer", "payment_intent", *PAGING)),
    Operation("charges.retrieve", "GET", "/v1/charges/{id}", _get_charge, _takes("id", "expand")),
    Operation("payment_intents.list", "GET", "/v1/payment_intents", _list_payment_intents, _takes("customer", *PAGING)),
    Operation(
        "payment_intents.retrieve",
        "GET",
        "/v1/payment_intents/{id}",
        _get_payment_intent,
        _takes("id", "expand", expand=("latest_charge",)),
    ),
    Operation("customers.list", "GET", "/v1/customers", _list_customers, _takes(*PAGING)),
    Operation("customers.retrieve", "GET", "/v1/customers/{id}", _get_customer, _takes("id", "expand")),
    Operation("balance.retrieve", "GET", "/v1/balance", _get_balance, _takes("expand")),
)
