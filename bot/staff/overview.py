"""What one of the staff sees in the app's home tab: what waits, and what can be done about it with one press."""

from collections.abc import Mapping

from sqlmodel import Session, select

from bot.actions import ACTIONS
from bot.actions.press import button_value
from bot.controls import ALL, pauses
from bot.desk import Desk
from bot.policy.money import say
from bot.staff import queue
from bot.staff.commands import COMMAND
from bot.staff.desk_press import DeskPress
from bot.staff.escalation_card import SOLVE
from bot.staff.replying import WRITE
from bot.staff.takeover import HAND_BACK, TAKE_OVER
from bot.staff.tend_form import tend_button
from channels.cards import Button, Overview, Row
from channels.moments import Moment
from storage.models import Action, Card, Control, Ticket

HOME, FILTER = "home", "home_filter"
DEFAULT = "waiting"
APPROVALS = "approvals"
MOST_ROWS = 12
FEW_ROWS = 4

Section = tuple[str, tuple[Row, ...]]


def overview_of(tx: Session, desk: Desk, who: str) -> Overview:
    """The home tab of this member of staff, as it must look now: what they chose first, then what else presses."""
    chosen = _chosen(tx, who)
    tickets = {name: found(tx, desk, who) for name, (_, found) in queue.LISTS.items()}
    pending = queue.approvals(tx)
    shown = dict.fromkeys((chosen, APPROVALS, "mine", "breaching", DEFAULT))
    sections = [
        _approvals(tx, pending, MOST_ROWS if name == chosen else FEW_ROWS)
        if name == APPROVALS
        else _tickets(tx, name, tickets[name], who, MOST_ROWS if name == chosen else FEW_ROWS)
        for name in shown
    ]
    counts = {**{name: len(found) for name, found in tickets.items()}, APPROVALS: len(pending)}
    paused = pauses(tx)
    return Overview(
        title="The desk",
        sections=tuple(
            (heading, rows or (Row("Nothing waits here."),))
            for name, (heading, rows) in zip(shown, sections, strict=True)
            if rows or name == chosen
        ),
        buttons=(*_filters(counts, chosen), *_switch(paused)),
        footer=f"{desk.now():%Y-%m-%d %H:%M} UTC · paused: {', '.join(paused) or 'nothing'} · /helpdesk help",
        notice=f"⚠ Paused: {', '.join(paused)}. Messages are kept; nothing is lost." if paused else "",
    )


def _filters(counts: Mapping[str, int], chosen: str) -> tuple[Button, ...]:
    headings = {**{name: heading for name, (heading, _) in queue.LISTS.items()}, APPROVALS: "Approvals"}
    return tuple(
        Button(FILTER, f"{heading} ({counts[name]})", f"{name}:", style="primary" if name == chosen else "")
        for name, heading in headings.items()
    )


def _switch(paused: list[str]) -> tuple[Button, ...]:
    """The kill switch, and the way back."""
    if ALL in paused:
        return (
            Button(COMMAND, "Resume the bot", f"resume {ALL}", style="primary", confirm="Let the bot answer again?"),
        )
    asked = "The bot says and does nothing until somebody resumes it. Messages are kept."
    return (Button(COMMAND, "Pause the bot", f"pause {ALL}", style="danger", confirm=asked),)


# ------------------------------------------------------------------ lists


def _tickets(tx: Session, name: str, tickets: list[Ticket], who: str, most: int) -> Section:
    rows = [
        Row(queue.line(tx, ticket), _buttons(ticket, who), ticket.reply_to, queue.due(ticket))
        for ticket in tickets[:most]
    ]
    more = [Row(f"… and {len(tickets) - most} more: /helpdesk queue {name}")] if len(tickets) > most else []
    return _headed(queue.LISTS[name][0], len(tickets), [*rows, *more])


def _approvals(tx: Session, pending: list[Action], most: int) -> Section:
    """Enough to decide the plain ones; the card has every fact, and is one press away."""
    rows = [_approval(tx, action) for action in pending[:most]]
    more = [Row(f"… and {len(pending) - most} more")] if len(pending) > most else []
    return _headed("Waiting for a decision", len(pending), [*rows, *more])


def _headed(heading: str, count: int, rows: list[Row]) -> Section:
    return f"{heading} ({count})", tuple(rows)


def _buttons(ticket: Ticket, who: str) -> tuple[Button, ...]:
    value = f"{ticket.id}:"
    first = Button(HAND_BACK, "Hand back", value) if ticket.owner == who else Button(TAKE_OVER, "Take over", value)
    return first, Button(WRITE, "Reply…", value), Button(SOLVE, "Solved", value), tend_button(ticket.id)


def _approval(tx: Session, action: Action) -> Row:
    summary = ACTIONS[action.kind].summary(action)
    ends = (("until", Moment(action.expires_at)),) if action.expires_at else ()
    verdict = str(action.verdict.get("for_staff") or "")
    amount = f" {say(action.amount_minor, action.currency)}" if action.amount_minor else ""
    value = button_value(action)
    buttons = (
        Button("approve", f"Approve{amount}", value, style="primary", confirm=f"{summary}?"),
        Button("deny_form", "Deny…", value),
        Button("ask_form", "Ask the customer…", value),
    )
    text = summary + (f"\n{verdict}" if verdict else "")
    return Row(text, buttons, _where(tx, action), (("since", Moment(action.created_at)), *ends))


def _where(tx: Session, action: Action) -> dict[str, str]:
    """The card in the staff channel."""
    card = tx.exec(select(Card.external_id).where(Card.subject_id == action.id)).first() or ""
    _, _, place = card.partition(":")
    channel, _, ts = place.partition(":")
    return {"channel": channel, "thread_ts": ts} if ts else {}


# ------------------------------------------------------------------ what somebody chose


def _chosen(tx: Session, who: str) -> str:
    control = tx.get(Control, _name(who))
    known = control is not None and (control.value in queue.LISTS or control.value == APPROVALS)
    return control.value if control is not None and known else DEFAULT


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
