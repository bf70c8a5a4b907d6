"""HTTP mode: what is pushed is signed as Slack signs, retried as Slack retries, and only sent to a proven address."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import pytest
import pytest_asyncio
from aiohttp import web
from slack_sdk.signature import SignatureVerifier
from slack_support import ACME, ALICE, SAM, STAFF, Json, Stage, card

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _nothing() -> None:
    """Nothing runs yet that could be stopped."""


@dataclass
class Listener:
    """An app in HTTP mode: keeps what arrives, answers the challenge, and otherwise as told."""

    url: str = ""
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[web.Response] = field(default_factory=list)
    proves: bool = True
    stop: Callable[[], Awaitable[None]] = field(default=_nothing)

    async def serve(self, request: web.Request) -> web.Response:
        body = await request.read()
        if b"url_verification" in body:
            return web.json_response({"challenge": json.loads(body)["challenge"] if self.proves else "no"})
        self.requests.append((dict(request.headers), body))
        return self.answers.pop(0) if self.answers else web.Response()


@pytest_asyncio.fixture(loop_scope="module")
async def listener(stage: Stage) -> AsyncIterator[Listener]:
    listening = Listener()
    app = web.Application()
    app.router.add_post("/slack/events", listening.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    listening.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    listening.stop = runner.cleanup
    await stage.town.options(push_url=listening.url)
    yield listening
    await stage.town.reset()
    await runner.cleanup()


async def test_a_push_carries_a_signature_slacks_verifier_accepts(stage: Stage, listener: Listener):
    await stage.town.say(ACME, ALICE, "hello")
    await stage.town.quiet()

    ((headers, body),) = listener.requests
    assert SignatureVerifier(stage.ready["signing_secret"]).is_valid_request(body, headers)
    assert not SignatureVerifier("another secret").is_valid_request(body, headers)
    assert json.loads(body)["event"]["text"] == "hello"
    assert "X-Slack-Retry-Num" not in headers


async def test_a_failed_push_comes_again_with_number_and_reason(stage: Stage, listener: Listener):
    listener.answers = [web.Response(status=500), web.Response(status=503)]
    await stage.town.say(ACME, ALICE, "hello")
    await stage.town.quiet()

    heads = [headers for headers, _ in listener.requests]
    assert [head.get("X-Slack-Retry-Num") for head in heads] == [None, "1", "2"]
    assert heads[1]["X-Slack-Retry-Reason"] == "http_error"
    assert len({json.loads(body)["event_id"] for _, body in listener.requests}) == 1


async def test_three_retries_and_no_more(stage: Stage, listener: Listener):
    listener.answers = [web.Response(status=500) for _ in range(9)]
    await stage.town.say(ACME, ALICE, "hello")
    await stage.town.quiet()

    assert len(listener.requests) == 4
    assert [each["state"] for each in await stage.town.deliveries()] == ["dropped"]


async def test_the_app_may_wave_retries_off(stage: Stage, listener: Listener):
    listener.answers = [web.Response(status=500, headers={"X-Slack-No-Retry": "1"})]
    await stage.town.say(ACME, ALICE, "hello")
    await stage.town.quiet()

    assert len(listener.requests) == 1


async def test_an_address_that_fails_the_challenge_gets_nothing(stage: Stage, listener: Listener):
    listener.proves = False
    await stage.town.say(ACME, ALICE, "hello")
    await stage.town.quiet()

    assert (await stage.town.act("verify_push"))["verified"] is False
    assert listener.requests == []


async def test_a_server_that_went_away_is_connection_failed(stage: Stage, listener: Listener):
    assert (await stage.town.act("verify_push"))["verified"] is True
    await listener.stop()
    await stage.town.say(ACME, ALICE, "hello")
    await stage.town.quiet()

    assert [(each["state"], each["reason"]) for each in await stage.town.deliveries()] == [
        ("dropped", "connection_failed")
    ]


async def test_a_click_is_pushed_as_a_form_and_only_once(stage: Stage, listener: Listener):
    ts = await stage.post(channel=STAFF, text="a card", blocks=card())
    await stage.town.quiet()
    listener.requests.clear()
    listener.answers = [web.Response(status=500)]
    taken = await stage.town.click(STAFF, SAM, ts, "approve")

    ((headers, body),) = listener.requests
    assert taken["acked"] is False
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert json.loads(parse_qs(body.decode())["payload"][0])["actions"][0]["value"] == "apr_1"


async def test_a_command_is_a_plain_form_and_its_answer_a_whisper(stage: Stage, listener: Listener):
    listener.answers = [web.json_response({"text": "3 tickets wait"})]
    await stage.town.slash(STAFF, SAM, "/helpdesk", "queue")

    fields: Json = parse_qs(listener.requests[0][1].decode())
    assert (fields["command"], fields["text"], fields["user_id"]) == (["/helpdesk"], ["queue"], [SAM])
    assert [seen["text"] for seen in await stage.town.ephemerals(SAM)] == ["3 tickets wait"]


async def test_socket_mode_is_off_while_a_push_address_is_set(stage: Stage, listener: Listener):
    answer = await stage.call("apps.connections.open", token="app")

    assert answer == {"ok": False, "error": "socket_mode_not_enabled"}
