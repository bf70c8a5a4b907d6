"""Every alarm there is: told once when it begins and once when it is over, in the staff channel and by mail."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, update

from bot import notes
from bot.desk import Desk, utc_now
from bot.watch.alarms import watch
from bot.watch.pulse import beat
from storage.models import Action, ActionState, Delivery, Message, Outcome, Run, Sending
from tests.arrivals import door
from tests.bot.refunds import asked
from tests.bot.test_health_and_alarms import Clock
from tests.desks import room_of, settle, with_parts, write

OPERATOR = "ops@example.com"
OAUTH = {"token_url": "http://127.0.0.1/t", "client_id": "app"}
Change = Callable[[Desk, Clock], Awaitable[Desk]]


def chosen(desk: Desk, section: str, **values: Any) -> Desk:
    """The same desk with other settings in one section."""
    tree = desk.settings.model_dump()
    tree[section] = {**tree[section], **values}
    return with_parts(desk, settings=type(desk.settings).model_validate(tree))


def noted(name: str, **value: Any) -> Change:
    async def change(desk: Desk, clock: Clock) -> Desk:
        await desk.db.write(lambda tx: notes.keep(tx, name, value, desk.now()))
        return desk

    return change


def with_settings(section: str, **values: Any) -> Change:
    async def change(desk: Desk, clock: Clock) -> Desk:
        return chosen(desk, section, **values)

    return change


async def reply_is_stuck(desk: Desk, clock: Clock) -> Desk:
    await _write_and_set(desk, "Where is my order NW-1001?", update(Message).where(_bots()).values(sending="ready"))
    clock.passes(minutes=6)
    return desk


async def reply_leaves(desk: Desk, clock: Clock) -> Desk:
    await desk.db.write(lambda tx: tx.exec(update(Message).where(_bots()).values(sending=Sending.SENT)) and None)
    return desk


def _bots() -> Any:
    return col(Message.sending).is_not(None)


async def approval_waits(desk: Desk, clock: Clock) -> Desk:
    assert (await asked(desk)).state is ActionState.PENDING
    clock.passes(hours=5)
    return desk


async def approval_is_given(desk: Desk, clock: Clock) -> Desk:
    await _set(desk, update(Action).values(state=ActionState.DENIED))
    return desk


async def model_costs(desk: Desk, clock: Clock) -> Desk:
    now = clock.at
    await _write_and_set(
        desk, "Where is my order NW-1001?", update(Run).values(cost_micros=850, started_at=now, ended_at=now)
    )
    return chosen(desk, "alarms", model_micros_per_day=1000)


async def next_day(desk: Desk, clock: Clock) -> Desk:
    clock.passes(days=1)
    return chosen(desk, "alarms", model_micros_per_day=1000)


async def mail_stops(desk: Desk, clock: Clock) -> Desk:
    for hours in range(10, 58, 2):
        await mail_comes(desk, clock, hours)
    return desk


async def mail_comes(desk: Desk, clock: Clock, hours_ago: int = 0) -> Desk:
    at = clock.at - timedelta(hours=hours_ago)
    row = Delivery(channel="mail", key=f"k{hours_ago}", lane="l", body=b"x", envelope={}, received_at=at)
    row.outcome, row.done_at = Outcome.IGNORED, at
    await desk.db.write(lambda tx: tx.add(row))
    return desk


async def _write_and_set(desk: Desk, text: str, change: Any) -> None:
    await write(desk, "T1", "1", text)
    await settle(desk)
    await _set(desk, change)


async def _set(desk: Desk, change: Any) -> None:
    def make(tx: Session) -> None:
        tx.exec(change)

    await desk.db.write(make)


def mail_settings(**oauth: Any) -> Change:
    box = {"host": "h", "user": "u", "auth": "xoauth2", "oauth": {**OAUTH, **oauth}}
    return with_settings("mail", imap={"main": box})


TROUBLES: dict[str, tuple[Change, Change]] = {
    "no mail": (mail_stops, mail_comes),
    "token main": (
        mail_settings(expires_on=(utc_now() + timedelta(days=3)).date()),
        mail_settings(expires_on=(utc_now() + timedelta(days=300)).date()),
    ),
    "outbox": (reply_is_stuck, reply_leaves),
    "approvals": (approval_waits, approval_is_given),
    "budget 80 %": (model_costs, next_day),
    "model": (noted("pulse:model", error="it answers 503"), noted("pulse:model", error="")),
    "payments": (noted("pulse:payments", error="it answers 503"), noted("pulse:payments", error="")),
    "disk": (with_settings("alarms", disk_free_megabytes=10**9), with_settings("alarms", disk_free_megabytes=0)),
    "certificate": (
        noted("certificate", balanced=False, lost=[{"id": "dlv_1", "why": "nobody reads it"}]),
        noted("certificate", balanced=True, lost=[]),
    ),
    "slack": (
        noted("pulse:slack", connected=0, wanted=2, reconnects=0, failed_attempts=9),
        noted("pulse:slack", connected=2, wanted=2, reconnects=0, failed_attempts=9),
    ),
}
"""What breaks, and what mends it."""


async def signs_of_life(desk: Desk, change: Change | None, clock: Clock) -> Desk:
    """Everything else is well while `change` holds."""
    await beat(desk, frozenset({"worker"}))
    for name in ("model", "payments"):
        desk = await noted(f"pulse:{name}", error="")(desk, clock)
    if desk.settings.mail.imap:
        at = desk.now().isoformat()
        desk = await noted("pulse:mail:main", last_poll_at=at, failures=0, error="")(desk, clock)
    desk = await noted("pulse:slack", connected=2, wanted=2, reconnects=0, failed_attempts=0)(desk, clock)
    return await change(desk, clock) if change is not None else desk


async def rounds(desk: Desk, clock: Clock, change: Change) -> None:
    """`change` happens, stays, and the watch goes round for two minutes."""
    desk = await change(desk, clock)
    again = change if change.__name__ == "change" else None  # what is a note must be noted again
    for _ in range(5):
        desk = await signs_of_life(desk, again, clock)
        await watch(desk)
        await settle(desk)  # jobs fall due by the real clock, and would seem late in this one
        clock.passes(seconds=30)


def titles(desk: Desk) -> list[str]:
    return [card.title for card in room_of(desk).cards.values() if card.title.startswith(("Alarm", "Over"))]


@pytest.mark.parametrize("desk_settings", [{"alarms": {"mail_to": [OPERATOR]}}], indirect=True)
@pytest.mark.parametrize("name", TROUBLES)
async def test_it_is_told_by_both_ways_when_it_begins_and_when_it_is_over(desk: Desk, name: str) -> None:
    clock = Clock()
    clock.at = clock.at.replace(hour=12)
    at = with_parts(desk, now=clock)
    begins, ends = TROUBLES[name]

    await rounds(at, clock, begins)
    assert titles(at) == [f"Alarm: {name}"]
    await rounds(at, clock, ends)

    assert sorted(titles(at)) == [f"Alarm: {name}", f"Over: {name}"]
    sent = [(mail.to["to"], mail.subject) for mail in door(at, "mail").sent]
    assert sent == [(OPERATOR, f"Helpdesk: Alarm: {name}"), (OPERATOR, f"Helpdesk: Over: {name}")]


@pytest.mark.parametrize("desk_settings", [{"alarms": {"mail_to": [OPERATOR]}}], indirect=True)
async def test_a_loop_of_reconnects_is_over_when_the_sockets_stay_connected(desk: Desk) -> None:
    clock = Clock()
    at = with_parts(desk, now=clock)
    for reconnects in [*range(0, 60, 3), *([57] * 60)]:
        await signs_of_life(
            at, noted("pulse:slack", connected=2, wanted=2, reconnects=reconnects, failed_attempts=0), clock
        )
        await watch(at)
        await settle(at)
        clock.passes(seconds=30)

    assert sorted(titles(at)) == ["Alarm: slack loop", "Over: slack loop"]
    assert [mail.subject for mail in door(at, "mail").sent] == [
        "Helpdesk: Alarm: slack loop",
        "Helpdesk: Over: slack loop",
    ]
