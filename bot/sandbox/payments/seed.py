"""The charges of the sample shop, as the provider knows them, with the same ids."""

import json
import time
from importlib.resources import files
from typing import Any

from bot.sandbox.payments.books import BookedCharge, Books

DAY = 86_400


def book_sample_charges(books: Books) -> None:
    """Book every charge of bot/backends/sample_shop.json, dated relative to now."""
    data = json.loads(files("bot").joinpath("backends", "sample_shop.json").read_text(encoding="utf-8"))
    for row in data["charges"]:
        charge = books.book(_charge(row))
        if row.get("already_refunded"):
            made = books.refund(charge, row["already_refunded"], reason="requested_by_customer", metadata={})
            made.created = charge.created + DAY
        charge.disputed = row.get("disputed", False)


def _charge(row: dict[str, Any]) -> BookedCharge:
    return BookedCharge(
        id=row["id"],
        amount=row["amount"],
        currency=row["currency"],
        customer=row["customer"],
        payment_intent=row["payment_intent"],
        description=row["description"],
        brand=row["brand"],
        last4=row["last4"],
        created=int(time.time() - row["days_ago"] * DAY),
        refunds_become=row.get("refunds_become", "succeeded"),
    )
