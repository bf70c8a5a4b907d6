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


# What may stand between the groups of a number: blanks of every width, dashes of every length, dots, slashes.
_GAP = r"[ .\-\u00a0\u2000-\u200b\u2010-\u2015\u202f\u2060\u3000_/]"
_GAPS = _GAP + "{0,3}"
# A run of digits in any grouping, not glued to letters.
_RUN = re.compile(rf"(?<![\w.-])[0-9](?:{_GAPS}[0-9]){{12,}}(?![0-9A-Za-z])")
# The way cards are printed. A wrong check digit is then a typing error, not a tracking number.
_CARD_SHAPE = re.compile(
    rf"[3-6][0-9]{{3}}({_GAP}{{1,3}})[0-9]{{4}}{_GAP}{{1,3}}[0-9]{{4}}{_GAP}{{1,3}}[0-9]{{4}}"
    rf"|3[47][0-9]{{2}}({_GAP}{{1,3}})[0-9]{{6}}{_GAP}{{1,3}}[0-9]{{5}}"
)
# Digits that are said to be a card need no check digit: the word before them is the proof.
_NAMED_CARD = re.compile(
    r"\b(?:card|visa|mastercard|amex|kreditkarte|carte|tarjeta|carta)\b(?: ?(?:number|no\.?|nr\.?|nummer|#))?"
    rf"(?: is|:|=| ?#)? {{0,2}}((?:[3-6])(?:{_GAP}?[0-9]){{12,18}})(?![0-9A-Za-z])",
    re.IGNORECASE,
)
_SSN = re.compile(rf"(?<![\w-])(?!000|666|9[0-9]{{2}})[0-9]{{3}}({_GAP})(?!00)[0-9]{{2}}\1(?!0000)[0-9]{{4}}(?![\w-])")
_BARE_SSN = re.compile(
    r"\b(?:ssn|social(?: security)?(?: number| no\.?| #)?)\W{0,4}(?:is|:|=)?\s*"
    r"((?!000|666|9[0-9]{2})[0-9]{3}(?!00)[0-9]{2}(?!0000)[0-9]{4})\b",
    re.IGNORECASE,
)
_IBAN = re.compile(
    rf"(?<!\w)[A-Za-z]{{2}}{_GAP}?[0-9]{{2}}(?:{_GAP}?[A-Za-z0-9]{{4}}){{2,7}}(?:{_GAP}?[A-Za-z0-9]{{1,3}})?(?!\w)"
)
_ROUTING = re.compile(r"(?<![\w-])[0-9]{9}(?![\w-])")
_ROUTING_WORD = re.compile(r"\b(?:routing|aba|rtn|transit|wire|bank(?:ing)?|checking|ach)\b", re.IGNORECASE)
_ACCOUNT = re.compile(
    r"\b(?:(?:bank |checking |savings? )?(?:account|acct|a/c|konto(?:nummer)?|sort code)"
    r"(?: ?(?:number|no\.?|num|nr\.?|#))?)"
    rf"(?: is|:|=| ?#)? {{0,2}}([0-9](?:{_GAP}?[0-9]){{5,16}})(?![\w-])",
    re.IGNORECASE,
)
_BANK_WORD = re.compile(r"\b(?:bank|routing|aba|checking|savings?|wire|ach|direct deposit|konto|iban)\b", re.IGNORECASE)
_NEAR = 80


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
        return masked(IBAN, f"[bank account ending {_bare(account)[-4:]}]") + match[0][len(account) :]

    def cards(match: re.Match[str]) -> str:
        return _mask_cards(match[0], lambda digits: masked(CARD, f"[card ending {digits[-4:]}]"))

    def named_card(match: re.Match[str]) -> str:
        return match[0].replace(match[1], masked(CARD, f"[card ending {_bare(match[1])[-4:]}]"))

    text = _with_plain_digits(text)
    text = _IBAN.sub(iban, text)
    text = _RUN.sub(cards, text)
    text = _NAMED_CARD.sub(named_card, text)
    text = _SSN.sub(lambda _: masked(SSN, "[social security number removed]"), text)
    text = _BARE_SSN.sub(lambda m: m[0].replace(m[1], masked(SSN, "[social security number removed]")), text)
    text = _mask_us_accounts(text, lambda digits: masked(IBAN, f"[bank account ending {digits[-4:]}]"))
    return Masked(text, tuple(kinds))


def _with_plain_digits(text: str) -> str:
    """Digits of other scripts and full-width ones as 0-9, so that a number cannot hide in them."""
    return text if text.isascii() else re.sub(r"\d", lambda match: str(int(match[0])), text)


def _bare(number: str) -> str:
    return re.sub(r"[^0-9A-Za-z]", "", number)


def _mask_us_accounts(text: str, mask: Callable[[str], str]) -> str:
    """Routing numbers by their check digit next to the word, account numbers in a sentence about a bank."""

    def routing(match: re.Match[str]) -> str:
        about = text[max(match.start() - _NEAR, 0) : match.end() + _NEAR]
        return mask(match[0]) if _is_routing(match[0]) and _ROUTING_WORD.search(about) else match[0]

    if not _BANK_WORD.search(text):
        return text
    text = _ROUTING.sub(routing, text)

    def account(match: re.Match[str]) -> str:
        about = text[max(match.start() - _NEAR, 0) : match.end() + _NEAR]
        return match[0].replace(match[1], mask(_bare(match[1]))) if _BANK_WORD.search(about) else match[0]

    return _ACCOUNT.sub(account, text)


def _is_routing(digits: str) -> bool:
    """The check of the American Bankers Association: weights 3, 7, 1; the first two digits name a district."""
    total = sum(int(digit) * (3, 7, 1)[place % 3] for place, digit in enumerate(digits))
    district = int(digits[:2])
    return total % 10 == 0 and (district <= 12 or 21 <= district <= 32 or 61 <= district <= 72 or district == 80)


def _mask_cards(run: str, mask: Callable[[str], str]) -> str:
    """Replace each card in a run of digit groups; two cards may follow each other, and a date may stand before one."""
    pieces = re.split(rf"({_GAP}{{1,3}})", run)
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
    """Printed like a card, or a right card number in groups of two digits or more (or all apart)."""
    if _CARD_SHAPE.fullmatch(text):
        return True
    groups = [group for group in re.split(r"[^0-9]+", text) if group]
    apart = all(len(group) == 1 for group in groups)
    return (apart or all(len(group) >= 2 for group in groups)) and _is_card("".join(groups))


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
        if found[end - 1].isalnum() and _is_iban(_bare(found[:end]).upper()):
            return found[:end]
    return None


def _is_iban(account: str) -> bool:
    """The check of ISO 13616: moved, spelled in numbers, modulo 97."""
    if not 15 <= len(account) <= 34:
        return False
    moved = account[4:] + account[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1
