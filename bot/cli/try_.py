"""`helpdesk try`: talk to the team without any channel; nothing is stored and nothing is carried out."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from agents_team.turn import Answer, Item, PaidCall, PendingAction, Said, TeamGaveUp, TeamUnavailable, TraceStep, Turn
from bot.cli.common import config_option, settings_from
from bot.evals.standing import standing_after
from bot.settings import Settings
from bot.wiring import make_mcp, make_team
from channels.base import Trust

DEFAULT_REQUESTER = "alice@example.com"


@click.command()
@click.argument("text", required=False)
@click.option("--jsonl", "as_jsonl", is_flag=True, help='rows {"id","text","requester"?} in, rows out')
@click.option("--as", "requester", default=DEFAULT_REQUESTER, show_default=True, help="whose proven account speaks")
@config_option
def command(text: str | None, as_jsonl: bool, requester: str, config: Path | None) -> None:
    """Ask the team TEXT, or talk line by line; with --jsonl read rows from standard input.

    Rows whose ids share the part before "#" are one conversation. Without settings the offline model and
    the sample shop are used.
    """
    settings = settings_from(config)
    if as_jsonl:
        asyncio.run(_answer_rows(settings, sys.stdin, requester))
    elif text is not None:
        asyncio.run(_answer_lines(settings, [text], requester))
    else:
        click.echo("Write to the team; an empty line or Ctrl-D ends.", err=True)
        asyncio.run(_answer_lines(settings, _lines(), requester))


def _lines() -> Iterator[str]:
    while line := click.prompt("you", default="", show_default=False):
        yield line


class _NoLog:
    """Nothing is kept: a trial that crashes is simply asked again."""

    async def replay(self, request_hash: str, n: int) -> PaidCall | None:
        return None

    async def keep(self, call: PaidCall) -> None: ...

    async def note(self, step: TraceStep) -> None: ...


@dataclass
class _Talk:
    """One conversation."""

    number: int
    memory: tuple[Item, ...] = ()
    lane: str | None = None
    pending: tuple[PendingAction, ...] = ()
    turns: int = field(default=0)


@dataclass
class Trial:
    """The team on its own, with a conversation per id."""

    settings: Settings
    talks: dict[str, _Talk] = field(default_factory=dict)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Trial"]:
        mcp = make_mcp(self.settings)
        self.shop, self.team = make_team(self.settings, sample_shop=True, mcp=mcp)
        try:
            yield self
        finally:
            await self.team.close()
            if mcp is not None:
                await mcp.close()

    async def answer(self, talk_id: str, text: str, requester: str) -> Answer:
        """What the team answers to `text` in this conversation. Raises TeamGaveUp and TeamUnavailable."""
        talk = self.talks.setdefault(talk_id, _Talk(len(self.talks)))
        talk.turns += 1
        customer = await self.shop.find_customer(email=requester) if requester else None
        now = datetime.now(UTC)
        answer = await self.team.respond(
            Turn(
                run_id=f"run_try{talk.number}x{talk.turns}",
                ticket_id=f"tkt_try{talk.number}",
                channel="try",
                new=(Said("requester", text, now, requester),),
                memory=talk.memory,
                requester_name=customer.name if customer else requester,
                customer_id=customer.id if customer else None,
                trust=int(Trust.ONE_TIME_CODE if customer else Trust.UNKNOWN),
                lane=talk.lane,
                pending=talk.pending,
                now=now,
            ),
            _NoLog(),
        )
        talk.memory, talk.lane = answer.memory, answer.specialist
        talk.pending = standing_after(talk.pending, answer)
        return answer


async def _answer_lines(settings: Settings, lines: Iterable[str], requester: str) -> None:
    async with Trial(settings).open() as trial:
        for line in lines:
            row = await _row(trial, "try", line, requester)
            click.echo(row.pop("reply"))
            click.echo(click.style(json.dumps(row, ensure_ascii=False), dim=True))


async def _answer_rows(settings: Settings, lines: Iterable[str], requester: str) -> None:
    async with Trial(settings).open() as trial:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                click.echo(json.dumps(await _answer_row(trial, number, line, requester), ensure_ascii=False))


async def _answer_row(trial: Trial, number: int, line: str, requester: str) -> dict[str, Any]:
    """One row out for each row in; a row that cannot be read says so and the next one is answered."""
    said: Any = None
    try:
        said = json.loads(line)
        row_id, text = str(said["id"]), str(said["text"])
    except (ValueError, KeyError, TypeError) as error:
        known = said.get("id") if isinstance(said, dict) else None
        return {"id": known, "error": f"line {number} is not a row with id and text: {type(error).__name__} {error}"}
    who = said.get("requester", requester)
    return {"id": row_id, **await _row(trial, row_id.partition("#")[0], text, who if isinstance(who, str) else "")}


async def _row(trial: Trial, talk_id: str, text: str, requester: str) -> dict[str, Any]:
    try:
        answer = await trial.answer(talk_id, text, requester)
    except (TeamGaveUp, TeamUnavailable) as error:
        return {**_EMPTY, "error": str(error)}
    return {
        "specialist": answer.specialist,
        "route": list(answer.route),
        "tools": list(answer.tools),
        "reply": answer.text,
        "citations": [asdict(citation) for citation in answer.citations],
        "escalated": answer.escalation is not None,
        "proposals": [{"kind": p.kind, **p.wish, "why": p.reason} for p in answer.proposals],
        "tokens": {
            "input": answer.usage.input_tokens,
            "cached": answer.usage.cached_tokens,
            "output": answer.usage.output_tokens,
        },
        "cost_micros": answer.usage.cost_micros,
    }


_EMPTY: dict[str, Any] = {
    "specialist": "",
    "route": [],
    "tools": [],
    "reply": "",
    "citations": [],
    "escalated": True,
    "proposals": [],
    "tokens": {"input": 0, "cached": 0, "output": 0},
    "cost_micros": 0,
}
"""What is said when the team could not answer: in a running desk a person would now be fetched."""
