"""The real program under kill -9 at random moments, counted by the servers outside and not by our own tables."""

import asyncio
import os
import random
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from storage.db import Database
from storage.models import Delivery, Message, Sending
from tests.crash.shop import AMOUNT, address_of, slack_id_of
from tests.crash.town import Desks, Town, open_desks, open_town

KILLS = int(os.environ.get("HELPDESK_TEST_KILLS", "200"))
FIRST_ORDER = 5000

pytestmark = [pytest.mark.serial, pytest.mark.timeout(900)]


class Customers:
    """Each message is of a customer of its own; half come by Slack, half by mail; half ask for a refund."""

    def __init__(self, town: Town):
        self.town = town
        self.slack: dict[str, int] = {}
        self.mail: dict[str, int] = {}

    @property
    def orders(self) -> list[int]:
        return [*self.slack.values(), *self.mail.values()]

    async def write(self, number: int) -> None:
        """Message `number`: even ones by Slack, odd ones by mail; by SMTP and through the mailbox in turn."""
        order = FIRST_ORDER + number
        await self.town.payments.charge(f"ch_{order}", AMOUNT)
        text = f"Please refund order ORD-{order}, the chair is broken." if number % 4 < 2 else f"Where is ORD-{order}?"
        if number % 2 == 0:
            user = await self.town.slack.add_user(id=slack_id_of(order), team_id="T0ACME", name=f"c{order}")
            await self.town.slack.act("join", channel="C0ACME", user=user)
            ts = await self.town.slack.say("C0ACME", user, text)
            self.slack[ts] = order
            return
        smtp = {"protocol": "smtp", "port": int(self.town.environment["HELPDESK_MAIL__SMTP_IN__PORT"])}
        via = smtp if number % 4 == 1 else None
        sent = await self.town.mail.write(
            address_of(order), self.town.address, subject=f"About ORD-{order}", text=text, via=via
        )
        self.mail[sent["message_id"]] = order

    async def keep_writing(self, stop: asyncio.Event, pause: float) -> None:
        number = 0
        while not stop.is_set():
            await self.write(number)
            number += 1
            await asyncio.sleep(random.uniform(0.3, 1.7) * pause)


async def keep_deciding(town: Town) -> None:
    """Sam and Robin press every button they see, now and then both at once, now and then Deny."""
    while True:
        for card in await cards(town):
            verb = "hd:deny" if random.random() < 0.2 else "hd:approve"
            presses = [town.slack.click("C0STAFF", "U0SAM", card["ts"], verb)]
            if random.random() < 0.3:
                presses.append(town.slack.click("C0STAFF", "U0ROBIN", card["ts"], "hd:approve"))
            # A press may come too late (the card has changed) or find nobody listening: people press again.
            await asyncio.gather(*presses, return_exceptions=True)
        await asyncio.sleep(0.4)


async def cards(town: Town, *, open_only: bool = True) -> list[dict[str, Any]]:
    """The cards in the staff room, as Slack has them."""
    messages = await town.slack.messages("C0STAFF")
    return [m for m in messages if not open_only or "hd:approve" in str(m.get("blocks"))]


async def quiet(town: Town, customers: Customers, seconds: float, *, calm: float = 6) -> None:
    """Wait until every card is decided and nobody has written or sent anything for `calm` seconds."""
    before, since = "", asyncio.get_running_loop().time()
    deadline = since + seconds
    while asyncio.get_running_loop().time() < deadline:
        ledger = await town.payments.ledger()
        mail = await town.mail.log()
        now = f"{(await town.slack.world())['n']} {ledger['charges']} {mail}"
        if now != before:
            before, since = now, asyncio.get_running_loop().time()
        elif asyncio.get_running_loop().time() - since > calm and not await cards(town):
            return
        await asyncio.sleep(0.5)
    raise AssertionError("the desk did not come to rest")


async def kill_again_and_again(desks: Desks, pids: list[int], roles: list[str], kills: int) -> None:
    while desks.kills < kills:
        # Mostly while it starts or has just begun, now and then in the middle of its work.
        await asyncio.sleep(random.uniform(0.05, 0.6) if random.random() < 0.7 else random.uniform(0.6, 1.6))
        victim = random.randrange(len(pids))
        await desks.kill(pids[victim])
        pids[victim] = await desks.start(roles[victim])


