"""What the team's tests share: a log in memory, turns, scripted models, and a conversation over several passes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agents import Model, ModelProvider, ModelSettings
from agents.testing import ScriptedModel, function_call
from small_shop import ALICE, NOW

from agents_team.models import Backend
from agents_team.team import Team
from agents_team.turn import Answer, PaidCall, PendingAction, Said, TraceStep, Turn


class MemoryLog:
    """A run log that forgets nothing; `crash_after` raises once that many calls were kept."""

    def __init__(self, crash_after: int | None = None) -> None:
        self.calls: dict[tuple[str, int], PaidCall] = {}
        self.steps: list[TraceStep] = []
        self.crash_after = crash_after

    async def replay(self, request_hash: str, n: int) -> PaidCall | None:
        return self.calls.get((request_hash, n))

    async def keep(self, call: PaidCall) -> None:
        assert (call.request_hash, call.n) not in self.calls, "the same call was paid twice"
        self.calls[call.request_hash, call.n] = call
        if self.crash_after == len(self.calls):
            raise Crash

    async def note(self, step: TraceStep) -> None:
        self.steps.append(step)


class Crash(BaseException):
    """The process dies here."""


class OneModel(ModelProvider):
    """Whatever is asked for, this model."""

    def __init__(self, model: Model):
        self.model = model

    def get_model(self, model_name: str | None) -> Model:
        return self.model


def backend_of(model: Model) -> Backend:
    """All agents on one model."""
    return Backend(
        provider=OneModel(model),
        model_name=lambda role, _: f"scripted-{role}",
        settings=lambda _: ModelSettings(parallel_tool_calls=False),
        handled_by="model",
    )


def transfer(lane: str, **changed: Any) -> list[Any]:
    """A model's handoff to a specialist, with a full note."""
    note: dict[str, Any] = {
        "reason": "it fits",
        "priority": "medium",
        "sentiment": "neutral",
        "language": "en",
        "summary": "what they want",
        "order_ids": [],
        "amount_minor": None,
    }
    return call(f"transfer_to_{lane}", **{**note, **changed})


_count = iter(range(1, 1_000_000))


def call(name: str, **arguments: Any) -> list[Any]:
    """A model's call of a tool."""
    return [function_call(name, arguments, call_id=f"call_{next(_count)}")]


def turn_of(*texts: str, **changed: Any) -> Turn:
    """Alice, proven, writes these messages."""
    turn = Turn(
        run_id="run_1",
        ticket_id="tkt_1",
        channel="slack",
        new=tuple(Said("requester", text, NOW, "Alice") for text in texts),
        requester_name="Alice",
        customer_id=ALICE,
        trust=2,
        now=NOW,
    )
    return replace(turn, **changed)


def waiting_refund(order_id: str, state: str = "waiting") -> PendingAction:
    return PendingAction("act_01ABC", "refund", state, f"refund act_01ABC of 99.00 USD for {order_id}")


@dataclass
class Conversation:
    """Passes one after the other, with the memory the bot would keep."""

    team: Team
    changed: dict[str, Any] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)

    async def say(self, *texts: str, **changed: Any) -> Answer:
        last = self.answers[-1] if self.answers else None
        kept = {"memory": last.memory, "lane": last.specialist} if last else {}
        answer = await self.team.respond(turn_of(*texts, **{**kept, **self.changed, **changed}), MemoryLog())
        self.answers.append(answer)
        return answer

    @property
    def proposals(self) -> list[dict[str, Any]]:
        return [dict(proposal.wish) for answer in self.answers for proposal in answer.proposals]


def scripted(build: Callable[..., Team], steps: Sequence[Any]) -> tuple[Team, ScriptedModel]:
    """A team on a scripted model, and the model to look at."""
    model = ScriptedModel(steps)
    return build(model), model
