"""What one of the staff sees in the app's home tab: their queue, and what can be done about it with one press."""

from sqlmodel import Session

from bot.actions import ACTIONS
from bot.controls import pauses
from bot.desk import Desk
from bot.staff import queue
from bot.staff.desk_press import DeskPress
from bot.staff.escalation_card import SOLVE
from bot.staff.replying import WRITE
from bot.staff.takeover import HAND_BACK, TAKE_OVER
from channels.base import Button, Overview, Row
from storage.models import Control, Ticket

HOME, FILTER = "home", "home_filter"
DEFAULT = "waiting"
MOST_ROWS = 12


def overview_of(tx: Session, desk: Desk, who: str) -> Overview:
    """The home tab of this member of staff, as it must look now."""
    chosen = _chosen(tx, who)
    shown = list(dict.fromkeys(("mine", chosen, "breaching")))
    sections = [_section(tx, desk, name, who) for name in shown]
    paused = pauses(tx)
    return Overview(
        title="The desk",
        sections=(*sections, ("Approvals", _approvals(tx))),
        buttons=tuple(
            Button(FILTER, heading, f"{name}:", style="primary" if name == chosen else "")
            for name, (heading, _) in queue.LISTS.items()
        ),
        footer=f"{desk.now():%Y-%m-%d %H:%M} UTC · paused: {', '.join(paused) or 'nothing'} · /helpdesk help",
    )


def _section(tx: Session, desk: Desk, name: str, who: str) -> tuple[str, tuple[Row, ...]]:
    heading, found = queue.LISTS[name]
    tickets = found(tx, desk, who)
    rows = [Row(queue.line(tx, ticket), _buttons(ticket, who)) for ticket in tickets[:MOST_ROWS]]
    more = [Row(f"… and {len(tickets) - MOST_ROWS} more: /helpdesk queue {name}")] if len(tickets) > MOST_ROWS else []
    return heading, (*rows, *more)


def _buttons(ticket: Ticket, who: str) -> tuple[Button, ...]:
    value = f"{ticket.id}:"
    first = Button(HAND_BACK, "Hand back", value) if ticket.owner == who else Button(TAKE_OVER, "Take over", value)
    return first, Button(WRITE, "Reply…", value), Button(SOLVE, "Solved", value)


def _approvals(tx: Session) -> tuple[Row, ...]:
    """Deciding happens on the cards, which show every fact."""
    return tuple(
        Row(f"{ACTIONS[action.kind].summary(action)} · {action.id} · since {action.created_at:%Y-%m-%d %H:%M} UTC")
        for action in queue.approvals(tx)
    )


def _chosen(tx: Session, who: str) -> str:
    control = tx.get(Control, _name(who))
    return control.value if control is not None and control.value in queue.LISTS else DEFAULT


def _name(who: str) -> str:
    return f"home:{who}"[:128]


def open_home(tx: Session, desk: Desk, press: DeskPress) -> str:
    """They look at it now: show what is true now."""
    refresh(tx, desk, press.by)
    return ""


def choose(tx: Session, desk: Desk, press: DeskPress) -> str:
    """Another list, until they choose again."""
    control = tx.get(Control, _name(press.by)) or Control(name=_name(press.by), value="", at=desk.now())
    control.value, control.by, control.at = press.subject, press.by, desk.now()
    tx.add(control)
    refresh(tx, desk, press.by)
    return ""


def refresh(tx: Session, desk: Desk, who: str) -> None:
    """Have the home tab of this person drawn again."""
    desk.jobs.defer(tx, "overview", who, lane=f"overview:{who}")
