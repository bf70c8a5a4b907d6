"""One press, command or shortcut about the desk's own work (not about money): who, what, about which ticket."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session

from bot.desk import Desk
from bot.tickets.life import answering_for
from channels.base import Clicked
from channels.cards import Form
from storage.models import Escalation, Message, Ticket

GONE = "This is not known here any more, so nothing happened."


class Refused(Exception):
    """Nothing was done; the text says why, to whoever pressed."""


class Who(StrEnum):
    """Who may: people in the staff room, or anybody the button was shown to."""

    STAFF = "staff"
    ANYBODY = "anybody"


@dataclass(frozen=True, slots=True)
class DeskPress:
    """`subject` is the row the button names, `rest` what follows it in the button's value."""

    click: Clicked
    source: str
    approver: bool = False
    staff: frozenset[str] = frozenset()
    """Who is in the staff room now, as "T…/U…"."""

    @property
    def subject(self) -> str:
        return self.click.value.partition(":")[0]

    @property
    def rest(self) -> str:
        return self.click.value.partition(":")[2]

    @property
    def by(self) -> str:
        return self.click.by.external_id

    @property
    def by_name(self) -> str:
        return self.click.by.name

    def typed(self, name: str) -> str:
        """What was typed into a field of the form, without the space around it."""
        return str(self.click.inputs.get(name) or "").strip()


@dataclass(frozen=True, slots=True)
class DeskVerb:
    """`do` returns what the presser hears ("": nothing) or raises Refused; while `form` gives one, that is shown."""

    do: Callable[[Session, Desk, DeskPress], str]
    form: Callable[[Session, Desk, DeskPress], Form | None] | None = None
    who: Who = Who.STAFF


def ticket_of(tx: Session, subject_id: str) -> Ticket:
    """The ticket that a ticket, escalation or message belongs to, and that answers for it. Raises Refused."""
    ticket = tx.get(Ticket, subject_id) if subject_id.startswith("tkt_") else None
    if subject_id.startswith("esc_") and (escalation := tx.get(Escalation, subject_id)) and escalation.ticket_id:
        ticket = tx.get(Ticket, escalation.ticket_id)
    if subject_id.startswith("msg_") and (message := tx.get(Message, subject_id)):
        ticket = tx.get(Ticket, message.ticket_id)
    if ticket is None:
        raise Refused(GONE)
    return answering_for(tx, ticket)
