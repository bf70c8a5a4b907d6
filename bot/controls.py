"""The switches: pause everything, one channel, money, or approval without a person; they work without a restart."""

from sqlmodel import Session, col, select

from bot.audit import record
from bot.desk import Desk
from bot.staff.escalations import put_up_card
from storage.models import Action, ActionState, Control

ALL = "all"
MONEY = "money"
AUTOMATIC = "automatic"
"""Approval by policy alone; while it is off a person decides about everything."""


def paused(tx: Session, channel: str, *places: str) -> bool:
    """Whether the bot must not answer in this channel, or in one of these places in it, now."""
    return any(_is_on(tx, f"pause:{scope}") for scope in (ALL, channel, *places) if scope)


def money_paused(tx: Session) -> bool:
    """Whether nothing may be carried out now."""
    return any(_is_on(tx, f"pause:{scope}") for scope in (ALL, MONEY))


def who_paused_money(tx: Session) -> str:
    """ "money since 2027-01-04 09:12 UTC, by sam" while nothing may be carried out, else ""."""
    for scope in (ALL, MONEY):
        control = tx.get(Control, f"pause:{scope}")
        if control is not None and control.value == "on":
            what = "everything" if scope == ALL else scope
            return f"{what} since {control.at:%Y-%m-%d %H:%M} UTC, by {control.by}"
    return ""


def is_paused(tx: Session, scope: str) -> bool:
    """Whether this one scope is switched off, whatever the others are."""
    return _is_on(tx, f"pause:{scope}")


def _is_on(tx: Session, name: str) -> bool:
    control = tx.get(Control, name)
    return control is not None and control.value == "on"


def turn(tx: Session, desk: Desk, scope: str, *, on: bool, by: str) -> None:
    """Pause (`on`) or resume a scope: all, money, automatic, or a channel's name."""
    control = tx.get(Control, f"pause:{scope}") or Control(name=f"pause:{scope}", value="", at=desk.now())
    control.value, control.by, control.at = "on" if on else "off", by, desk.now()
    tx.add(control)
    record(tx, desk, by, "paused" if on else "resumed", scope, {})
    if scope in (ALL, MONEY):
        tx.flush()
        _show_on_cards(tx, desk)


def _show_on_cards(tx: Session, desk: Desk) -> None:
    """Whoever is asked to approve sees that nothing is carried out now, and when it is again."""
    waiting = (ActionState.PENDING, ActionState.APPROVED, ActionState.EXECUTING)
    for action in tx.exec(select(Action).where(col(Action.state).in_(waiting))):
        put_up_card(tx, desk, action.id, action.ticket_id)


def pauses(tx: Session) -> list[str]:
    """The scopes that are paused now."""
    return [c.name.removeprefix("pause:") for c in tx.exec(select(Control)) if c.value == "on"]
