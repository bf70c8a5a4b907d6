"""What the servers outside saw: was anything lost, said twice or paid twice? Our own tables are asked last."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from bot.evals.chaos.rampage import Customers, cards
from bot.evals.chaos.shop import AMOUNT, address_of
from bot.evals.chaos.town import Town
from storage.db import Database
from storage.models import Delivery, Message, Sending


@dataclass
class Verdict:
    """Counts and, for whatever went wrong, a sentence each."""

    kills: int = 0
    seconds: float = 0.0
    slack_messages: int = 0
    mails: int = 0
    answered: int = 0
    refunds: int = 0
    cards: int = 0
    lost: list[str] = field(default_factory=list)
    said_twice: list[str] = field(default_factory=list)
    refunded_twice: list[str] = field(default_factory=list)
    wrong_money: list[str] = field(default_factory=list)
    cards_twice: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """Everything that broke a promise; empty when all were kept."""
        lists = (
            self.lost,
            self.said_twice,
            self.refunded_twice,
            self.wrong_money,
            self.cards_twice,
            self.unfinished,
        )
        return [problem for one in lists for problem in one]

    def as_json(self) -> dict[str, Any]:
        """Plain values, with `holds` beside them."""
        return {"holds": not self.problems, **asdict(self)}


async def judge(town: Town, customers: Customers, database_url: str) -> Verdict:
    """Count everything once all has settled."""
    verdict = Verdict(slack_messages=len(customers.slack), mails=len(customers.mail))
    await _slack(town, customers, verdict)
    await _mail(town, customers, verdict)
    await _money(town, customers, verdict)
    await _rows(database_url, verdict)
    return verdict


async def _slack(town: Town, customers: Customers, verdict: Verdict) -> None:
    """Every thread has its answer, and no text stands there twice."""
    messages = await town.slack.messages("C0ACME")
    for ts, order in customers.slack.items():
        texts = [m["text"] for m in messages if m.get("thread_ts") == ts and m["ts"] != ts]
        _count(verdict, f"the Slack message about ORD-{order}", texts, bool(texts))


async def _mail(town: Town, customers: Customers, verdict: Verdict) -> None:
    """Every mail has its answer in the same thread, and no answer was sent twice."""
    log = await town.mail.log()
    verdict.said_twice += [f"the mail server saw this twice: {one}" for one in log["twice"]]
    states = {each["state"] for each in log["queue"]} - {"accepted"}
    verdict.unfinished += [f"mails are still {state}" for state in sorted(states)]
    for message_id, order in customers.mail.items():
        box = await town.mail.mailbox(address_of(order))
        threaded = any(mail["in_reply_to"].strip("<>") == message_id.strip("<>") for mail in box)
        _count(verdict, f"the mail about ORD-{order}", [mail["text"] for mail in box], threaded)


def _count(verdict: Verdict, what: str, texts: list[str], is_answered: bool) -> None:
    verdict.answered += is_answered
    if not is_answered:
        verdict.lost.append(f"{what} was never answered")
    for text, times in Counter(texts).items():
        if times > 1:
            verdict.said_twice.append(f"{what} was answered {times} times with: {text[:100]}")


async def _money(town: Town, customers: Customers, verdict: Verdict) -> None:
    """No refund was made twice, none without an approval, and every approved one was made."""
    verdict.refunded_twice += [f"paid back twice: {one}" for one in await town.payments.paid_twice()]
    shown = [str(card.get("blocks")) for card in await cards(town, open_only=False)]
    verdict.cards = len(shown)
    verdict.cards_twice += [f"a card stands there {n} times" for n in Counter(shown).values() if n > 1]
    ledger = (await town.payments.ledger())["charges"]
    for order in set(customers.orders):
        about = [card for card in shown if f"for ORD-{order}" in card]
        approved = any("done by" in card for card in about)
        paid = ledger[f"ch_{order}"]["refunded"]
        verdict.refunds += bool(paid)
        if paid not in (0, AMOUNT):
            verdict.refunded_twice.append(f"ORD-{order}: {paid} of {AMOUNT} were paid back")
        elif bool(paid) != approved:
            said = f"{'approved' if approved else 'not approved'}, paid back {paid}"
            verdict.wrong_money.append(f"ORD-{order}: {said}; cards: {about}")


async def _rows(database_url: str, verdict: Verdict) -> None:
    """Received = accounted for, and nothing is left half done."""
    db = Database(database_url)
    await db.open()

    def look(tx: Session) -> list[str]:
        unread = tx.exec(select(Delivery).where(col(Delivery.outcome).is_(None)))
        unsent = tx.exec(select(Message).where(col(Message.sending).in_([Sending.READY, Sending.SENDING])))
        return [f"{one.channel} delivery {one.id} has no outcome" for one in unread] + [
            f"{one.channel} reply {one.id} ({one.cause}) is {one.sending} after {one.tries} tries" for one in unsent
        ]

    verdict.unfinished += await db.read(look)
    await db.close()
