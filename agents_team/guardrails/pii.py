"""Takes card, social security and bank account numbers out of a text before anybody stores it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

CARD, SSN, IBAN = "card number", "social security number", "bank account number"


@dataclass(frozen=True, slots=True)
class Masked:
    """The text without them, and the kinds that were found, in plain words, each once."""

    text: str
    kinds: tuple[str, ...]


# A run of digits in any grouping, not glued to letters.
_RUN = re.compile(r"(?<![\w.-])\d(?:[ .\-]?\d){12,}(?!\w)")
# The way cards are printed. A wrong check digit is then a typing error, not a tracking number.
_CARD_SHAPE = re.compile(r"[3-6]\d{3}([ .\-])\d{4}\1\d{4}\1\d{4}|3[47]\d{2}([ .\-])\d{6}\2\d{5}")
_SSN = re.compile(r"(?<![\w-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])")
_BARE_SSN = re.compile(
    r"\b(?:ssn|social security(?: number| no\.?)?)\W{0,4}(?:is|:)?\s*"
    r"((?!000|666|9\d\d)\d{3}(?!00)\d{2}(?!0000)\d{4})\b",
    re.IGNORECASE,
)
_IBAN = re.compile(r"(?<!\w)[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?(?!\w)")


def mask_pii(text: str) -> Masked:
    """Replace what must not be kept by what may: "[card ending 9012]". Pure; running it twice changes nothing more."""
    kinds: dict[str, None] = {}

    def masked(kind: str, words: str) -> str:
        kinds[kind] = None
        return words

    def iban(match: re.Match[str]) -> str:
        account = _longest_iban(match[0])
        if account is None:
            return match[0]
        return masked(IBAN, f"[bank account ending {account.replace(' ', '')[-4:]}]") + match[0][len(account) :]

    def cards(match: re.Match[str]) -> str:
        return _mask_cards(match[0], lambda digits: masked(CARD, f"[card ending {digits[-4:]}]"))

    text = _IBAN.sub(iban, text)
    text = _RUN.sub(cards, text)
    text = _SSN.sub(lambda _: masked(SSN, "[social security number removed]"), text)
    text = _BARE_SSN.sub(lambda m: m[0].replace(m[1], masked(SSN, "[social security number removed]")), text)
    return Masked(text, tuple(kinds))


def _mask_cards(run: str, mask: Callable[[str], str]) -> str:
    """Replace each card in a run of digit groups; two cards may follow each other, and a date may stand before one."""
    pieces = re.split(r"([ .\-])", run)
    start = 0
    while start < len(pieces):
        for end in range(len(pieces), start, -1):
            found = "".join(pieces[start:end])
            if pieces[end - 1].isdigit() and _is_written_card(found):
                pieces[start:end] = [mask(re.sub(r"\D", "", found))]
                break
        start += 1
    return "".join(pieces)


def _is_written_card(text: str) -> bool:
    """Printed like a card, or a right card number in groups of three digits or more."""
    if _CARD_SHAPE.fullmatch(text):
        return True
    groups = re.split(r"\D", text)
    return all(len(group) >= 3 for group in groups) and _is_card("".join(groups))


def _is_card(digits: str) -> bool:
    """A length and first digits that card networks use, and a right check digit (ISO/IEC 7812)."""
    return 13 <= len(digits) <= 19 and digits[0] in "23456" and _luhn(digits)


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0 and len(set(digits)) > 1


def _longest_iban(found: str) -> str | None:
    """The longest beginning that is a real IBAN: a word that follows the number may look like part of it."""
    for end in range(len(found), 14, -1):
        if found[end - 1] != " " and _is_iban(found[:end].replace(" ", "").upper()):
            return found[:end]
    return None


def _is_iban(account: str) -> bool:
    """The check of ISO 13616: moved, spelled in numbers, modulo 97."""
    if not 15 <= len(account) <= 34:
        return False
    moved = account[4:] + account[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1
