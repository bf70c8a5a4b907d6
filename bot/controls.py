"""The switches: pause everything, one channel, money, or approval without a person; they work without a restart."""

from sqlmodel import Session, select

from bot.audit import record
from bot.desk import Desk
from bot.staff.escalations import show_open_cards
from storage.models import Control

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
    show_open_cards(tx, desk)


def pauses_of(tx: Session, *scopes: str) -> tuple[str, ...]:
    """Those of `scopes`, and "all", that are paused now."""
    return tuple(scope for scope in (ALL, *scopes) if scope and _is_on(tx, f"pause:{scope}"))


def pauses(tx: Session) -> list[str]:
    """The scopes that are paused now."""
    return [c.name.removeprefix("pause:") for c in tx.exec(select(Control)) if c.value == "on"]
