"""Finished runs go to the operator's own collector as OpenTelemetry spans, once, and without a word anybody wrote."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from bot.desk import Desk
from bot.settings import Settings
from bot.watch.telemetry import _Sender, export_once
from storage.models import Run
from tests.desks import rows, settle, write


class Collector:
    """Receives OTLP over HTTP."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.status = 200
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        return web.Response(status=self.status)

    @property
    def spans(self) -> list[Span]:
        found: list[Span] = []
        for body in self.bodies:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                found += [span for scope in resource.scope_spans for span in scope.spans]
        return found


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    taker = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", taker.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    taker.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1/traces"
    yield taker
    await runner.cleanup()


def attributes(span: Span) -> dict[str, object]:
    return {entry.key: entry.value.string_value or entry.value.int_value or 0 for entry in span.attributes}


async def test_a_run_is_one_trace_with_its_model_calls_and_tools_by_the_genai_names(
    desk: Desk, collector: Collector
) -> None:
    await write(desk, "T1", "1", "Where is my order NW-1001?")
    await settle(desk)
    run = (await rows(desk, Run))[0]

    assert await export_once(desk, _Sender(collector.url)) == 1

    by_operation: dict[object, list[Span]] = {}
    for span in collector.spans:
        by_operation.setdefault(attributes(span)["gen_ai.operation.name"], []).append(span)
    whole = next(span for span in by_operation["invoke_agent"] if not span.parent_span_id)
    assert attributes(whole)["gen_ai.conversation.id"] == run.ticket_id
    assert attributes(whole)["helpdesk.run"] == run.id
    assert len(by_operation["chat"]) == run.requests
    assert {"gen_ai.request.model", "gen_ai.usage.input_tokens"} <= attributes(by_operation["chat"][0]).keys()
    assert attributes(by_operation["execute_tool"][0])["gen_ai.tool.name"]
    assert {span.trace_id for span in collector.spans} == {whole.trace_id}
    assert all(span.parent_span_id in (b"", whole.span_id) for span in collector.spans)


async def test_what_people_wrote_is_never_sent(desk: Desk, collector: Collector) -> None:
    await write(desk, "T1", "1", "Where is my order NW-1001? I am Wanda Walrus and my harpsichord waits.")
    await settle(desk)
    await export_once(desk, _Sender(collector.url))

    sent = b"".join(collector.bodies)
    assert sent
    assert not any(word in sent for word in (b"Walrus", b"harpsichord", b"NW-1001"))


async def test_each_run_is_sent_once_and_none_is_lost_while_the_collector_is_away(
    desk: Desk, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opentelemetry.exporter.otlp.proto.http.trace_exporter._MAX_RETRYS", 0, raising=False)
    sender = _Sender(collector.url)
    await write(desk, "T1", "1", "Where is my order NW-1001?")
    await settle(desk)
    collector.status = 400
    assert await export_once(desk, sender) == 0

    collector.status, collector.bodies = 200, []
    assert await export_once(desk, sender) == 1
    assert await export_once(desk, sender) == 0
    await write(desk, "T2", "2", "Where is my order NW-1002?")
    await settle(desk)
    assert await export_once(desk, sender) == 1
    assert len([span for span in collector.spans if not span.parent_span_id]) == 2


def test_nothing_is_sent_anywhere_unless_the_operator_says_where() -> None:
    assert Settings().telemetry.otlp_endpoint is None
