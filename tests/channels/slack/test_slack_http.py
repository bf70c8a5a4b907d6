"""HTTP mode: only small, fresh and signed requests come in; stored before 200; never 500."""

import hashlib
import hmac
import json
import logging
import time
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_bolt.response import BoltResponse
from slack_journey import ACME, STAFF, Inbox, config, listening, over_http, read_all
from slack_world import message

from channels.base import Unreadable, Wrote
from channels.slack import SlackChannel, SlackConfig
from channels.slack.http import SlackHttp

SECRET = "secret-of-the-test"


def signed(body: bytes, *, secret=SECRET, at=None, **changed):
    stamp = str(int(time.time() if at is None else at))
    mac = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256)
    headers = {
        "content-type": "application/json",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": "v0=" + mac.hexdigest(),
    }
    return {name: value for name, value in {**headers, **changed}.items() if value is not None}


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
async def door(inbox):
    """A channel in HTTP mode, running, without any Slack behind it."""
    settings = SlackConfig("xoxb-t", signing_secret=SECRET, mode="http", api_url="http://127.0.0.1:9/api/")
    channel = SlackChannel(settings)
    async with listening(channel, inbox):
        transport = httpx.ASGITransport(channel.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
            yield client


async def post(door, body, path="/slack/events", **headers):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await door.post(path, content=body, headers={**signed(body), **headers})


async def test_a_signed_event_is_stored_and_answered_with_200(door, inbox):
    answer = await post(door, message())
    assert (answer.status_code, answer.text) == (200, "")
    (raw,) = inbox.stored.values()
    assert (raw.key, raw.lane) == ("Ev1", "slack:THOME:CCONNECT:1700000000.000100")
    assert json.loads(raw.body) == message()
    assert raw.envelope["via"] == "http"


async def test_the_challenge_is_answered_without_asking_slack_who_we_are(door, inbox):
    answer = await post(door, {"type": "url_verification", "challenge": "c-123", "token": "t"})
    assert (answer.status_code, "c-123" in answer.text) == (200, True)
    assert inbox.stored == {}


@pytest.mark.parametrize(
    "form",
    [
        {"payload": json.dumps({"type": "block_actions", "trigger_id": "1.2"})},
        {"command": "/helpdesk", "trigger_id": "1.2"},
    ],
)
async def test_forms_are_stored_too(door, inbox, form):
    body = urlencode(form).encode()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert (await post(door, body, **kind)).status_code == 200
    assert [json.loads(raw.body)["trigger_id"] for raw in inbox.stored.values()] == ["1.2"]


async def test_not_stored_means_503_and_slacks_next_try_is_stored(door, inbox):
    inbox.refuse = 1
    assert (await post(door, message())).status_code == 503
    again = await post(door, message(), **{"x-slack-retry-num": "1", "x-slack-retry-reason": "http_error"})
    assert again.status_code == 200
    (raw,) = inbox.stored.values()
    assert (raw.envelope["retry_num"], raw.envelope["retry_reason"]) == ("1", "http_error")


async def test_before_the_desk_runs_slack_is_told_to_come_back():
    channel = SlackChannel(SlackConfig("xoxb-t", signing_secret=SECRET, mode="http"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(channel.asgi), base_url="http://desk") as client:
        assert (await post(client, message())).status_code == 503
    await channel.close()


BODY = json.dumps(message()).encode()


@pytest.mark.parametrize(
    "make_headers",
    [
        lambda: signed(BODY, secret="wrong"),
        lambda: signed(b"other"),
        lambda: signed(BODY, at=time.time() - 400),
        lambda: signed(BODY, at=time.time() + 400),
        lambda: signed(BODY, **{"x-slack-signature": None}),
        lambda: signed(BODY, **{"x-slack-request-timestamp": None}),
        lambda: signed(BODY, **{"x-slack-request-timestamp": "soon"}),
        lambda: signed(BODY, **{"x-slack-request-timestamp": "-1"}),
        lambda: signed(BODY, **{"x-slack-request-timestamp": "9" * 40}),
        lambda: signed(BODY, **{"x-slack-request-timestamp": "٣"}),
        lambda: signed(BODY, **{"x-slack-signature": "v0=" + "ü" * 64}),
        lambda: signed(BODY, **{"x-slack-signature": "v1=" + "0" * 64}),
        lambda: signed(BODY, **{"x-slack-signature": ""}),
        dict,
    ],
)
async def test_without_a_fresh_right_signature_nothing_comes_in(door, inbox, make_headers):
    # Signed now and not when the tests are collected: ten minutes later other times would be right and wrong.
    raw = {name.encode(): value.encode() for name, value in make_headers().items()}
    answer = await door.post("/slack/events", content=BODY, headers=raw)
    assert answer.status_code == 401
    assert len(answer.text) < 60
    assert (inbox.tries, inbox.stored) == (0, {})


async def test_two_signatures_are_as_bad_as_none(door):
    twice = [*signed(BODY).items(), ("x-slack-signature", "v0=" + "0" * 64)]
    assert (await door.post("/slack/events", content=BODY, headers=twice)).status_code == 401


async def test_refused_bodies_are_never_logged(door, caplog):
    caplog.set_level(logging.DEBUG)
    secret_words = b'{"type":"event_callback","event":{"text":"my card is 4111"}}'
    await door.post("/slack/events", content=secret_words, headers=signed(secret_words, secret="wrong"))
    assert "4111" not in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/slack/events", 405),
        ("PUT", "/slack/events", 405),
        ("POST", "/slack", 404),
        ("POST", "/slack/events/x", 404),
    ],
)
async def test_other_doors_are_closed(door, method, path, status):
    answer = await door.request(method, path, content=BODY, headers=signed(BODY))
    assert answer.status_code == status


