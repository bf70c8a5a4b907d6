"""Deadlines for people count the hours when people are there."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.hours import OpenHours, after_open_hours, days_of, open_time_between

OFFICE = OpenHours(days_of("mon-fri"), time(9), time(17))


@pytest.mark.parametrize(
    ("start", "hours", "ends"),
    [
        ("2027-01-04T10:00", 3, "2027-01-04T13:00"),
        ("2027-01-04T16:00", 3, "2027-01-05T11:00"),
        ("2027-01-04T03:00", 8, "2027-01-04T17:00"),
        ("2027-01-01T18:00", 1, "2027-01-04T10:00"),
        ("2027-01-01T16:00", 9, "2027-01-04T17:00"),
        ("2027-01-04T12:00", 0, "2027-01-04T12:00"),
    ],
)
def test_only_open_hours_count(start: str, hours: float, ends: str) -> None:
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)

    assert after_open_hours(begin, timedelta(hours=hours), OFFICE) == datetime.fromisoformat(ends).replace(tzinfo=UTC)


def test_a_holiday_is_skipped() -> None:
    monday_off = OpenHours(OFFICE.days, OFFICE.opens, OFFICE.closes, holidays=frozenset({date(2027, 1, 4)}))
    friday = datetime(2027, 1, 1, 16, tzinfo=UTC)

    assert after_open_hours(friday, timedelta(hours=2), monday_off) == datetime(2027, 1, 5, 10, tzinfo=UTC)


def test_the_day_the_clocks_change_is_counted_in_real_hours() -> None:
    berlin = OpenHours(opens=time(0), closes=time(12), zone=ZoneInfo("Europe/Berlin"))
    midnight = datetime(2027, 3, 28, 0, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)

    # From midnight to noon that night has eleven hours.
    assert after_open_hours(midnight, timedelta(hours=11), berlin) == datetime(2027, 3, 28, 10, tzinfo=UTC)


def test_a_calendar_that_never_opens_still_ends() -> None:
    never = OpenHours(days=frozenset())
    now = datetime(2027, 1, 1, tzinfo=UTC)

    assert now < after_open_hours(now, timedelta(hours=1), never) < now + timedelta(days=400)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)), st.integers(0, 200), st.integers(0, 200))  # noqa: DTZ001
def test_more_hours_never_end_earlier(start: datetime, fewer: int, more: int) -> None:
    begin = start.replace(tzinfo=UTC)
    first, second = (after_open_hours(begin, timedelta(hours=h), OFFICE) for h in sorted((fewer, more)))

    assert begin <= first <= second


@pytest.mark.parametrize(("text", "days"), [("mon-fri", {0, 1, 2, 3, 4}), ("sat-mon", {5, 6, 0}), ("sun, wed", {6, 2})])
def test_days_are_written_as_people_write_them(text: str, days: set[int]) -> None:
    assert days_of(text) == days


@pytest.mark.parametrize("text", ["", "monday", "mon-", "mon-xyz", "1-5"])
def test_a_day_that_is_none_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="day"):
        days_of(text)


def test_only_open_time_counts_between_two_moments() -> None:
    nine_to_five = OpenHours(days=days_of("mon-fri"), opens=time(9), closes=time(17))
    friday, monday = datetime(2026, 1, 2, 16, tzinfo=UTC), datetime(2026, 1, 5, 10, tzinfo=UTC)

    assert open_time_between(friday, monday, nine_to_five) == timedelta(hours=2)
    assert open_time_between(friday, friday + timedelta(minutes=30), nine_to_five) == timedelta(minutes=30)
    assert open_time_between(monday, friday, nine_to_five) == timedelta(0)
    assert open_time_between(friday, monday, OpenHours()) == monday - friday
