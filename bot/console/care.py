"""What staff do about a ticket from its page: take it over, hand it back, solve it, note something; as in Slack."""

from collections.abc import Callable, Mapping

from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from bot.console.page import Ask, Told, Visitor, not_there
from bot.desk import Desk
from bot.staff.desk_press import DeskPress, Refused, ticket_of
from bot.staff.notes import add_note
from bot.staff.takeover import HAND_BACK, TAKE_OVER, hand_back, take_over
from bot.staff.tending import solve_ticket
from channels.base import Author, Clicked, Role, Trust
from storage.models import Ticket

SOLVE, NOTE = "solve", "note"
LONGEST_NOTE = 10_000

Do = Callable[[Session, Desk, DeskPress, str], object]


def _solve(tx: Session, desk: Desk, press: DeskPress, _: str) -> None:
    solve_ticket(tx, desk, ticket_of(tx, press.subject), press.by)


def _note(tx: Session, desk: Desk, press: DeskPress, text: str) -> None:
    if not text.strip():
        raise Refused("There was nothing in the note, so nothing was kept.")
    ticket = ticket_of(tx, press.subject)
    add_note(tx, desk, ticket, text.strip()[:LONGEST_NOTE], by=press.by_name, by_id=press.by)


DOINGS: Mapping[str, tuple[Do, str]] = {
    TAKE_OVER: (lambda tx, desk, press, _: take_over(tx, desk, press), "It is yours: the bot is silent here."),
    HAND_BACK: (lambda tx, desk, press, _: hand_back(tx, desk, press), "The bot answers again."),
    SOLVE: (_solve, "Solved."),
    NOTE: (_note, "Noted. Only staff see it."),
}
"""Each button of the page, what it does, and what is said then."""


async def care(ask: Ask) -> Response:
    """Do one of them for this ticket."""
    do, desk, ticket_id = ask.form.get("do", ""), ask.desk, ask.path("id")
    if do not in DOINGS:
        raise Told(400, "Refused", "This form is not whole, so nothing happened.")
    act, _ = DOINGS[do]
    press = _press(ask.visitor, desk, do, ticket_id)

    def change(tx: Session) -> None:
        if tx.get(Ticket, ticket_id) is None:
            raise not_there()
        act(tx, desk, press, ask.form.get("text", ""))

    try:
        await desk.db.write(change)
    except Refused as refused:
        raise Told(409, "Nothing happened", str(refused)) from refused
    return RedirectResponse(f"/console/tickets/{ticket_id}?did={do}", status_code=303)


def _press(visitor: Visitor, desk: Desk, verb: str, ticket_id: str) -> DeskPress:
    person = Author(visitor.who, visitor.name, Role.STAFF, Trust.VOUCHED)
    return DeskPress(Clicked(verb, f"{ticket_id}:", person, True, desk.now(), {}), source="")
