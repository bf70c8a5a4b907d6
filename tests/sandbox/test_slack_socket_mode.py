"""Socket Mode: who gets an envelope, what happens without an acknowledgement, and how sockets come and go."""

import contextlib
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from slack_support import ACME, ALICE, BOT, Json, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

Socket = aiohttp.ClientWebSocketResponse


@pytest_asyncio.fixture(loop_scope="module")
async def sockets(stage: Stage) -> AsyncIterator[contextlib.AsyncExitStack]:
    """Closes at the end whatever was opened."""
    async with contextlib.AsyncExitStack() as opened:
        yield opened
    await stage.town.until(lambda world: world["sockets"] == 0)


async def connect(stage: Stage, sockets: contextlib.AsyncExitStack) -> Socket:
    address = (await stage.call("apps.connections.open", token="app"))["url"]
    socket = await sockets.enter_async_context(stage.http.ws_connect(address))
    hello = await heard(socket)
    assert (hello["type"], hello["connection_info"]["app_id"]) == ("hello", stage.ready["app_id"])
    return socket


async def heard(socket: Socket, seconds: float = 3.0) -> Json:
    frame: Json = json.loads((await socket.receive(seconds)).data)
    return frame


async def ack(socket: Socket, envelope: Json) -> None:
    await socket.send_json({"envelope_id": envelope["envelope_id"]})


async def settled(stage: Stage) -> Json:
    """The first delivery, once it is acknowledged or dropped."""
    await stage.town.quiet()
    first: Json = (await stage.town.deliveries())[0]
    return first


async def test_a_message_arrives_and_its_ack_settles_it(stage: Stage, sockets: contextlib.AsyncExitStack):
    socket = await connect(stage, sockets)
    ts = await stage.town.say(ACME, ALICE, "where is my order?")

    envelope = await heard(socket)
    await ack(socket, envelope)
    assert envelope["type"] == "events_api"
    assert envelope["payload"]["event"]["ts"] == ts
    assert (envelope["retry_attempt"], envelope["retry_reason"]) == (0, "")
    assert ((await settled(stage))["state"], (await settled(stage))["attempts"]) == ("acked", 1)


async def test_without_ack_an_event_comes_three_more_times_and_is_dropped(
    stage: Stage, sockets: contextlib.AsyncExitStack
):
    socket = await connect(stage, sockets)
    await stage.town.say(ACME, ALICE, "hello")

    envelopes = [await heard(socket) for _ in range(4)]
    assert [each["retry_attempt"] for each in envelopes] == [0, 1, 2, 3]
    assert envelopes[1]["retry_reason"] == "timeout"
    assert len({each["payload"]["event_id"] for each in envelopes}) == 1
    assert ((await settled(stage))["state"], (await settled(stage))["attempts"]) == ("dropped", 4)


async def test_a_late_ack_does_not_count(stage: Stage, sockets: contextlib.AsyncExitStack):
    socket = await connect(stage, sockets)
    await stage.town.say(ACME, ALICE, "hello")

    first = await heard(socket)
    second = await heard(socket)
    await ack(socket, first)
    await ack(socket, second)
    assert (await settled(stage))["attempts"] == 2
    assert (await stage.town.sockets())["stray_acks"] >= 1


async def test_an_ack_counts_only_on_its_own_connection(stage: Stage, sockets: contextlib.AsyncExitStack):
    first, second = await connect(stage, sockets), await connect(stage, sockets)
    await stage.town.say(ACME, ALICE, "hello")
    await stage.town.say(ACME, ALICE, "hello again")

    one, other = await heard(first), await heard(second)
    await ack(first, other)
    await ack(second, one)
    retries = [await heard(first), await heard(second)]
    assert [each["retry_attempt"] for each in retries] == [1, 1]
    assert (await stage.town.sockets())["stray_acks"] >= 2


async def test_each_envelope_goes_to_one_of_the_sockets(stage: Stage, sockets: contextlib.AsyncExitStack):
    opened = [await connect(stage, sockets) for _ in range(3)]
    for number in range(6):
        await stage.town.say(ACME, ALICE, f"message {number}")

    texts = []
    for socket in opened:
        for _ in range(2):
            envelope = await heard(socket)
            await ack(socket, envelope)
            texts.append(envelope["payload"]["event"]["text"])
    assert sorted(texts) == [f"message {number}" for number in range(6)]


