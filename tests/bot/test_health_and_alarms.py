"""How the desk says that it is well, and whom it tells when it is not: once when it begins and once when it is over."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import Session

from bot import notes
from bot.controls import turn
from bot.desk import Desk, utc_now
from bot.watch.alarms import PATIENCE, watch
from bot.watch.health import Health, health
from bot.watch.pulse import beat
from bot.web import app
from storage.models import Delivery, Escalation, Outcome, Run
from tests.arrivals import door
from tests.desks import room_of, rows, settle, with_parts, write


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.at = utc_now()

    def __call__(self) -> datetime:
        return self.at

    def passes(self, **span: float) -> None:
        self.at += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def at(desk: Desk, clock: Clock) -> Desk:
    """The desk of this test, in a time of its own."""
    return with_parts(desk, now=clock)


async def looked(desk: Desk) -> Health:
    return await desk.db.read(lambda tx: health(tx, desk))


async def part(desk: Desk, name: str) -> tuple[bool, str]:
    found = {part.name: part for part in (await looked(desk)).parts}[name]
    return found.ok, found.why


async def noted(desk: Desk, name: str, **value: Any) -> None:
    await desk.db.write(lambda tx: notes.keep(tx, name, value, desk.now()))


async def get(desk: Desk, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=app(desk))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        return await client.get(path)


async def keep_well(desk: Desk) -> None:
    """The signs of life of a desk whose parts are all there."""
    await noted(desk, "pulse:slack", connected=2, wanted=2, reconnects=0, failed_attempts=0)
    await beat(desk, frozenset({"worker"}))


# ------------------------------------------------------------------ health


async def test_a_desk_with_every_part_is_ready_and_says_why(at: Desk) -> None:
    await keep_well(at)

    answer = await get(at, "/readyz")

    told = answer.json()
    assert (answer.status_code, told["ready"], told["paused"]) == (200, True, [])
    assert told["parts"]["slack"] == {"ok": True, "why": "2 of 2 sockets are connected", "needed": True}
    assert {"database", "worker", "jobs", "outbox", "approvals", "model", "payments", "disk"} <= told["parts"].keys()
    assert (await get(at, "/livez")).text == "ok\n"


async def test_without_a_connected_socket_the_desk_is_not_ready(at: Desk) -> None:
    await keep_well(at)
    await noted(at, "pulse:slack", connected=0, wanted=2, reconnects=0, failed_attempts=7)

    answer = await get(at, "/readyz")

    assert answer.status_code == 503
    assert "7 failed attempts" in answer.json()["parts"]["slack"]["why"]


async def test_a_part_that_falls_silent_is_taken_for_dead(at: Desk, clock: Clock) -> None:
    await keep_well(at)
    clock.passes(minutes=1)

    assert (await part(at, "worker"))[0] is False
    assert (await get(at, "/readyz")).status_code == 503, "nobody holds the sockets any more"


async def test_a_payment_provider_that_is_away_is_told_and_keeps_no_traffic_away(at: Desk, clock: Clock) -> None:
    await keep_well(at)
    await at.payments.close()
    clock.passes(seconds=61)
    await keep_well(at)

    assert (await part(at, "payments"))[0] is False
    assert (await get(at, "/readyz")).status_code == 200
    assert (await get(at, "/readyz?strict")).status_code == 503, "a monitor may want to hear of everything"


async def test_a_reply_that_cannot_leave_makes_the_outbox_old(at: Desk, clock: Clock) -> None:
    await write(at, "T1", "1", "Where is my order NW-1001?")
    await settle(at)
    await at.db.write(_unsend)
    clock.passes(minutes=6)

    well, why = await part(at, "outbox")

    assert not well
    assert why.startswith("1 wait to leave")


def _unsend(tx: Session) -> None:
    from sqlmodel import col, update

    from storage.models import Message, Sending

    tx.exec(update(Message).where(col(Message.sending) == Sending.SENT).values(sending=Sending.READY))


async def test_a_pause_is_seen_wherever_health_is_shown(at: Desk) -> None:
    await at.db.write(lambda tx: turn(tx, at, "money", on=True, by="cli/test"))

    assert (await get(at, "/readyz")).json()["paused"] == ["money"]
    assert 'helpdesk_paused{scope="money"} 1.0' in (await get(at, "/metrics")).text


@pytest.mark.parametrize("desk_settings", [{"mail": {"smtp_in": {"port": 0}}}], indirect=True)
async def test_our_own_mail_door_says_what_it_has_seen_and_when_it_fell_silent(at: Desk, clock: Clock) -> None:
    assert (await part(at, "mail door"))[0] is False
    seen = {"port": 10025, "open_connections": 2, "connections": 7, "turned_away": 1, "stored": 5, "put_off": 0}
    await noted(at, "pulse:mail door", **seen, last_mail_at=at.now().isoformat())

    well, why = await part(at, "mail door")
    assert well
    assert why == "port 10025: 2 connections now, 7 in all, 5 mails, 1 turned away; last mail 0 s ago"

    clock.passes(minutes=4)
    assert (await part(at, "mail door"))[0] is False


@pytest.mark.parametrize(
    "desk_settings",
    [{"mail": {"imap": {"main": {"host": "h", "user": "u", "password": "p", "poll_seconds": 30}}}}],
    indirect=True,
)
async def test_a_mailbox_that_is_not_read_any_more_is_told_with_the_servers_words(at: Desk, clock: Clock) -> None:
    polled = at.now().isoformat()
    await noted(at, "pulse:mail:main", last_poll_at=polled, failures=0, error="")
    assert (await part(at, "mail main"))[0]

    clock.passes(minutes=4)
    await noted(at, "pulse:mail:main", last_poll_at=polled, failures=3, error="LoginError: Invalid credentials")
    well, why = await part(at, "mail main")

    assert not well
    assert "Invalid credentials" in why
    assert "4 min" in why


# ------------------------------------------------------------------ alarms


async def told(desk: Desk) -> list[str]:
    """The titles of the cards in the staff channel that are about the desk itself."""
    await settle(desk)
    titles = [card.title for card in room_of(desk).cards.values()]
    return [title for title in titles if title.startswith(("Alarm", "Over"))]


Passing = Callable[[], None]


async def rounds(desk: Desk, clock: Clock, count: int, *, well: bool) -> None:
    """The watch goes its rounds, half a minute apart, with a payment provider that is well or is not."""
    for _ in range(count):
        await keep_well(desk)
        await noted(desk, "pulse:payments", error="" if well else "Stripe does not answer")
        await watch(desk)
        clock.passes(seconds=30)


async def test_trouble_is_told_once_when_it_begins_and_once_when_it_is_over(at: Desk, clock: Clock) -> None:
    await rounds(at, clock, 6, well=False)
    assert await told(at) == ["Alarm: payments"]

    await rounds(at, clock, 4, well=True)
    assert sorted(await told(at)) == ["Alarm: payments", "Over: payments"]

    await rounds(at, clock, 4, well=False)
    assert sorted(await told(at)) == ["Alarm: payments", "Alarm: payments", "Over: payments"], "again is told again"


async def test_what_mends_itself_at_once_is_told_to_nobody(at: Desk, clock: Clock) -> None:
    assert timedelta(seconds=30) < PATIENCE
    await rounds(at, clock, 1, well=False)
    await rounds(at, clock, 4, well=True)

    assert await told(at) == []


@pytest.mark.parametrize(
    "desk_settings", [{"alarms": {"mail_to": ["ops@example.com", "boss@example.com"]}}], indirect=True
)
async def test_the_second_path_is_a_mail_to_each_operator(at: Desk, clock: Clock) -> None:
    await rounds(at, clock, 6, well=False)
    await settle(at)
    await rounds(at, clock, 4, well=True)
    await settle(at)

    sent = door(at, "mail").sent
    assert sorted((mail.to["to"], mail.subject) for mail in sent) == [
        ("boss@example.com", "Helpdesk: Alarm: payments"),
        ("boss@example.com", "Helpdesk: Over: payments"),
        ("ops@example.com", "Helpdesk: Alarm: payments"),
        ("ops@example.com", "Helpdesk: Over: payments"),
    ]


@pytest.mark.parametrize("desk_settings", [{"alarms": {"model_micros_per_day": 1_000}}], indirect=True)
@pytest.mark.parametrize(
    ("spent", "alarm"), [(700, []), (800, ["Alarm: budget 80 %"]), (1_200, ["Alarm: budget 100 %"])]
)
async def test_the_models_budget_of_the_day_is_told_at_80_and_100_percent(
    at: Desk, clock: Clock, spent: int, alarm: list[str]
) -> None:
    clock.at = clock.at.replace(hour=12)
    await write(at, "T1", "1", "Where is my order NW-1001?")
    await settle(at)
    run = (await rows(at, Run))[0]

    def spend(tx: Session) -> None:
        row = tx.get_one(Run, run.id)
        row.cost_micros, row.started_at = spent, at.now()
        tx.add(row)

    await at.db.write(spend)
    await rounds(at, clock, 4, well=True)

    assert await told(at) == alarm


async def test_mail_that_stops_coming_is_an_alarm_before_anybody_complains(at: Desk, clock: Clock) -> None:
    def came(tx: Session, hours_ago: float) -> None:
        at_that_time = at.now() - timedelta(hours=hours_ago)
        tx.add(
            Delivery(
                channel="mail",
                key=f"k{hours_ago}",
                lane="l",
                body=b"x",
                envelope={},
                received_at=at_that_time,
                outcome=Outcome.IGNORED,
                done_at=at_that_time,
            )
        )

    for number in range(24):
        await at.db.write(lambda tx, hours_ago=10.0 + 2 * number: came(tx, hours_ago))
    await rounds(at, clock, 4, well=True)

    assert await told(at) == ["Alarm: no mail"], "two hours between mails so far, and now ten"


async def test_sockets_that_reconnect_in_a_loop_are_told_although_each_look_finds_them_connected(
    at: Desk, clock: Clock
) -> None:
    for reconnects in range(0, 60, 3):
        await noted(at, "pulse:slack", connected=2, wanted=2, reconnects=reconnects, failed_attempts=0)
        await beat(at, frozenset({"worker"}))
        await watch(at)
        clock.passes(seconds=30)

    assert "Alarm: slack loop" in await told(at)


async def test_a_certificate_that_does_not_balance_is_an_alarm(at: Desk, clock: Clock) -> None:
    await noted(at, "certificate", balanced=False, lost=[{"id": "dlv_1", "why": "nobody is going to read it"}])
    await rounds(at, clock, 4, well=True)

    assert await told(at) == ["Alarm: certificate"]
    assert any("dlv_1" in row.summary for row in await rows(at, Escalation))
