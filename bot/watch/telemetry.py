"""Sends finished runs as OpenTelemetry traces to the operator's own collector; off unless it is set.

Spans are made from the rows of the trace, after the run: an answer never waits for a collector. Names follow
https://opentelemetry.io/docs/specs/semconv/gen-ai/. What people wrote is never sent.
"""

import asyncio
import os
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlmodel import Session, col, select

from bot import notes
from bot.desk import Desk
from bot.errors import SettingsError
from storage.db import StorageError
from storage.leases import try_lease
from storage.models import Run, Step, StepKind, Ticket

log = structlog.get_logger(__name__)

EVERY_SECONDS = 10.0
LEASE_SECONDS = 60.0
MOST_AT_ONCE = 100
CURSOR = "traces"
OPERATIONS: Mapping[StepKind, str] = {
    StepKind.MODEL: "chat",
    StepKind.TOOL: "execute_tool",
    StepKind.HANDOFF: "invoke_agent",
    StepKind.GUARDRAIL: "guardrail",
}


async def export_runs(desk: Desk) -> None:
    """Send what has finished, again and again until cancelled; a collector that is away gets it later."""
    sender = _Sender(str(desk.settings.telemetry.otlp_endpoint))
    holder = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
    while True:
        try:
            if await desk.db.write(lambda tx: try_lease(tx, CURSOR, holder, LEASE_SECONDS, desk.now())):
                await export_once(desk, sender)
        except StorageError:
            log.warning("traces wait for the database", exc_info=True)
        await asyncio.sleep(EVERY_SECONDS)


async def export_once(desk: Desk, sender: "_Sender") -> int:
    """Send the runs that ended since the last time; returns how many. None is skipped when the collector is away."""
    found = await desk.db.read(_finished)
    if not found or not await asyncio.to_thread(sender.send, found):
        return 0
    last = max(run.ended_at for run, _, _ in found if run.ended_at)
    sent = [run.id for run, _, _ in found if run.ended_at == last]
    value = {"ended_at": last.isoformat(), "at_that_time": sent}
    await desk.db.write(lambda tx: notes.keep(tx, CURSOR, value, desk.now()))
    return len(found)


Finished = tuple[Run, Ticket, list[Step]]


def _finished(tx: Session) -> list[Finished]:
    cursor = notes.find(tx, CURSOR)
    wanted = (
        select(Run, Ticket).join(Ticket, col(Ticket.id) == col(Run.ticket_id)).where(col(Run.ended_at).is_not(None))
    )
    if cursor is not None:
        since = datetime.fromisoformat(cursor.value["ended_at"])
        wanted = wanted.where(col(Run.ended_at) >= since, col(Run.id).not_in(cursor.value["at_that_time"]))
    runs = tx.exec(wanted.order_by(col(Run.ended_at), col(Run.id)).limit(MOST_AT_ONCE)).all()
    return [(run, ticket, _steps(tx, run)) for run, ticket in runs]


def _steps(tx: Session, run: Run) -> list[Step]:
    return list(tx.exec(select(Step).where(Step.run_id == run.id).order_by(col(Step.at), col(Step.id))))


class _Sender:
    """One exporter. Raises SettingsError when the packages for it are not installed."""

    def __init__(self, endpoint: str):
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
        except ImportError as error:
            needed = "pip install 'helpdesk-bot[otel]'"
            raise SettingsError(f"telemetry.otlp_endpoint: needs more packages: {needed} ({error})") from error
        self._exporter = OTLPSpanExporter(endpoint=endpoint, timeout=10)
        self._provider = TracerProvider(resource=Resource.create({"service.name": "helpdesk"}), shutdown_on_exit=False)

    def send(self, found: Sequence[Finished]) -> bool:
        """Whether the collector took all of it. Blocks."""
        from opentelemetry.sdk.trace.export import SpanExportResult

        spans = [span for run, ticket, steps in found for span in self._spans(run, ticket, steps)]
        return bool(self._exporter.export(spans) is SpanExportResult.SUCCESS)

    def _spans(self, run: Run, ticket: Ticket, steps: Sequence[Step]) -> list[Any]:
        from opentelemetry import trace

        tracer = self._provider.get_tracer("helpdesk")
        whole = tracer.start_span(
            f"invoke_agent {run.specialist or 'team'}",
            context=trace.set_span_in_context(trace.INVALID_SPAN),
            start_time=_ns(run.started_at),
            attributes=_of_run(run, ticket),
        )
        inside = trace.set_span_in_context(whole)
        spans: list[Any] = []
        for step in steps:
            # A step's row is written when it is over.
            begun = step.at - timedelta(seconds=step.seconds)
            span = tracer.start_span(_name(step), context=inside, start_time=_ns(begun), attributes=_of_step(step))
            span.end(end_time=_ns(step.at))
            spans.append(span)
        whole.end(end_time=_ns(run.ended_at or run.started_at))
        return [whole, *spans]


def _of_run(run: Run, ticket: Ticket) -> dict[str, Any]:
    return {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": run.specialist or "team",
        "gen_ai.conversation.id": ticket.id,
        "gen_ai.usage.input_tokens": run.input_tokens,
        "gen_ai.usage.output_tokens": run.output_tokens,
        "helpdesk.run": run.id,
        "helpdesk.channel": ticket.channel,
        "helpdesk.state": run.state.value,
        "helpdesk.cost_micros": run.cost_micros,
    }


def _of_step(step: Step) -> dict[str, Any]:
    found: dict[str, Any] = {
        "gen_ai.operation.name": OPERATIONS.get(step.kind, step.kind.value),
        "gen_ai.agent.name": step.agent,
        "helpdesk.step": step.id,
    }
    if step.kind is StepKind.MODEL:
        found |= {
            "gen_ai.request.model": step.name,
            "gen_ai.usage.input_tokens": step.input_tokens,
            "gen_ai.usage.cache_read.input_tokens": step.cached_tokens,
            "gen_ai.usage.output_tokens": step.output_tokens,
            "helpdesk.cost_micros": step.cost_micros,
        }
    elif step.kind is StepKind.TOOL:
        found["gen_ai.tool.name"] = step.name
    return found


def _name(step: Step) -> str:
    return f"{OPERATIONS.get(step.kind, step.kind.value)} {step.name}".strip()


def _ns(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000_000)
