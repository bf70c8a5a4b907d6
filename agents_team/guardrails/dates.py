"""Finds the days a text names, whatever way they are written, so that two texts can be compared."""

import re

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier enero gennaio",
            "february feb februar février febrero febbraio",
            "march mar märz mars marzo",
            "april apr avril abril aprile",
            "may mai mayo maggio",
            "june jun juni juin junio giugno",
            "july jul juli juillet julio luglio",
            "august aug août agosto",
            "september sep sept septembre septiembre settembre",
            "october oct oktober okt octobre octubre ottobre",
            "november nov novembre noviembre",
            "december dec dezember dez décembre diciembre dicembre",
        ),
        start=1,
    )
    for name in names.split()
}
_NAME = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ISO = re.compile(r"\b\d{4}-(\d{2})-(\d{2})(?!\d)")
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th|\.)?(?: of| de)? ({_NAME})\b", re.IGNORECASE)
_MONTH_FIRST = re.compile(rf"\b({_NAME})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d|[:.]\d)", re.IGNORECASE)

Day = tuple[int, int]
"""Month and day of the month."""


def days_in(text: str) -> dict[Day, str]:
    """Every day that is named, with the words that name it. Years are left out: they are left out in most answers."""
    found: dict[Day, str] = {}
    for match in _ISO.finditer(text):
        found.setdefault((int(match[1]), int(match[2])), match[0])
    for match in _DAY_FIRST.finditer(text):
        found.setdefault((_MONTHS[match[2].lower()], int(match[1])), match[0])
    for match in _MONTH_FIRST.finditer(text):
        found.setdefault((_MONTHS[match[1].lower()], int(match[2])), match[0])
    return {day: words for day, words in found.items() if 1 <= day[0] <= 12 and 1 <= day[1] <= 31}
