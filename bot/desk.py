"""Everything one running helpdesk holds; built once in app.py and passed to every step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agents_team.late import Thinks
from agents_team.tools.shop import Shop
from bot.backends.payments import Payments
from bot.settings import Settings
from channels.base import Channel, StaffRoom
from storage.db import Database
from storage.jobs import Jobs

if TYPE_CHECKING:
    from agents_team.mcp.servers import McpServers


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Desk:
    """One helpdesk. `staff_room` is None when no staff channel is set: then people decide by command line.

    `mcp` is None where no other program's tools are used (team.mcp).
    """

    settings: Settings
    db: Database
    jobs: Jobs
    channels: Mapping[str, Channel]
    staff_room: StaffRoom | None
    team: Thinks
    shop: Shop
    payments: Payments
    now: Callable[[], datetime] = utc_now
    mcp: "McpServers | None" = None
