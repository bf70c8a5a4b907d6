"""A moment in words that remembers which moment it is."""

from datetime import datetime


class Moment(str):
    """A moment in words, such as "2026-11-20 21:28 UTC"; a room that knows its readers' clocks shows each their own."""

    at: datetime
    seconds: bool

    def __new__(cls, at: datetime, *, seconds: bool = False) -> "Moment":
        moment = super().__new__(cls, f"{at:%Y-%m-%d %H:%M:%S} UTC" if seconds else f"{at:%Y-%m-%d %H:%M} UTC")
        moment.at, moment.seconds = at, seconds
        return moment

    def __getnewargs_ex__(self) -> tuple[tuple[datetime], dict[str, bool]]:
        """A copy is made of the moment, not of its words."""
        return (self.at,), {"seconds": self.seconds}
