"""Everything one running helpdesk holds; built once in app.py and passed to every step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from agents_team.late import Thinks
from agents_team.tools.shop import Shop
from bot.backends.payments import Payments
from bot.settings import Settings
from channels.base import Channel, StaffRoom
from storage.db import Database
from storage.jobs import Jobs


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Desk:
    """One helpdesk. `staff_room` is None when no staff channel is set: then people decide by command line."""

    settings: Settings
    db: Database
    jobs: Jobs
    channels: Mapping[str, Channel]
    staff_room: StaffRoom | None
    team: Thinks
    shop: Shop
    payments: Payments
    now: Callable[[], datetime] = utc_now
