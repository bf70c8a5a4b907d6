"""Staff send a ticket to another specialist from its card; the router takes it as an example at once."""

from sqlmodel import Session

from bot.desk import Desk
from bot.staff.desk_press import GONE, DeskPress, DeskVerb, Refused, ticket_of
from bot.tickets.moves import move
from channels.cards import Button, Field, Form

MOVE, MOVE_TO = "lane_move", "lane_move_to"


def move_button(subject_id: str) -> Button:
    """Asks which specialist it should have been."""
    return Button(MOVE, "Other specialist…", f"{subject_id}:")


def _form(tx: Session, desk: Desk, press: DeskPress) -> Form | None:
    ticket = ticket_of(tx, press.subject)
    lanes = tuple((name, name.replace("_", " ")) for name in desk.team.lanes)
    field = Field("lane", "Who should answer this?", initial=ticket.lane or lanes[0][0], choices=lanes)
    note = "Messages like its first one go there from now on. Hand the ticket back to let the bot answer it now."
    return Form(MOVE_TO, press.click.value, "Other specialist", "Move", (field,), note=note)


def _move(tx: Session, desk: Desk, press: DeskPress) -> str:
    lane = press.typed("lane")
    if lane not in desk.team.lanes:
        raise Refused(f"There is no specialist {lane}; there are {', '.join(desk.team.lanes)}.")
    ticket = ticket_of(tx, press.subject)
    move(tx, desk, ticket, lane, press.by)
    return f"{ticket.id} is answered by {lane} now, and so is what looks like it."


def _not_shown(tx: Session, desk: Desk, press: DeskPress) -> str:
    raise Refused(GONE)


LANE_VERBS = {MOVE: DeskVerb(_not_shown, _form), MOVE_TO: DeskVerb(_move)}
"""What the button and its form do."""
