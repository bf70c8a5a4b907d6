"""Draws one person's home tab in the staff's own Slack."""

from dataclasses import replace
from datetime import timedelta

import structlog

from bot.desk import Desk
from bot.errors import RetryLater
from bot.staff.overview import overview_of
from channels.base import PermanentChannelError, TemporaryChannelError
from channels.cards import Overview

log = structlog.get_logger(__name__)

CLOSED = "⚠ The staff channel is not private right now, so nothing is shown or decided. Operators have been told."
OUTSIDE = Overview("The desk", (), footer="Only people in the staff channel see the queue here.")


async def show_overview(desk: Desk, who: str) -> None:
    """What is true now; somebody outside the staff room sees no customer."""
    room = desk.staff_room
    if room is None:
        return
    try:
        closed = await room.trouble()
        inside = not closed and who in await room.staff()
        overview = await desk.db.read(lambda tx: overview_of(tx, desk, who)) if inside else OUTSIDE
        overview = replace(overview, notice=CLOSED) if closed else overview
        await room.show_overview(who, overview)
    except TemporaryChannelError as error:
        after = timedelta(seconds=error.retry_after) if error.retry_after is not None else None
        raise RetryLater(str(error), after=after) from error
    except PermanentChannelError as error:
        log.info("no home tab", who=who, why=str(error))


async def give_up_overview(desk: Desk, who: str, why: str) -> None:
    """They will open it again."""
    log.info("no home tab", who=who, why=why)
