"""Shows the requester at once that their message was noticed, and takes the sign away when it was answered."""

from datetime import timedelta

import structlog
from sqlmodel import Session

from bot.desk import Desk
from bot.errors import RetryLater
from bot.tickets.progress import doing
from channels.base import PermanentChannelError, ShowsProgress, TemporaryChannelError
from storage.models import Message, Ticket

log = structlog.get_logger(__name__)


async def show_progress(desk: Desk, message_id: str) -> None:
    """Make the sign say what is true now. A sign that Slack does not want is not worth anybody's time."""
    wanted = await desk.db.write(lambda tx: _wanted(tx, message_id))
    if wanted is None:
        return
    message, ticket, words = wanted
    channel = desk.channels.get(ticket.channel)
    if message.external_id is None or not isinstance(channel, ShowsProgress):
        return
    try:
        await channel.show_progress(message.external_id, ticket.reply_to, words)
    except TemporaryChannelError as error:
        after = timedelta(seconds=error.retry_after) if error.retry_after is not None else None
        raise RetryLater(str(error), after=after) from error
    except PermanentChannelError as error:
        log.info("no sign of progress", message=message_id, why=str(error))
    if not words:
        await desk.db.write(lambda tx: _note(tx, tx.get_one(Message, message_id), shown=False))


def _wanted(tx: Session, message_id: str) -> tuple[Message, Ticket, str] | None:
    """What to show; None when nothing is shown and nothing has to be. That a sign may be there is noted before."""
    message = tx.get_one(Message, message_id)
    words = doing(tx, message)
    if not words and not message.facts.get("progress"):
        return None
    if words:
        _note(tx, message, shown=True)
    return message, tx.get_one(Ticket, message.ticket_id), words


def _note(tx: Session, message: Message, *, shown: bool) -> None:
    message.facts = {**message.facts, "progress": shown}
    tx.add(message)


async def give_up_progress(desk: Desk, message_id: str, why: str) -> None:
    """The answer itself is the better sign."""
    log.info("no sign of progress", message=message_id, why=why)
