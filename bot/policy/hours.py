"""Business hours: when people are there, and when a number of their hours will have passed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ALL_DAYS = frozenset(range(7))
DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# A calendar that is never open would make us search for ever: after this long a deadline falls anyway.
FARTHEST = timedelta(days=366)
UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class OpenHours:
    """Open on `days` (0 is Monday) from `opens` to `closes` in `zone`, except on `holidays`. Default: always."""

    days: frozenset[int] = ALL_DAYS
    opens: time = time.min
    closes: time = time.max
    zone: ZoneInfo = UTC
    holidays: frozenset[date] = frozenset()

    @property
    def always(self) -> bool:
        return self.days == ALL_DAYS and self.opens == time.min and self.closes == time.max and not self.holidays


def after_open_hours(start: datetime, hours: timedelta, calendar: OpenHours) -> datetime:
    """The moment when `hours` of open time have passed since `start` (aware)."""
    if calendar.always:
        return start + hours
    left = hours
    for begins, ends in _open_spans(start, calendar):
        if begins + left <= ends:
            return (begins + left).astimezone(start.tzinfo)
        left -= ends - begins
    return start + FARTHEST


def open_time_between(start: datetime, end: datetime, calendar: OpenHours) -> timedelta:
    """How much open time lies between two moments (aware); at most the first year of it."""
    if calendar.always or end <= start:
        return max(end - start, timedelta(0))
    open_time = timedelta(0)
    for begins, ends in _open_spans(start, calendar):
        if begins >= end:
            break
        open_time += min(ends, end) - begins
    return open_time


def _open_spans(start: datetime, calendar: OpenHours) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of open time from `start` on, oldest first, for a year. Spans are in UTC: clocks change."""
    day, moment = start.astimezone(calendar.zone).date(), start.astimezone(UTC)
    last = day + FARTHEST
    while day < last:
        if day.weekday() in calendar.days and day not in calendar.holidays:
            begins = datetime.combine(day, calendar.opens, calendar.zone).astimezone(UTC)
            ends = datetime.combine(day, calendar.closes, calendar.zone).astimezone(UTC)
            if ends > moment and ends > begins:
                yield max(begins, moment), ends
        day += timedelta(days=1)


def days_of(text: str) -> frozenset[int]:
    """ "mon-fri,sun" -> {0, 1, 2, 3, 4, 6}. Raises ValueError for a day that is none."""
    found: set[int] = set()
    for part in text.lower().replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        if first not in DAY_NAMES or (last or first) not in DAY_NAMES or (dash and not last):
            raise ValueError(f"{part!r} is no day and no span of days; write them like mon-fri,sun")
        begin, end = DAY_NAMES.index(first), DAY_NAMES.index(last or first)
        found |= {number % 7 for number in range(begin, end + 1 if end >= begin else end + 8)}
    return frozenset(found)
