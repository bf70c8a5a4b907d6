"""What a model call costs, in millionths of a dollar, from a table an operator can override."""

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """Millionths of a dollar for a million tokens: 2_000_000 is 2.00 USD per million."""

    input: int
    cached: int
    output: int


PRICES_AS_OF = "2026-11"
"""When this table was compared with https://developers.openai.com/api/docs/pricing; model.prices overrides it."""

PRICES: Mapping[str, ModelPrice] = {
    "gpt-6-astra": ModelPrice(10_000_000, 1_000_000, 50_000_000),
    "gpt-6-sol": ModelPrice(2_000_000, 200_000, 10_000_000),
    "gpt-6-luna": ModelPrice(100_000, 10_000, 500_000),
    "gpt-5.6": ModelPrice(4_000_000, 400_000, 20_000_000),
    "gpt-5.6-sol": ModelPrice(4_000_000, 400_000, 20_000_000),
    "gpt-5.6-terra": ModelPrice(2_000_000, 200_000, 12_000_000),
    "gpt-5.6-luna": ModelPrice(200_000, 20_000, 1_200_000),
    "gpt-5.2": ModelPrice(1_750_000, 175_000, 14_000_000),
    "gpt-5.1": ModelPrice(1_250_000, 125_000, 10_000_000),
    "gpt-5": ModelPrice(1_250_000, 125_000, 10_000_000),
    "gpt-5-mini": ModelPrice(250_000, 25_000, 2_000_000),
    "gpt-5-nano": ModelPrice(50_000, 5_000, 400_000),
    "gpt-4.1": ModelPrice(2_000_000, 500_000, 8_000_000),
    "gpt-4.1-mini": ModelPrice(400_000, 100_000, 1_600_000),
    "gpt-4.1-nano": ModelPrice(100_000, 25_000, 400_000),
    "gpt-4o": ModelPrice(2_500_000, 1_250_000, 10_000_000),
    "gpt-4o-mini": ModelPrice(150_000, 75_000, 600_000),
    "o4-mini": ModelPrice(1_100_000, 275_000, 4_400_000),
}
FREE = ModelPrice(0, 0, 0)

# A dated snapshot costs what its family costs: gpt-4.1-mini-2025-04-14.
_SNAPSHOT = re.compile(r"-20\d\d-\d\d-\d\d$")


def price_of(model: str, own: Mapping[str, ModelPrice]) -> ModelPrice | None:
    """The price of a model, the operator's word first; None when nobody knows it."""
    if model.startswith("offline/"):
        return FREE
    family = _SNAPSHOT.sub("", model)
    for table in (own, PRICES):
        for name in (model, family):
            if name in table:
                return table[name]
    return None


def cost_micros(price: ModelPrice, *, input_tokens: int, cached_tokens: int, output_tokens: int) -> int:
    """Millionths of a dollar for one call, rounded up so that a budget is never overspent by rounding."""
    fresh = max(input_tokens - cached_tokens, 0)
    total = fresh * price.input + cached_tokens * price.cached + output_tokens * price.output
    return -(-total // 1_000_000)
