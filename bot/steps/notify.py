"""Mails an alarm to the operators: the second path, beside the card in the staff channel."""

from datetime import timedelta

import structlog
from sqlmodel import Session

from bot import notes
from bot.desk import Desk
from bot.errors import NeedsAPerson, RetryLater
from channels.base import PermanentChannelError, Reply, TemporaryChannelError
from storage.models import Escalation

log = structlog.get_logger(__name__)


async def notify_operators(desk: Desk, escalation_id: str) -> None:
    """One mail to each address; a repeat looks first, as with replies, and its Message-ID is the same."""
    told = await desk.db.read(lambda tx: tx.get_one(Escalation, escalation_id))
    for place, address in enumerate(desk.settings.alarms.mail_to):
        name = f"notified:{escalation_id}:{place}"
        tried = await desk.db.write(lambda tx, name=name: _begin(tx, desk, name))  # type: ignore[misc]
        if tried == "sent":
            continue
        reply = _mail(desk, told, place, address, first_tried=tried == "tried")
        await _send(desk, reply)
        await desk.db.write(lambda tx, name=name: notes.keep(tx, name, {"state": "sent"}, desk.now()))  # type: ignore[misc]


def _begin(tx: Session, desk: Desk, name: str) -> str:
    """ "" the first time, "tried" when it may have been sent, "sent" when it was."""
    known = notes.find(tx, name)
    if known is None:
        notes.keep(tx, name, {"state": "tried"}, desk.now())
        return ""
    return str(known.value["state"])


def _mail(desk: Desk, told: Escalation, place: int, address: str, *, first_tried: bool) -> Reply:
    return Reply(
        key=f"{told.id}-{place}",
        ticket_id=told.id,
        to={"to": address, "cc": []},
        text=f"{told.reason}\n\n{told.summary}\n\n`helpdesk status` and `helpdesk doctor` say more.",
        created_at=told.created_at,
        subject=f"{desk.settings.desk.name}: {told.reason}",
        first_tried_at=told.created_at if first_tried else None,
    )


async def _send(desk: Desk, reply: Reply) -> None:
    mail = desk.channels["mail"]
    try:
        if reply.first_tried_at is not None and await mail.find_sent(reply) is not None:
            return
        await mail.send(reply)
    except TemporaryChannelError as error:
        after = timedelta(seconds=error.retry_after) if error.retry_after is not None else None
        raise RetryLater(str(error), after=after) from error
    except PermanentChannelError as error:
        raise NeedsAPerson(str(error)) from error


async def give_up_notifying(desk: Desk, escalation_id: str, why: str) -> None:
    """The card in the staff channel is still there; the log says that the mail could not be sent."""
    log.error("an alarm could not be mailed", escalation=escalation_id, why=why)
