"""The switches: pause everything, one channel, or money only; they work without a restart."""

from sqlmodel import Session, select

from bot.audit import record
from bot.desk import Desk
from storage.models import Control

ALL = "all"
MONEY = "money"


def paused(tx: Session, channel: str) -> bool:
    """Whether the bot must not answer in this channel now."""
    return any(_is_on(tx, f"pause:{scope}") for scope in (ALL, channel))


def money_paused(tx: Session) -> bool:
    """Whether nothing may be carried out now."""
    return any(_is_on(tx, f"pause:{scope}") for scope in (ALL, MONEY))


def _is_on(tx: Session, name: str) -> bool:
    control = tx.get(Control, name)
    return control is not None and control.value == "on"


def turn(tx: Session, desk: Desk, scope: str, *, on: bool, by: str) -> None:
    """Pause (`on`) or resume a scope: all, money, or a channel's name."""
    control = tx.get(Control, f"pause:{scope}") or Control(name=f"pause:{scope}", value="", at=desk.now())
    control.value, control.by, control.at = "on" if on else "off", by, desk.now()
    tx.add(control)
    record(tx, desk, by, "paused" if on else "resumed", scope, {})


def pauses(tx: Session) -> list[str]:
    """The scopes that are paused now."""
    return [c.name.removeprefix("pause:") for c in tx.exec(select(Control)) if c.value == "on"]