async def test_large_bodies_are_refused_before_they_are_read(door, inbox):
    large = b" " * (1024 * 1024 + 1)
    assert (await post(door, large)).status_code == 413
    assert (await post(door, BODY, **{"content-length": str(10**30)})).status_code == 413
    assert (await post(door, BODY, **{"content-length": "-5"})).status_code == 400


async def test_a_body_of_unknown_length_is_still_limited(door):
    async def drip():
        for _ in range(20):
            yield b" " * 65_536

    answer = await door.post("/slack/events", content=drip(), headers=signed(BODY))
    assert answer.status_code == 413


async def test_a_body_that_is_not_utf8_is_refused(door, inbox):
    assert (await post(door, b"\xff\xfe{}")).status_code == 400
    assert inbox.tries == 0


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[1]", b'"x"', b"payload=%7B", b"payload=[]", b"[" * 50_000, b"{}",
        b'{"type":"event_callback","event":"x"}',
        b'{"type":"event_callback","event":{"type":"message","channel":{"a":[]}},"authorizations":["x"]}',
        b'{"type":"event_callback","authorizations":{"a":1}}', b'{"type":["a"],"team":7,"user":[],"view":3}',
        b'{"enterprise":5}', b'{"response_urls":[1]}', b'{"type":"event_callback","event":{"text":"\\ud800"}}',
    ],
)  # fmt: skip
async def test_signed_nonsense_is_kept_for_a_person_and_never_an_error(door, inbox, body):
    answer = await post(door, body)
    assert answer.status_code == 200
    assert len(inbox.stored) == 1


async def test_signed_nonsense_can_be_read_as_unreadable(door, inbox):
    await post(door, b"{")
    (raw,) = inbox.stored.values()
    channel = SlackChannel(SlackConfig("xoxb-t", signing_secret=SECRET, mode="http"))
    with pytest.raises(Unreadable):
        await channel.read(raw)
    assert raw.body == b"{"


async def swallow(body, headers):
    return BoltResponse(status=200)


@settings(deadline=None)
@given(
    method=st.sampled_from(["POST", "GET"]),
    headers=st.lists(
        st.tuples(
            st.sampled_from([b"content-length", b"x-slack-signature", b"x-slack-request-timestamp", b"content-type"]),
            st.binary(max_size=80),
        ),
        max_size=5,
    ),
    body=st.binary(max_size=50),
)
async def test_no_request_makes_the_guard_fail(method, headers, body):
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(part):
        sent.append(part)

    scope = {"type": "http", "method": method, "path": "/slack/events", "headers": headers}
    await SlackHttp(swallow, SECRET)(scope, receive, send)
    assert sent[0]["status"] in (400, 401, 405, 413)


async def test_a_sender_who_goes_away_is_no_event(inbox):
    async def receive():
        return {"type": "http.disconnect"}

    async def send(part):
        raise AssertionError("nobody is listening")

    headers = [(name.encode(), value.encode()) for name, value in signed(b"").items()]
    scope = {"type": "http", "method": "POST", "path": "/slack/events", "headers": headers}
    await SlackHttp(swallow, SECRET)(scope, receive, send)


# ------------------------------------------------------------------ with a Slack that pushes


async def test_the_whole_way_over_http(slack, town, inbox):
    channel = SlackChannel(config(slack, mode="http"))
    async with over_http(channel) as url, listening(channel, inbox):
        await town.options(push_url=url)
        inbox.refuse = 2
        await town.say(ACME, "U0ALICE", "Where is order A-1?")
        await inbox.until(len)
        (delivery,) = await town.deliveries("message")
        (got,) = await read_all(channel, list(inbox.stored.values()))

        assert isinstance(got, Wrote)
        assert got.author.external_id == "T0ACME/U0ALICE"
        assert inbox.tries == 3
        assert (await town.slash(STAFF, "U0SAM", "/helpdesk", "queue"))["acked"]
        assert delivery["payload"]["event_id"] in inbox.stored
