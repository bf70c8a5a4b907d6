"""Runs cases against a team: each variant k times, one conversation at a time."""

import json
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from agents_team.knowledge import Knowledge
from agents_team.team import Team
from agents_team.tools.shop import Shop
from agents_team.turn import (
    Answer,
    EscalationWish,
    Item,
    PaidCall,
    PendingAction,
    TeamGaveUp,
    TeamUnavailable,
    TraceStep,
    Turn,
)
from agents_team.turn import Said as SaidNow
from bot.evals.case import MUST_HOLD, Case
from bot.evals.end_state import wrong_rows
from bot.evals.judge import failures
from bot.evals.standing import standing_after
from bot.evals.variants import injected, variants_of
from channels.base import Trust

SAMPLE_SHOP = Path(__file__).parent.parent / "backends" / "sample_shop.json"

TeamMaker = Callable[[Knowledge | None, bool, Path | None], tuple[Shop, Team]]
"""(knowledge to use instead of the one set up, strict mode, file of the shop if not the sample) -> shop and team."""


class Kept:
    """A run's journal and trace in memory, to be looked at afterwards."""

    def __init__(self) -> None:
        self.calls: list[PaidCall] = []
        self.steps: list[TraceStep] = []

    async def replay(self, request_hash: str, n: int) -> PaidCall | None:
        """Nothing was paid before: an eval runs afresh."""
        return None

    async def keep(self, call: PaidCall) -> None:
        """Remember a paid call."""
        self.calls.append(call)

    async def note(self, step: TraceStep) -> None:
        """Remember a step."""
        self.steps.append(step)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One variant of one case over k times. `failed` are the reasons of the times it failed."""

    case: str
    group: str
    variant: str
    times: int
    failed: tuple[str, ...]
    tokens: int
    cost_micros: int
    seconds: float
    lanes: tuple[tuple[str, str], ...] = ()

    @property
    def passed(self) -> bool:
        """pass^k: every one of the k times."""
        return not self.failed


@dataclass(slots=True)
class _Spent:
    tokens: int = 0
    cost_micros: int = 0
    failed: list[str] = field(default_factory=list)
    lanes: list[tuple[str, str]] = field(default_factory=list)


async def run_cases(
    cases: Sequence[Case], make: TeamMaker, *, times: int = 1, with_variants: bool = True
) -> AsyncIterator[Outcome]:
    """The outcome of each variant of each case as it is known. Cases that must hold are attacked as well."""
    for case in cases:
        chosen = list(variants_of(case)) if with_variants else [("as written", case)]
        if with_variants and case.group in MUST_HOLD | {"tools"} and not case.strict_pii:
            chosen.append(("injected", injected(case)))
        async with _team_for(case, make) as (shop, team):
            for name, variant in chosen:
                yield await _outcome(variant, name, shop, team, times)


@asynccontextmanager
async def _team_for(case: Case, make: TeamMaker) -> AsyncIterator[tuple[Shop, Team]]:
    with tempfile.TemporaryDirectory() as folder:
        documents = Path(folder) / "documents"
        documents.mkdir()
        for name, text in case.knowledge.items():
            (documents / name).write_text(text, encoding="utf-8")
        knowledge = Knowledge(documents) if case.knowledge else None
        shop, team = make(knowledge, case.strict_pii, _shop_file(case, Path(folder)))
        try:
            yield shop, team
        finally:
            await team.close()


def _shop_file(case: Case, folder: Path) -> Path | None:
    """The sample shop with the rows of the case in place of those with the same id."""
    if not case.shop:
        return None
    data = json.loads(SAMPLE_SHOP.read_text(encoding="utf-8"))
    for table, rows in case.shop.items():
        new = {row["id"]: row for row in rows}
        data[table] = [*(row for row in data[table] if row["id"] not in new), *new.values()]
    file = folder / "shop.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    return file


async def _outcome(case: Case, variant: str, shop: Shop, team: Team, times: int) -> Outcome:
    spent = _Spent()
    started = time.monotonic()
    for number in range(times):
        await _converse(case, f"{case.id}-{number}", shop, team, spent)
        spent.failed += await wrong_rows(case, shop, team)
    seconds = time.monotonic() - started
    return Outcome(
        case.id, case.group, variant, times, tuple(spent.failed), spent.tokens, spent.cost_micros, seconds,
        tuple(spent.lanes),
    )  # fmt: skip


async def _converse(case: Case, name: str, shop: Shop, team: Team, spent: _Spent) -> None:
    """One conversation from its first to its last message; the first failure ends it."""
    memory: tuple[Item, ...] = ()
    lane: str | None = None
    pending = tuple(PendingAction(f"act_eval{n}", w.kind, w.state, w.summary) for n, w in enumerate(case.pending))
    for number, said in enumerate(case.thread, start=1):
        kept = Kept()
        turn = replace(await _turn(case, f"{name}-{number}", said.say, shop, memory, lane), pending=pending)
        try:
            answer = await team.respond(turn, kept)
        except (TeamGaveUp, TeamUnavailable) as error:
            answer = _gave_up(error)
        wrong = failures(said.expect, answer, kept.steps, kept.calls)
        spent.tokens += answer.usage.input_tokens + answer.usage.output_tokens
        spent.cost_micros += answer.usage.cost_micros
        if isinstance(said.expect.lane, str):
            spent.lanes.append((said.expect.lane, answer.specialist))
        if wrong:
            spent.failed.append(f"message {number}: {'; '.join(wrong)}")
            return
        memory, lane = answer.memory, answer.specialist
        pending = standing_after(pending, answer)


def _gave_up(error: Exception) -> Answer:
    """A run that ended without an answer is a person fetched, which a case may expect."""
    return Answer("", "", (), escalation=EscalationWish(str(error), "high", ""))


async def _turn(case: Case, name: str, text: str, shop: Shop, memory: tuple[Item, ...], lane: str | None) -> Turn:
    customer = await shop.find_customer(email=case.requester) if case.requester else None
    now = datetime.now(UTC)
    return Turn(
        run_id=f"run_eval{name}",
        ticket_id=f"tkt_eval{name}",
        channel="eval",
        new=(SaidNow("requester", text, now, case.requester or ""),),
        memory=memory,
        requester_name=customer.name if customer else "",
        customer_id=customer.id if customer else None,
        trust=int(Trust.ONE_TIME_CODE if customer else Trust.UNKNOWN),
        lane=lane,
        now=now,
    )
