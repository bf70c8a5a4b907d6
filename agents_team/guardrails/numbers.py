"""The checks behind the masks: which digits a card network, a country's bank or a US office can have given out."""

IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29,
    "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
    "YE": 30,
}  # fmt: skip
"""Characters of an account number by country, as registered for ISO 13616."""

# (first digits from, to, lengths) of the networks. Lengths under 14 are left out: they are telephone numbers now.
_NETWORKS = (
    ("4", "4", (16, 19)),
    ("51", "55", (16,)),
    ("2221", "2720", (16,)),
    ("2200", "2204", (16, 17, 18, 19)),
    ("34", "34", (15,)),
    ("37", "37", (15,)),
    ("300", "305", (14, 16)),
    ("36", "36", (14, 16)),
    ("38", "39", (14, 16)),
    ("3528", "3589", (16, 17, 18, 19)),
    ("50", "50", (16, 17, 18, 19)),
    ("56", "58", (16, 17, 18, 19)),
    ("60", "69", (16, 17, 18, 19)),
)

CARD_LENGTHS = frozenset(length for _, _, lengths in _NETWORKS for length in lengths)
CARD_BEGINNINGS = frozenset(digit for first, last, _ in _NETWORKS for digit in first[0] + last[0])


def is_card(digits: str) -> bool:
    """First digits and length that a card network uses, and a right check digit (ISO/IEC 7812)."""
    return len(set(digits)) > 1 and _is_of_a_network(digits) and luhn(digits)


def _is_of_a_network(digits: str) -> bool:
    return any(len(digits) in lengths and first <= digits[: len(first)] <= last for first, last, lengths in _NETWORKS)


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of those before it."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_iban(account: str) -> bool:
    """The check of ISO 13616: the country's length, and moved, spelled in numbers, modulo 97."""
    if len(account) != IBAN_LENGTHS.get(account[:2]):
        return False
    moved = account[4:] + account[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


def is_routing(digits: str) -> bool:
    """The check of the American Bankers Association: weights 3, 7, 1; the first two digits name a district."""
    total = sum(int(digit) * (3, 7, 1)[place % 3] for place, digit in enumerate(digits))
    district = int(digits[:2])
    return total % 10 == 0 and (district <= 12 or 21 <= district <= 32 or 61 <= district <= 72 or district == 80)
