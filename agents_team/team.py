"""The team: the only place that calls the SDK's Runner."""

import asyncio
from copy import copy
from dataclasses import dataclass
from typing import Any

from agents import Agent, RunConfig, Runner, RunResult, ToolExecutionConfig, set_tracing_disabled

from agents_team.citations import number_citations
from agents_team.config import TeamConfig
from agents_team.current import CurrentRun
from agents_team.facts import facts_item, message_items, note_item
from agents_team.failures import Nonsense, sorted_failure
from agents_team.guardrails import Sent, problems_of
from agents_team.hooks import TraceHooks
from agents_team.journal import Journal, JournalProvider
from agents_team.knowledge import Knowledge
from agents_team.language import guess_language
from agents_team.memory import TurnSession, worth_keeping
from agents_team.meter import Meter
from agents_team.models import MODELS, Backend
from agents_team.specialists import SPECIALISTS
from agents_team.tools.shop import Shop
from agents_team.triage import TRIAGE, build_agents
from agents_team.turn import Answer, Item, RunLog, TeamGaveUp, TraceStep, Turn

# States of an earlier refund that make "your refund is done" a fact and not a promise.
DONE = frozenset({"done", "executed", "succeeded", "completed", "paid", "approved"})

ATTEMPTS = 2

_RUN_CONFIG = RunConfig(
    tool_not_found_behavior="return_error_to_model",
    tool_name_collision_policy="error",
    tool_execution=ToolExecutionConfig(max_function_tool_concurrency=1),
    trace_include_sensitive_data=False,
    tracing_disabled=True,
    workflow_name="helpdesk",
)


@dataclass(slots=True)
class _Attempt:
    """One go at an answer."""

    turn: Turn
    run: CurrentRun
    journal: Journal
    session: TurnSession
    config: RunConfig
    hooks: TraceHooks


