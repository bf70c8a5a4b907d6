"""Integer minor units into words and back; how many decimals a currency has."""

import re
from decimal import ROUND_DOWN, Decimal

# ISO 4217: every other currency has two.
_NO_DECIMALS = frozenset(re.findall("...", "BIFCLPDJFGNFISKJPYKMFKRWMGAPYGRWFUGXVNDVUVXAFXOFXPF"))
_THREE_DECIMALS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


def decimals(currency: str) -> int:
    """Digits after the point, such as 2 for USD and 0 for JPY."""
    if currency.upper() in _NO_DECIMALS:
        return 0
    return 3 if currency.upper() in _THREE_DECIMALS else 2


def say(amount_minor: int, currency: str) -> str:
    """9900, "USD" -> "99.00 USD"."""
    digits = decimals(currency)
    whole, rest = divmod(abs(amount_minor), 10**digits)
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{whole}.{rest:0{digits}d} {currency}" if digits else f"{sign}{whole} {currency}"


def minor_units(amount: Decimal, currency: str) -> int:
    """Decimal("99.00"), "USD" -> 9900. What is finer than the currency is cut off, never rounded up."""
    return int(amount.scaleb(decimals(currency)).to_integral_value(ROUND_DOWN))


def read_amount(text: str, currency: str) -> int:
    """What a person typed as an amount ("49.99", "49,99 EUR") in minor units. Raises ValueError, never rounds."""
    plain = text.upper().replace(currency.upper(), "").replace("$", "").replace("€", "").replace("£", "").strip()
    if not re.fullmatch(r"[0-9]{1,12}([.,][0-9]{1,3})?", plain):
        raise ValueError(f"{text!r} is not an amount such as {say(4999, currency)}")
    amount = Decimal(plain.replace(",", "."))
    if amount != round(amount, decimals(currency)):
        raise ValueError(f"{text!r} is finer than {currency} can be")
    return minor_units(amount, currency)
