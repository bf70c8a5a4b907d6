"""Our books as Stripe's JSON objects (API version 2026-10-28)."""

from collections.abc import Sequence
from typing import Any

from bot.sandbox.payments.books import BookedCharge, BookedRefund, Books

Json = dict[str, Any]


def charge_json(books: Books, charge: BookedCharge) -> Json:
    """https://docs.stripe.com/api/charges/object"""
    refunded = books.refunded(charge.id)
    return {
        "id": charge.id,
        "object": "charge",
        "amount": charge.amount,
        "amount_captured": charge.amount if charge.captured else 0,
        "amount_refunded": refunded,
        "balance_transaction": f"txn_{charge.id}",
        "billing_details": {"address": None, "email": None, "name": None, "phone": None},
        "captured": charge.captured,
        "created": charge.created,
        "currency": charge.currency.lower(),
        "customer": charge.customer,
        "description": charge.description or None,
        "disputed": charge.disputed,
        "livemode": False,
        "metadata": {},
        "outcome": {"network_status": "approved_by_network", "type": "authorized"},
        "paid": True,
        "payment_intent": charge.payment_intent,
        "payment_method": f"pm_{charge.id}",
        "payment_method_details": {"type": "card", "card": {"brand": charge.brand, "last4": charge.last4}},
        "refunded": refunded >= charge.amount,
        "status": "succeeded",
    }


def refund_json(refund: BookedRefund) -> Json:
    """https://docs.stripe.com/api/refunds/object"""
    shown: Json = {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "balance_transaction": f"txn_{refund.id}",
        "charge": refund.charge,
        "created": refund.created,
        "currency": refund.currency.lower(),
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": dict(refund.metadata),
        "payment_intent": refund.payment_intent,
        "reason": refund.reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": refund.status,
        "transfer_reversal": None,
    }
    if refund.failure_reason:
        shown["failure_reason"] = refund.failure_reason
    if refund.status == "pending":
        shown["pending_reason"] = "processing"
    return shown


def dispute_json(charge: BookedCharge) -> Json:
    """https://docs.stripe.com/api/disputes/object"""
    return {
        "id": f"dp_{charge.id}",
        "object": "dispute",
        "amount": charge.amount,
        "charge": charge.id,
        "currency": charge.currency.lower(),
        "livemode": False,
        "metadata": {},
        "payment_intent": charge.payment_intent,
        "reason": "general",
        "status": "needs_response" if charge.disputed else "won",
    }


def payment_intent_json(charge: BookedCharge) -> Json:
    """https://docs.stripe.com/api/payment_intents/object"""
    return {
        "id": charge.payment_intent,
        "object": "payment_intent",
        "amount": charge.amount,
        "amount_capturable": 0 if charge.captured else charge.amount,
        "amount_received": charge.amount if charge.captured else 0,
        "created": charge.created,
        "currency": charge.currency.lower(),
        "customer": charge.customer,
        "description": charge.description or None,
        "latest_charge": charge.id,
        "livemode": False,
        "metadata": {},
        "payment_method": f"pm_{charge.id}",
        "status": "succeeded" if charge.captured else "requires_capture",
    }


def customer_json(customer_id: str, created: int) -> Json:
    """https://docs.stripe.com/api/customers/object"""
    return {
        "id": customer_id,
        "object": "customer",
        "created": created,
        "email": None,
        "livemode": False,
        "metadata": {},
    }


def balance_json(books: Books) -> Json:
    """https://docs.stripe.com/api/balance/balance_object"""
    sums: dict[str, int] = {}
    for charge in books.charges.values():
        if charge.captured:
            currency = charge.currency.lower()
            sums[currency] = sums.get(currency, 0) + charge.amount - books.refunded(charge.id)
    available = [{"amount": amount, "currency": currency} for currency, amount in sorted(sums.items())]
    return {"object": "balance", "available": available, "livemode": False, "pending": []}


def list_json(url: str, page: Sequence[Json], *, has_more: bool) -> Json:
    """https://docs.stripe.com/api/pagination"""
    return {"object": "list", "data": list(page), "has_more": has_more, "url": url}
