"""The Date header, whatever order and words its sender used."""

import re
from datetime import UTC, datetime, timedelta, timezone

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januar january janv enero ene gen januari 1月",
            "feb februar february févr fev février febrero februari 2月",
            "mar mär mrz march märz mars marzo maart 3月",
            "apr april avr abr avril abril aprile 4月",
            "may mai mei mag mayo maggio 5月",
            "jun juni june juin giu junio giugno 6月",
            "jul juli july juil lug julio luglio 7月",
            "aug august août aou ago agosto augustus 8月",
            "sep sept september set septembre septiembre settembre 9月",
            "oct okt october oktober ott octobre octubre ottobre 10月",
            "nov november novembre noviembre 11月",
            "dec dez december dezember déc dic décembre diciembre dicembre 12月",
        ),
        start=1,
    )
    for name in names.split()
}
ZONES = {"ut": 0, "utc": 0, "gmt": 0, "z": 0, "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420}
ZONES |= {"mdt": -360, "pst": -480, "pdt": -420, "cet": 60, "cest": 120, "mez": 60, "mesz": 120, "bst": 60, "jst": 540}
TIME = re.compile(r"(?<!\d)(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:\.\d+)?\s*([ap]m)?(?!\d)", re.IGNORECASE)
OFFSET = re.compile(r"(?:GMT|UTC)?\s?([+-])(\d{2}):?(\d{2})(?!\d)")
DAY_MONTH = re.compile(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?[\s.-]+([^\W\d_]{3,})\.?[\s,-]+(\d{4}|\d{2})(?!\d)")
MONTH_DAY = re.compile(
    r"([^\W\d_]{3,})\.?\s+(\d{1,2}),?\s+(?:\d{1,2}:\d{2}(?::\d{2})?\s+(?:[A-Z]{2,5}\s+)?)?(\d{4})(?!\d)"
)
YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})[./-](\d{1,2})[./-](\d{4})")


def read_date(text: str) -> datetime | None:
    """The moment in UTC-aware form with the sender's offset; None when no day can be read. A missing zone is UTC."""
    text = re.sub(r"\([^()]*\)", " ", text[:200])
    day = _day(text)
    if day is None:
        return None
    hour, minute, second = _time(text)
    try:
        return datetime(*day, hour, minute, min(second, 59), tzinfo=_zone(text))
    except (ValueError, OverflowError):
        return None


def _day(text: str) -> tuple[int, int, int] | None:
    if match := DAY_MONTH.search(text):
        month = _month(match[2])
        if month:
            return _year(match[3]), month, int(match[1])
    for match in MONTH_DAY.finditer(text):
        month = _month(match[1])
        if month:
            return int(match[3]), month, int(match[2])
    if match := YEAR_FIRST.search(text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := DAY_FIRST.search(text):
        first, second = int(match[1]), int(match[2])
        return (int(match[3]), first, second) if second > 12 else (int(match[3]), second, first)
    return None


def _month(word: str) -> int | None:
    lower = word.lower()
    return MONTHS.get(lower) or MONTHS.get(lower[:3])


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 70 else 1900)


def _time(text: str) -> tuple[int, int, int]:
    match = TIME.search(text)
    if not match:
        return 0, 0, 0
    hour = int(match[1])
    if match[4]:
        hour = hour % 12 + (12 if match[4].lower() == "pm" else 0)
    return hour, int(match[2]), int(match[3] or 0)


def _zone(text: str) -> timezone:
    time = TIME.search(text)
    rest = text[time.end() :] if time else text
    if match := OFFSET.search(rest):
        minutes = int(match[2]) * 60 + int(match[3])
        return timezone(timedelta(minutes=minutes if match[1] == "+" else -minutes)) if minutes < 1440 else UTC
    words = re.findall(r"[A-Za-z]+", rest)
    return next((timezone(timedelta(minutes=ZONES[word.lower()])) for word in words if word.lower() in ZONES), UTC)