async def test_the_eleventh_socket_is_refused(stage: Stage, sockets: contextlib.AsyncExitStack):
    for _ in range(10):
        await connect(stage, sockets)

    with pytest.raises(aiohttp.WSServerHandshakeError):
        await connect(stage, sockets)


async def test_an_address_opens_one_socket_only(stage: Stage, sockets: contextlib.AsyncExitStack):
    address = (await stage.call("apps.connections.open", token="app"))["url"]
    await sockets.enter_async_context(stage.http.ws_connect(address))

    with pytest.raises(aiohttp.WSServerHandshakeError):
        await stage.http.ws_connect(address)


async def test_an_event_waits_for_a_socket(stage: Stage, sockets: contextlib.AsyncExitStack):
    await stage.town.say(ACME, ALICE, "is anybody there?")
    socket = await connect(stage, sockets)

    envelope = await heard(socket)
    await ack(socket, envelope)
    assert envelope["payload"]["event"]["text"] == "is anybody there?"


async def test_an_event_nobody_ever_fetches_is_dropped_and_counted(stage: Stage):
    await stage.town.options(offline_seconds=0.1)
    await stage.town.say(ACME, ALICE, "is anybody there?")

    dropped = await settled(stage)
    assert (dropped["state"], dropped["reason"]) == ("dropped", "no_socket")
    assert (await stage.town.look("deliveries"))["dropped"] == 1


async def test_a_cut_socket_sends_its_envelope_to_another(stage: Stage, sockets: contextlib.AsyncExitStack):
    cut = await connect(stage, sockets)
    await stage.town.say(ACME, ALICE, "hello")
    first = await heard(cut)
    await stage.town.drop_sockets()
    other = await connect(stage, sockets)

    again = await heard(other)
    await ack(other, again)
    assert again["payload"]["event_id"] == first["payload"]["event_id"]
    assert again["retry_attempt"] >= 1


async def test_a_disconnect_frame_comes_before_the_end(stage: Stage, sockets: contextlib.AsyncExitStack):
    leaving = await connect(stage, sockets)
    await stage.town.disconnect_sockets(close_after=0.05)
    frame = await heard(leaving)
    staying = await connect(stage, sockets)
    await stage.town.say(ACME, ALICE, "hello")

    assert (frame["type"], frame["reason"]) == ("disconnect", "refresh_requested")
    assert (await heard(staying))["payload"]["event"]["text"] == "hello"
    assert (await leaving.receive(3)).type is aiohttp.WSMsgType.CLOSE


async def test_handshakes_are_refused_as_often_as_told(stage: Stage, sockets: contextlib.AsyncExitStack):
    await stage.town.refuse_sockets(2)

    for _ in range(2):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await connect(stage, sockets)
    await connect(stage, sockets)


async def test_a_ping_is_answered_with_its_own_bytes(stage: Stage, sockets: contextlib.AsyncExitStack):
    address = (await stage.call("apps.connections.open", token="app"))["url"]
    socket = await sockets.enter_async_context(stage.http.ws_connect(address, autoping=False))
    await socket.ping(b"sdk-ping-pong:1")

    frames = [await socket.receive(3), await socket.receive(3)]
    assert [frame.data for frame in frames if frame.type is aiohttp.WSMsgType.PONG] == [b"sdk-ping-pong:1"]


async def test_the_bot_is_only_told_of_channels_it_is_in_and_may_read(stage: Stage):
    await stage.town.say("C0WATER", "U0NIA", "not for the bot")
    scopes = [scope for scope in (await stage.town.world())["scopes"] if scope != "groups:history"]
    await stage.town.options(scopes=scopes)
    await stage.town.say("C0STAFF", "U0NIA", f"not for the bot either, <@{BOT}>")

    assert await stage.town.deliveries("message") == []
    assert len(await stage.town.deliveries("app_mention")) == 1
