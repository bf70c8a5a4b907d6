"""Takes card, social security and bank account numbers out of a text before anybody stores it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from agents_team.guardrails.numbers import CARD_BEGINNINGS, CARD_LENGTHS, IBAN_LENGTHS, is_card, is_iban, is_routing

CARD, SSN, IBAN = "card number", "social security number", "bank account number"


@dataclass(frozen=True, slots=True)
class Masked:
    """The text without them, and the kinds that were found, in plain words, each once."""

    text: str
    kinds: tuple[str, ...]


# What may stand between the groups of a number: blanks of every width, dashes of every length, dots, slashes,
# and characters nobody sees.
_GAP = r"[ .\-\u00a0\u00ad\u2000-\u200f\u2010-\u2015\u202f\u2060\ufeff\u3000_/]"
# The same, and what mail programs and people put there besides: line ends, quote marks, commas, bullets.
_WIDE_GAP = r"[\s.,:;|*>\-\u00a0\u00ad\u00b7\u2000-\u200f\u2010-\u2015\u2022\u202f\u2060\ufeff\u3000_/]"
# A run of digits in any grouping, however it is glued to words.
_RUN = re.compile(rf"(?<![0-9])(?<![0-9][.-])[0-9](?:{_WIDE_GAP}{{0,5}}[0-9]){{12,}}(?![0-9])")
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
_SSN = re.compile(
    rf"(?<![\w-])(?!000|666|9[0-9]{{2}})[0-9]{{3}}({_GAP})\s?(?!00)[0-9]{{2}}\1\s?(?!0000)[0-9]{{4}}(?![\w-])"
)
_BARE_SSN = re.compile(
    r"\b(?:ssn|social(?: security)?(?: number| no\.?| #)?)\W{0,4}(?:is|:|=)?\s*"
    rf"((?!000|666|9[0-9]{{2}})[0-9](?:{_GAP}?[0-9]){{8}})(?![\w-])",
    re.IGNORECASE,
)
_IBAN_START = re.compile(rf"(?<![^\W_])(?=[A-Za-z]{_GAP}?[A-Za-z](?:{_GAP}?[0-9]){{2}})")
_IS_WIDE_GAP = re.compile(_WIDE_GAP)
_ROUTING = re.compile(r"(?<![\w-])[0-9]{9}(?![\w-])")
_ROUTING_WORD = re.compile(r"\b(?:routing|aba|rtn|transit|wire|bank(?:ing)?|checking|ach)\b", re.IGNORECASE)
_ACCOUNT = re.compile(
    r"\b(?:(?:bank |checking |savings? )?(?:account|acct|a/c|konto(?:nummer)?|sort code)"
    r"(?: ?(?:number|no\.?|num|nr\.?|#))?)"
    rf"(?: is|:|=| ?#)? {{0,2}}([0-9](?:{_GAP}?[0-9]){{5,16}})(?![\w-])",
    re.IGNORECASE,
)
_BANK_WORD = re.compile(r"\b(?:bank|routing|aba|checking|savings?|wire|ach|direct deposit|konto|iban)\b", re.IGNORECASE)
_CARD_WORD = re.compile(
    r"card|visa|master|maestro|amex|american express|discover|credit|debit|\b(?:cc|pan)|karte|carte|tarjeta|carta",
    re.IGNORECASE,
)
_NEAR = 80


def mask_pii(text: str) -> Masked:
    """Replace what must not be kept by what may: "[card ending 9012]". Pure; running it twice changes nothing more."""
    kinds: dict[str, None] = {}

    def masked(kind: str, words: str) -> str:
        kinds[kind] = None
        return words

    def cards(match: re.Match[str]) -> str:
        before = match.string[max(0, match.start() - _NEAR) : match.start()]
        if before[-1:].isalpha() and not _CARD_WORD.search(before):
            return match[0]  # part of a name of something, such as an article or an order
        return _mask_cards(match[0], lambda digits: masked(CARD, f"[card ending {digits[-4:]}]"))

    def named_card(match: re.Match[str]) -> str:
        return match[0].replace(match[1], masked(CARD, f"[card ending {_bare(match[1])[-4:]}]"))

    text = _with_plain_digits(text)
    text = _mask_ibans(text, lambda account: masked(IBAN, f"[bank account ending {account[-4:]}]"))
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
        return mask(match[0]) if is_routing(match[0]) and _ROUTING_WORD.search(about) else match[0]

    if not _BANK_WORD.search(text):
        return text
    text = _ROUTING.sub(routing, text)

    def account(match: re.Match[str]) -> str:
        about = text[max(match.start() - _NEAR, 0) : match.end() + _NEAR]
        return match[0].replace(match[1], mask(_bare(match[1]))) if _BANK_WORD.search(about) else match[0]

    return _ACCOUNT.sub(account, text)


def _mask_ibans(text: str, mask: Callable[[str], str]) -> str:
    """Replace each account number; what looks like the beginning of one may stand right before the real one."""
    parts: list[str] = []
    done = 0
    for start in _IBAN_START.finditer(text):
        end = _end_of_iban(text, start.start()) if start.start() >= done else 0
        if end:
            parts += [text[done : start.start()], mask(_bare(text[start.start() : end]))]
            done = end
    return "".join([*parts, text[done:]])


def _end_of_iban(text: str, start: int) -> int:
    """Where the account number that begins here ends; 0 when none does."""
    country = _bare(text[start : start + 6])[:2].upper()
    account, gap = "", 0
    for place in range(start, len(text)):
        character = text[place]
        if character.isascii() and character.isalnum():
            account, gap = account + character, 0
        elif gap < 3 and _IS_WIDE_GAP.fullmatch(character):
            gap += 1
            continue
        else:
            return 0
        if len(account) == IBAN_LENGTHS.get(country, 0):
            glued = place + 1 < len(text) and text[place + 1].isalnum()
            return place + 1 if is_iban(account.upper()) and not glued else 0
        if len(account) > 34:
            return 0
    return 0


def _mask_cards(run: str, mask: Callable[[str], str]) -> str:
    """Replace each card in a run of digit groups; two cards may follow each other, and a date may stand before one."""
    pieces = re.split(rf"({_WIDE_GAP}{{1,5}})", run)
    parts: list[str] = []
    start = 0
    while start < len(pieces):
        end = _end_of_card(pieces, start)
        parts.append(mask(_bare("".join(pieces[start:end]))) if end else pieces[start])
        start = end or start + 1
    return "".join(parts)


def _end_of_card(pieces: list[str], start: int) -> int:
    """Behind the longest card that begins here, 0 when none does. A table of numbers may have any length: only as
    many groups are looked at as a card has digits.
    """
    if not pieces[start].isdigit() or pieces[start][0] not in CARD_BEGINNINGS:
        return 0
    ends, digits = [], 0
    for place in range(start, len(pieces), 2):
        digits += len(pieces[place])
        if digits > max(CARD_LENGTHS):
            break
        if digits in CARD_LENGTHS:
            ends.append(place + 1)
    found = (end for end in reversed(ends) if _is_written_card("".join(pieces[start:end])))
    return next(found, 0)


def _is_written_card(text: str) -> bool:
    """Printed like a card, or a right card number in groups of two digits or more (or all apart)."""
    if _CARD_SHAPE.fullmatch(text):
        return True
    groups = [group for group in re.split(r"[^0-9]+", text) if group]
    apart = all(len(group) == 1 for group in groups)
    return (apart or all(len(group) >= 2 for group in groups)) and is_card("".join(groups))
