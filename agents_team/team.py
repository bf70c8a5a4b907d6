"""The team: the only place that calls the SDK's Runner."""

import asyncio
from collections.abc import Awaitable, Callable
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from agents import (
    Agent,
    RunConfig,
    Runner,
    RunResult,
    ToolExecutionConfig,
    set_tracing_disabled,
)

from agents_team.checks import masked_turn, problems_of_answer
from agents_team.citations import number_citations
from agents_team.config import TeamConfig
from agents_team.crew import Crew, crews_of
from agents_team.current import CurrentRun
from agents_team.facts import facts_item, message_items, note_item
from agents_team.failures import Nonsense, sorted_failure
from agents_team.guardrails import suspicion_of
from agents_team.hooks import TraceHooks
from agents_team.hosted_search import ended_by_tool, text_of
from agents_team.journal import Journal, JournalProvider
from agents_team.knowledge import Hit, Knowledge
from agents_team.language import guess_language
from agents_team.mcp.servers import McpServers
from agents_team.memory import TurnSession, summary_of, worth_keeping
from agents_team.meter import Meter
from agents_team.models import Backend
from agents_team.models.embeddings import Embeddings
from agents_team.notices import notice
from agents_team.router import ExampleStore, shipped_router
from agents_team.specialists.folder import specialists_of
from agents_team.starting import ROUTER_NAME, starting_lane
from agents_team.status import StatusPage
from agents_team.tools.shop import Shop
from agents_team.triage import TRIAGE
from agents_team.turn import Answer, Item, RunLog, TeamGaveUp, TeamUnavailable, TraceStep, Turn

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
    crew: Crew
    run: CurrentRun
    journal: Journal
    session: TurnSession
    config: RunConfig
    hooks: TraceHooks


