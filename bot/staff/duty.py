"""What may truthfully be said about when a person will answer."""

from datetime import datetime, timedelta

from bot.desk import Desk
from bot.policy.hours import OpenHours, after_open_hours

NOTHING = timedelta(0)


def duty_words(now: datetime, calendar: OpenHours) -> str:
    """A sentence when nobody is there now, "" when somebody is or when nobody told us the hours."""
    if calendar.always:
        return ""
    opens = after_open_hours(now, NOTHING, calendar)
    if opens <= now:
        return ""
    there = opens.astimezone(calendar.zone)
    when = f"{there:%A, %d %B} at {there:%H:%M} ({calendar.zone.key})"
    return f"Nobody is here right now; our colleagues are back on {when}."


def with_duty(desk: Desk, text: str) -> str:
    """A promise that a person answers, and when, if nobody is there now."""
    words = duty_words(desk.now(), desk.settings.policy.hours.calendar)
    return f"{text}\n\n{words}".strip() if words else text
