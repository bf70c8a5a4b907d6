"""For tests about actions: a customer asks, staff press and type, and time passes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from bot.desk import Desk
from channels.cards import Button, Card
from channels.memory import pressed
from storage.models import Action
from tests.desks import hand_in, room_of, rows, settle, with_parts, write

ASK = "Please refund order ORD-1002, I was charged twice."
SAM, ROBIN = "T0NORTHWIND/U0SAM", "T0NORTHWIND/U0ROBIN"

_presses = 0


async def asked(desk: Desk, text: str = ASK, *, thread: str = "T0ACME:C1:1.0", **more: Any) -> Action:
    """Somebody asks for something; the newest action that came of it."""
    await write(desk, thread, f"{thread}/{len(await rows(desk, Action))}", text, **more)
    await settle(desk)
    return await newest(desk)


async def newest(desk: Desk) -> Action:
    """The action made last."""
    action: Action = max(await rows(desk, Action), key=lambda one: one.id)
    return action


async def now(desk: Desk, action: Action) -> Action:
    """The action as it is in the database now."""
    return await desk.db.read(lambda tx: tx.get_one(Action, action.id))


def card_of(desk: Desk, action: Action) -> Card:
    """The card in the staff room that belongs to an action."""
    return next(card for card in room_of(desk).cards.values() if card.footer.startswith(f"{action.id} "))


def button(desk: Desk, action: Action, verb: str) -> Button:
    """The button on the card as it is shown now."""
    return next(button for button in card_of(desk, action).buttons if button.verb == verb)


def verbs(desk: Desk, action: Action) -> list[str]:
    """What the card offers."""
    return [button.verb for button in card_of(desk, action).buttons]


def fact(desk: Desk, action: Action, label: str) -> str:
    """One line of the card; empty when it is not there."""
    return next((text for name, text in card_of(desk, action).facts if name == label), "")


async def press(
    desk: Desk,
    action: Action,
    verb: str,
    *,
    by: str = SAM,
    value: str | None = None,
    inputs: Mapping[str, Any] | None = None,
    work: bool = True,
    **more: Any,
) -> str:
    """Press a button of the card, or with `inputs` submit its form; what the presser was whispered, if anything."""
    global _presses
    _presses += 1
    shown = card_of(desk, action).buttons
    at = value or next((b.value for b in shown if b.verb in (verb, f"{verb}_form")), "")
    heard = len(room_of(desk).whispers)
    raw = pressed(f"p{_presses}", verb, at, by=by, at=desk.now(), inputs=inputs, **more)
    await hand_in(desk, raw)
    if work:
        await settle(desk)
    whispers = room_of(desk).whispers[heard:]
    return whispers[-1][1] if whispers else ""


def later(desk: Desk, **time: float) -> Desk:
    """The same desk when that much time has passed."""
    return with_parts(desk, now=lambda: datetime.now(desk.now().tzinfo) + timedelta(**time))


async def change(desk: Desk, action: Action, **values: Any) -> None:
    """Something about the row becomes different, whoever did it."""

    def write_it(tx: Session) -> None:
        row = tx.get_one(Action, action.id)
        for name, value in values.items():
            setattr(row, name, value)
        tx.add(row)

    await desk.db.write(write_it)