class Team:
    """A turn goes in, an answer comes out. Built once; any number of runs side by side."""

    def __init__(
        self,
        config: TeamConfig,
        shop: Shop,
        knowledge: Knowledge,
        *,
        backend: Backend | None = None,
        examples: ExampleStore | None = None,
        status: StatusPage | None = None,
        mcp: McpServers | None = None,
    ):
        """Raises ValueError when settings are incomplete. `backend` replaces the one `config` names."""
        self._mcp = mcp or McpServers()
        self._mcp_version = -1
        self._config = config
        self._shop = shop
        self._knowledge = knowledge
        self._status = status
        self._embeddings = Embeddings.of(config, knowledge.vectors)
        self._router = shipped_router().with_sources(
            embedded=self._embeddings.of_examples() if self._embeddings else None, store=examples
        )
        if self._embeddings is not None:
            knowledge.use_embeddings(self._embeddings.embed, self._embeddings.model)
        self._specialists = specialists_of(config.team_folder)
        self._crews, self._outage = crews_of(config, self._specialists, self._router, backend)
        # No trace leaves for OpenAI: the run's own log holds everything.
        set_tracing_disabled(True)

    async def respond(self, turn: Turn, log: RunLog) -> Answer:
        """Answer the new messages of a turn. Never acts, never streams, never invents when it cannot go on.

        Raises TeamUnavailable when no model could answer now: repeat the run later with the same log, and
        what was paid for is not paid again. Raises TeamGaveUp when a person is needed.
        """
        turn, kinds = masked_turn(turn)
        if turn.boundary:
            turn = replace(turn, memory=tuple(summary_of(turn.memory)))
        language = guess_language(" ".join(said.text for said in turn.new))
        if kinds and self._config.strict_pii:
            return _refusal(turn, notice("blocked", language, kinds=kinds), language)
        journal = Journal(log, Meter(turn.bounds), self._config.prices)
        try:
            async with asyncio.timeout(turn.bounds.seconds) as clock:
                answer = await self._from_somebody(turn, journal)
        except TimeoutError as error:
            if not clock.expired():
                raise
            raise TeamGaveUp(f"no answer within {turn.bounds.seconds:g} seconds") from error
        return _with_notice(answer, notice("masked", language, kinds=kinds)) if kinds else answer

    @property
    def lanes(self) -> tuple[str, ...]:
        """Every specialist that takes conversations."""
        return tuple(name for name, specialist in self._specialists.items() if specialist.mode != "off")

    async def refresh_knowledge(self) -> None:
        """Read documents that changed, now rather than at the next question."""
        await self._knowledge.refresh(at_once=True)

    async def find_knowledge(self, question: str) -> list[Hit]:
        """The passages the team would be shown for a question, best first."""
        return await self._knowledge.find(question)

    async def close(self) -> None:
        """Give the provider's connections back."""
        for crew in self._crews:
            await crew.backend.close()
        if self._embeddings is not None:
            await self._embeddings.close()

    async def _from_somebody(self, turn: Turn, journal: Journal) -> Answer:
        """The first crew that answers. Nothing has been done when one fails, so the next begins afresh."""
        down: TeamUnavailable | None = None
        for crew in self._crews:
            if not crew.breaker.closed():
                down = down or TeamUnavailable("the provider failed again and again; it is tried again in a while")
                continue
            try:
                return await self._asked(turn, journal, crew)
            except TeamUnavailable as unavailable:
                down = unavailable
                await journal.kept.note(TraceStep("guardrail", "", "provider down", {"why": str(unavailable)}))
        if self._outage is not None and turn.waited >= (self._config.offline_after or 0):
            return await self._reduced(turn, journal, self._outage)
        raise down or TeamUnavailable("no model is set up")

    async def _asked(self, turn: Turn, journal: Journal, crew: Crew) -> Answer:
        """Ask this crew and tell its breaker how it went; giving up and nonsense are answers, too."""
        try:
            answer = await self._answer(turn, journal, crew)
        except TeamUnavailable:
            crew.breaker.failed()
            raise
        except TeamGaveUp:
            crew.breaker.answered()
            raise
        crew.breaker.answered()
        return answer

    async def _reduced(self, turn: Turn, journal: Journal, crew: Crew) -> Answer:
        """The outage crew proposes nothing, and the requester is told why the answer is short."""
        answer = await self._answer(turn, journal, crew)
        return _with_notice(answer, notice("reduced", answer.language)) if answer.text else answer

    async def _answer(self, turn: Turn, journal: Journal, crew: Crew) -> Answer:
        """Nonsense is asked about once more, from the start: the model may have had a bad moment."""
        last: Nonsense | None = None
        for _ in range(ATTEMPTS):
            try:
                return await self._attempt(turn, journal, crew)
            except Nonsense as nonsense:
                last = nonsense
                await journal.kept.note(TraceStep("guardrail", "", "nonsense", {"why": str(nonsense)}))
        raise TeamGaveUp(f"the model's output made no sense {ATTEMPTS} times: {last}") from last

    async def _attempt(self, turn: Turn, journal: Journal, crew: Crew) -> Answer:
        attempt = await self._begin(turn, journal, crew)
        messages = message_items(turn.new)
        first = await self._first(attempt)
        result = await self._run(attempt, first, [facts_item(turn, attempt.run.suspicion), *messages])
        text = text_of(result, attempt.run)
        problems = problems_of_answer(text, attempt.run, attempt.session.items)
        if problems and ended_by_tool(result):
            await _note_blocked(attempt, result, problems)
            text = ""  # a colleague takes over, and says it better
        elif problems:
            result = await self._rewritten(attempt, result, problems)
            text = text_of(result, attempt.run)
        return await self._finish(attempt, result, messages, text)

    async def _equip(self) -> None:
        """Give every specialist the tools of the MCP servers that are up now."""
        await self._mcp.ready()
        if self._mcp_version == self._mcp.version:
            return
        self._mcp_version = self._mcp.version
        for crew in self._crews:
            crew.equip(lambda name: self._mcp.tools_for(name) if name in self._specialists else ())

    async def _begin(self, turn: Turn, journal: Journal, crew: Crew) -> _Attempt:
        await self._equip()
        suspicion = suspicion_of("\n".join(said.text for said in turn.new if said.who == "requester"))
        if suspicion.contained:
            data = {"score": suspicion.score, "words": list(suspicion.words)}
            await journal.kept.note(TraceStep("guardrail", "", "injection", data))
        can = frozenset() if crew.reduced else self._config.can
        run = CurrentRun(turn, self._shop, self._knowledge, can=can, status=self._status, suspicion=suspicion)
        run.once = partial(_result_once, journal, run)
        # A copy: building a RunConfig anew resolves all its type hints, which costs as much as a model call of ours.
        config = copy(_RUN_CONFIG)
        config.model_provider = JournalProvider(crew.backend.provider, journal, run)
        config.group_id = turn.ticket_id
        session = TurnSession(turn.ticket_id, turn.memory)
        return _Attempt(turn, crew, run, journal, session, config, TraceHooks(journal.kept))

    async def _first(self, attempt: _Attempt) -> Agent[CurrentRun]:
        """Who begins: the lane of last time, the router where it is sure, else triage."""
        guess = await self._router.guess_well("\n".join(said.text for said in attempt.turn.new))
        with_router = self._config.router_first and attempt.crew.backend.handled_by == "model"
        lane = starting_lane(attempt.turn, guess, self._specialists, with_router=with_router)
        if lane.by_router:
            attempt.run.route.append(ROUTER_NAME)
            data = {"intent": guess.intent, "confidence": round(guess.confidence, 3)}
            await attempt.journal.kept.note(TraceStep("handoff", ROUTER_NAME, lane.name, data))
        return attempt.crew.agents.get(lane.name, attempt.crew.agents[TRIAGE])

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

    async def _rewritten(self, attempt: _Attempt, blocked: RunResult, problems: list[str]) -> RunResult:
        """One more try by the same agent, told what was wrong; a second failure is for a person."""
        await _note_blocked(attempt, blocked, problems)
        wish = f"Your draft was not sent because {'; '.join(problems)}. Write the answer again without this."
        result = await self._run(attempt, blocked.last_agent, [note_item(wish)])
        problems = problems_of_answer(text_of(result, attempt.run), attempt.run, attempt.session.items)
        if problems:
            await _note_blocked(attempt, result, problems)
            draft = text_of(result, attempt.run)
            raise TeamGaveUp(f"the answer failed its checks twice: {'; '.join(problems)}", draft=draft)
        return result

    async def _finish(self, attempt: _Attempt, result: RunResult, messages: list[Item], text: str) -> Answer:
        turn, run = attempt.turn, attempt.run
        text, citations = number_citations(text, run)
        language = getattr(run.handoff, "language", "") or guess_language(" ".join(said.text for said in turn.new))
        if ended_by_tool(result):
            text = f"{text}\n\n{notice('escalated', language)}".strip()
        specialist = self._specialists[result.last_agent.name]
        if specialist.mode == "draft":
            await _note_blocked(attempt, result, ["this specialist only drafts"])
            raise TeamGaveUp(f"the specialist {specialist.name} only drafts: read it, change it, send it", draft=text)
        done = attempt.session.items[len(turn.memory) :]
        return Answer(
            text=text,
            specialist=specialist.name,
            route=tuple(run.route),
            tools=tuple(run.tools),
            proposals=tuple(run.proposals),
            escalation=run.escalation,
            citations=citations,
            memory=worth_keeping(turn.memory, messages, done, text),
            usage=attempt.journal.meter.usage,
            handled_by=attempt.crew.backend.handled_by,
            language=language,
        )


async def _result_once(
    journal: Journal, run: CurrentRun, tool: str, arguments: str, ask: Callable[[], Awaitable[str]]
) -> str:
    return await journal.result_once(run.agent, tool, arguments, ask)


def _with_notice(answer: Answer, sentence: str) -> Answer:
    return replace(answer, text=f"{sentence}\n\n{answer.text}".strip())


def _refusal(turn: Turn, sentence: str, language: str) -> Answer:
    """Strict mode: nothing of the message is worked on; it is remembered masked, so that a follow-up makes sense."""
    lane = turn.lane or "faq"
    memory = worth_keeping(turn.memory, message_items(turn.new), [], sentence)
    return Answer(sentence, lane, ("guardrail",), memory=memory, handled_by="guardrail", language=language)


async def _note_blocked(attempt: _Attempt, result: RunResult, problems: list[str]) -> None:
    data = {"problems": problems, "draft": text_of(result, attempt.run)}
    await attempt.journal.kept.note(TraceStep("guardrail", result.last_agent.name, "output", data))