class Team:
    """A turn goes in, an answer comes out. Built once; any number of runs side by side."""

    def __init__(self, config: TeamConfig, shop: Shop, knowledge: Knowledge, *, backend: Backend | None = None):
        """Raises ValueError when the model settings are incomplete. `backend` replaces the one `config` names."""
        if backend is None and config.provider not in MODELS:
            raise ValueError(f"model.provider is {config.provider!r} but must be one of {', '.join(MODELS)}")
        self._config = config
        self._shop = shop
        self._knowledge = knowledge
        self._backend = backend or MODELS[config.provider](config)
        self._agents = build_agents(SPECIALISTS.values(), self._backend.model_name, self._backend.settings)
        # No trace leaves for OpenAI: the run's own log holds everything.
        set_tracing_disabled(True)

    async def respond(self, turn: Turn, log: RunLog) -> Answer:
        """Answer the new messages of a turn. Never acts, never streams, never invents when it cannot go on.

        Raises TeamUnavailable when no model could answer now: repeat the run later with the same log, and
        what was paid for is not paid again. Raises TeamGaveUp when a person is needed.
        """
        journal = Journal(log, Meter(turn.bounds), self._config.prices)
        try:
            async with asyncio.timeout(turn.bounds.seconds) as clock:
                return await self._answer(turn, journal)
        except TimeoutError as error:
            if not clock.expired():
                raise
            raise TeamGaveUp(f"no answer within {turn.bounds.seconds:g} seconds") from error

    async def close(self) -> None:
        """Give the provider's connections back."""
        await self._backend.close()

    async def _answer(self, turn: Turn, journal: Journal) -> Answer:
        """Nonsense is asked about once more, from the start: the model may have had a bad moment."""
        last: Nonsense | None = None
        for _ in range(ATTEMPTS):
            try:
                return await self._attempt(turn, journal)
            except Nonsense as nonsense:
                last = nonsense
                await journal.kept.note(TraceStep("guardrail", "", "nonsense", {"why": str(nonsense)}))
        raise TeamGaveUp(f"the model's output made no sense {ATTEMPTS} times: {last}") from last

    async def _attempt(self, turn: Turn, journal: Journal) -> Answer:
        attempt = self._begin(turn, journal)
        start = self._agents.get(turn.lane or TRIAGE, self._agents[TRIAGE])
        messages = message_items(turn.new)
        result = await self._run(attempt, start, [facts_item(turn), *messages])
        problems = _problems(attempt, result)
        if problems:
            result = await self._rewritten(attempt, result, problems)
        return self._finish(attempt, result, messages)

    def _begin(self, turn: Turn, journal: Journal) -> _Attempt:
        run = CurrentRun(turn, self._shop, self._knowledge)
        # A copy: building a RunConfig anew resolves all its type hints, which costs as much as a model call of ours.
        config = copy(_RUN_CONFIG)
        config.model_provider = JournalProvider(self._backend.provider, journal, run)
        config.group_id = turn.ticket_id
        session = TurnSession(turn.ticket_id, turn.memory)
        return _Attempt(turn, run, journal, session, config, TraceHooks(journal.kept))

    async def _run(self, attempt: _Attempt, agent: Agent[CurrentRun], items: list[Item]) -> RunResult:
        """The only call to the SDK. Raises TeamUnavailable, TeamGaveUp or Nonsense; anything else is a bug."""
        sdk_items: list[Any] = items
        try:
            result = await Runner.run(
                agent,
                sdk_items,
                context=attempt.run,
                max_turns=attempt.turn.bounds.turns + 1,  # the meter counts all attempts and stops first
                hooks=attempt.hooks,
                run_config=attempt.config,
                session=attempt.session,
            )
        except Exception as error:
            failure = sorted_failure(error)
            if failure is error:
                raise
            raise failure from error
        if result.last_agent.name == TRIAGE:
            raise Nonsense("triage wrote to the requester instead of handing over")
        return result

    async def _rewritten(self, attempt: _Attempt, draft: RunResult, problems: list[str]) -> RunResult:
        """One more try by the same agent, told what was wrong; a second failure is for a person."""
        await _note_blocked(attempt, draft, problems)
        wish = f"Your draft was not sent because {'; '.join(problems)}. Write the answer again without this."
        result = await self._run(attempt, draft.last_agent, [note_item(wish)])
        problems = _problems(attempt, result)
        if problems:
            await _note_blocked(attempt, result, problems)
            raise TeamGaveUp(f"the answer failed its checks twice: {'; '.join(problems)}", draft=_text(result))
        return result

    def _finish(self, attempt: _Attempt, result: RunResult, messages: list[Item]) -> Answer:
        turn, run = attempt.turn, attempt.run
        text, citations = number_citations(_text(result), run)
        done = attempt.session.items[len(turn.memory) :]
        language = getattr(run.handoff, "language", "") or guess_language(" ".join(said.text for said in turn.new))
        return Answer(
            text=text,
            specialist=result.last_agent.name,
            route=tuple(run.route),
            tools=tuple(run.tools),
            proposals=tuple(run.proposals),
            escalation=run.escalation,
            citations=citations,
            memory=worth_keeping(turn.memory, messages, done, text),
            usage=attempt.journal.meter.usage,
            handled_by=self._backend.handled_by,
            language=language,
        )


def _text(result: RunResult) -> str:
    return str(result.final_output or "").strip()


def _problems(attempt: _Attempt, result: RunResult) -> list[str]:
    """Why the answer may not be sent. A blank one may when a person takes over."""
    text, run = _text(result), attempt.run
    if not text and run.escalation is not None:
        return []
    moved = any("refund" in action.kind and action.state.lower() in DONE for action in attempt.turn.pending)
    return problems_of(text, Sent(money_moved=moved, markers=run.passages))


async def _note_blocked(attempt: _Attempt, result: RunResult, problems: list[str]) -> None:
    data = {"problems": problems, "draft": _text(result)}
    await attempt.journal.kept.note(TraceStep("guardrail", result.last_agent.name, "output", data))
