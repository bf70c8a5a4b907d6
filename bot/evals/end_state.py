"""Plays a case on a whole desk and looks at the rows it leaves: what was asked for, who decides, what was said."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from agents_team.team import Team
from agents_team.tools.shop import Shop
from bot.backends import open_payments
from bot.backends.sample_shop import SampleShop
from bot.desk import Desk, utc_now
from bot.evals.case import Case
from bot.settings import Settings
from bot.steps.accept import accepting
from bot.worker import settle
from channels.memory import MemoryChannel, MemoryRoom, said
from storage.models import Action, Direction, Escalation, Message, Ticket
from storage.open import open_storage

STRANGER = "T0NOBODY/U0NOBODY"
SECONDS = 120.0


async def wrong_rows(case: Case, shop: Shop, team: Team) -> list[str]:
    """How the rows differ from what the case wants, in words; empty when they do not."""
    if case.rows is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        async with _desk(Path(folder), shop, team) as desk:
            by = _author(case, shop)
            for number, message in enumerate(case.thread):
                await accepting(desk)(said("eval", str(number), message.say, by=by, at=desk.now()))
                await settle(desk, SECONDS)
            return await desk.db.read(lambda tx: _differences(tx, case))


@asynccontextmanager
async def _desk(folder: Path, shop: Shop, team: Team) -> AsyncIterator[Desk]:
    """Payments by hand: the shop's charges are the facts, and nothing is paid without a person."""
    storage = await open_storage(f"sqlite:///{folder}/eval.db")
    settings = Settings.model_validate({"desk": {"quiet_seconds": 0}})
    payments = open_payments("manual", link="")
    channels = {"slack": MemoryChannel()}
    yield Desk(settings, storage.db, storage.jobs, channels, MemoryRoom(), team, shop, payments, utc_now)
    await payments.close()
    await storage.close()


def _author(case: Case, shop: Shop) -> str:
    if case.requester is None:
        return STRANGER
    rows = shop.accounts if isinstance(shop, SampleShop) else ()
    known: list[list[str]] = next((row["slack"] for row in rows if row["email"] == case.requester), [])
    if not known:
        raise ValueError(f"case {case.id}: `rows` needs a requester whose account has a Slack user")
    return "/".join(known[0])


def _differences(tx: Session, case: Case) -> list[str]:
    wanted = case.rows
    assert wanted is not None
    wrong = []
    actions = [_row(action) for action in tx.exec(select(Action).order_by(col(Action.id)))]
    fits = len(actions) == len(wanted.actions) and all(
        any(want.items() <= row.items() for row in actions) for want in wanted.actions
    )
    if not fits:
        wrong.append(f"rows: actions {actions} instead of {list(wanted.actions)}")
    found = {
        "escalations": len(tx.exec(select(Escalation)).all()),
        "replies": len(tx.exec(select(Message).where(Message.direction == Direction.OUTBOUND)).all()),
        "owner": tx.exec(select(Ticket)).one().owner,
    }
    for name, value in wanted.model_dump(exclude={"actions"}, exclude_unset=True).items():
        if found[name] != value:
            wrong.append(f"rows: {name} {found[name]} instead of {value}")
    return wrong


def _row(action: Action) -> dict[str, Any]:
    """What a case may name of an action."""
    known = ("order_id", "charge_id", "amount_minor", "currency")
    return {
        "kind": action.kind,
        "state": action.state.value,
        **{name: action.terms[name] for name in known if name in action.terms},
    }
