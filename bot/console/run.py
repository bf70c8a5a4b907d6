"""One run as a readable trace: who had it, what was looked up with what result, what each model call said and cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select
from starlette.responses import Response

from bot.actions import ACTIONS
from bot.console.around import shown
from bot.console.page import Ask, not_there
from bot.console.render import pretty
from storage.models import Action, Message, Run, Step, StepKind, Ticket


@dataclass(frozen=True, slots=True)
class Shown:
    """One step for people: a headline, its parts as (label, text or JSON), and short notes as (label, words)."""

    step: Step
    headline: str
    parts: Sequence[tuple[str, Any]] = ()
    notes: Sequence[tuple[str, str]] = ()

    @property
    def removed(self) -> bool:
        """Retention has taken its content away; what it cost stays."""
        return not self.step.data


@dataclass(frozen=True, slots=True)
class Trace:
    """A run with everything that happened in it and came of it."""

    run: Run
    ticket: Ticket
    asked: Sequence[Message]
    steps: Sequence[Shown]
    replies: Sequence[Message]
    actions: Sequence[tuple[Action, str]]

    @property
    def seconds(self) -> float | None:
        return (self.run.ended_at - self.run.started_at).total_seconds() if self.run.ended_at else None

    @property
    def sources(self) -> list[Mapping[str, Any]]:
        """What the replies cite."""
        return [source for reply in self.replies for source in reply.facts.get("citations", [])]


async def show_run(ask: Ask) -> Response:
    """The page of one run."""
    trace = await ask.desk.db.read(lambda tx: trace_of(tx, ask.path("id")))
    if trace is None:
        raise not_there()
    return await shown(ask, "run.html", title=f"Run of {trace.run.started_at:%Y-%m-%d %H:%M}", trace=trace)


def trace_of(tx: Session, run_id: str) -> Trace | None:
    """The run in the order in which it happened; None when there is none."""
    run = tx.get(Run, run_id)
    if run is None:
        return None
    steps = tx.exec(select(Step).where(Step.run_id == run_id).order_by(col(Step.at), col(Step.id))).all()
    actions = tx.exec(select(Action).where(Action.run_id == run_id).order_by(col(Action.id))).all()
    return Trace(
        run=run,
        ticket=tx.get_one(Ticket, run.ticket_id),
        asked=tx.exec(select(Message).where(Message.answered_by == run_id).order_by(col(Message.sent_at))).all(),
        steps=[_shown(step) for step in steps],
        replies=tx.exec(select(Message).where(Message.run_id == run_id).order_by(col(Message.id))).all(),
        actions=[(action, ACTIONS[action.kind].summary(action)) for action in actions],
    )


def _shown(step: Step) -> Shown:
    match step.kind:
        case StepKind.MODEL:
            return Shown(step, f"{step.agent or 'A model'} asks {step.name}", _said_by_model(step.data))
        case StepKind.HANDOFF:
            return Shown(step, f"{step.agent} hands over to {step.name}", notes=_notes(step.data))
        case StepKind.TOOL:
            parts = [("Arguments", step.data.get("arguments")), ("Result", step.data.get("result"))]
            return Shown(step, f"{step.agent} uses {step.name}", [part for part in parts if part[1] is not None])
    return Shown(step, f"Guardrail: {step.name}", notes=_notes(step.data))


def _notes(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was noted, without what says nothing."""
    said = {name: value for name, value in data.items() if value not in (None, "", [], {})}
    return [
        (name, ", ".join(map(str, value)) if isinstance(value, list) else pretty(value)) for name, value in said.items()
    ]


def _said_by_model(data: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The output items of one response: texts, and calls with their arguments."""
    parts: list[tuple[str, Any]] = []
    for item in data.get("output", []):
        match item.get("type"):
            case "message":
                texts = [
                    str(content.get("text") or content.get("refusal") or "") for content in item.get("content", [])
                ]
                parts.append(("Says", "\n".join(texts)))
            case "function_call":
                parts.append((f"Calls {item.get('name')}", item.get("arguments")))
            case "reasoning":
                texts = [str(part.get("text", "")) for part in item.get("summary") or []]
                parts.append(("Thinks", "\n".join(texts) or "(not shown by the provider)"))
            case other:
                parts.append((str(other), item))
    return parts