async def rampage(town: Town, folder: Path, kills: int, roles: list[str], pause: float) -> Customers:
    """Customers write and staff decide while desks are killed; then peace, until everything has settled."""
    customers, stop = Customers(town), asyncio.Event()
    async with open_desks(town.environment, folder / "desk.log") as desks:
        pids = [await desks.start(role) for role in roles]
        writing = asyncio.create_task(customers.keep_writing(stop, pause))
        deciding = asyncio.create_task(keep_deciding(town))
        await kill_again_and_again(desks, pids, roles, kills)
        stop.set()
        await writing
        await quiet(town, customers, 180)
        deciding.cancel()
        with suppress(asyncio.CancelledError):
            await deciding
        for pid in pids:
            await desks.stop(pid)
    return customers


async def check_slack(town: Town, customers: Customers) -> None:
    """Every thread has its answer, and no text stands there twice."""
    messages = await town.slack.messages("C0ACME")
    for ts, order in customers.slack.items():
        thread = [m for m in messages if m.get("thread_ts") == ts and m["ts"] != ts]
        texts = Counter(m["text"] for m in thread)
        assert thread, f"the question about ORD-{order} was never answered"
        assert texts.most_common(1)[0][1] == 1, f"said twice about ORD-{order}: {texts}"


async def check_mail(town: Town, customers: Customers) -> None:
    """Every mail has its answer in the same thread, and no answer was sent twice."""
    log = await town.mail.log()
    assert log["twice"] == []
    assert {each["state"] for each in log["queue"]} <= {"accepted"}
    answers: Counter[str] = Counter()
    for order in customers.mail.values():
        for mail in await town.mail.mailbox(address_of(order)):
            answers[mail["in_reply_to"].strip("<>")] += 1
    for message_id, order in customers.mail.items():
        assert answers[message_id.strip("<>")] >= 1, f"the mail about ORD-{order} was never answered"
        texts = Counter(mail["text"] for mail in await town.mail.mailbox(address_of(order)))
        assert texts.most_common(1)[0][1] == 1, f"said twice about ORD-{order}: {texts}"


async def check_money(town: Town, customers: Customers) -> None:
    """No refund was made twice, none without an approval, and every approved one was made."""
    assert await town.payments.paid_twice() == []
    shown = [str(card.get("blocks")) for card in await cards(town, open_only=False)]
    assert len(shown) == len(set(shown)), "a card was posted twice"
    ledger = (await town.payments.ledger())["charges"]
    for order in set(customers.orders):
        about = [card for card in shown if f"for ORD-{order}" in card]
        paid = ledger[f"ch_{order}"]["refunded"]
        assert paid in (0, AMOUNT)
        assert bool(paid) == any("done by" in card for card in about), f"ORD-{order}: paid {paid}"


async def check_certificate(url: str) -> None:
    """Received = accounted for, and nothing is left half done."""
    db = Database(url)
    await db.open()

    def look(tx: Session) -> tuple[int, int]:
        open_ones = tx.exec(select(Delivery).where(col(Delivery.outcome).is_(None))).all()
        unsent = tx.exec(select(Message).where(col(Message.sending).in_([Sending.READY, Sending.SENDING]))).all()
        return len(open_ones), len(unsent)

    assert await db.read(look) == (0, 0)
    await db.close()


async def check_everything(town: Town, customers: Customers, url: str) -> None:
    await check_slack(town, customers)
    await check_mail(town, customers)
    await check_money(town, customers)
    await check_certificate(url)


async def test_one_process_on_sqlite_killed_two_hundred_times(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/helpdesk.db"
    async with open_town(tmp_path, url) as town:
        customers = await rampage(town, tmp_path, KILLS, ["all"], pause=1.2)
        await check_everything(town, customers, url)
        assert len(customers.slack) > KILLS / 20
        assert len(customers.mail) > KILLS / 20


async def test_two_workers_on_postgresql_killed_sixty_times(tmp_path: Path, postgres_url: str) -> None:
    async with open_town(tmp_path, postgres_url) as town:
        customers = await rampage(town, tmp_path, max(KILLS * 3 // 10, 5), ["all", "worker"], pause=1.0)
        await check_everything(town, customers, postgres_url)
