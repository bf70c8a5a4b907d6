"""Each planned fault happens as it does in the world, and the sandbox knows what was really done."""

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_support import ACME, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def post(stage: Stage, seconds: float = 1.0) -> None:
    async with asyncio.timeout(seconds):
        await stage.slack.chat_postMessage(channel=ACME, text="hello")


async def stored(stage: Stage) -> int:
    return len(await stage.town.messages(ACME))


async def test_429_says_when_to_come_back_and_does_nothing(stage: Stage):
    await stage.town.fault("chat.postMessage", "429", seconds=7)

    with pytest.raises(SlackApiError) as refusal:
        await post(stage)
    assert (refusal.value.response.status_code, refusal.value.response.headers["Retry-After"]) == (429, "7")
    assert await stored(stage) == 0


async def test_500_does_nothing(stage: Stage):
    await stage.town.fault("chat.postMessage", "500")

    with pytest.raises(SlackApiError):
        await post(stage)
    assert await stored(stage) == 0


async def test_reset_does_nothing(stage: Stage):
    await stage.town.fault("chat.postMessage", "reset")

    with pytest.raises(aiohttp.ClientError):
        await post(stage)
    assert await stored(stage) == 0


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("apply_then_reset", aiohttp.ClientError),
        ("apply_then_500", SlackApiError),
        ("apply_then_hang", TimeoutError),
    ],
)
async def test_a_lost_answer_leaves_exactly_one_message(stage: Stage, fault: str, seen: type[Exception]):
    await stage.town.fault("chat.postMessage", fault)

    with pytest.raises(seen):
        await post(stage, 0.3)
    assert await stored(stage) == 1
    (call,) = await stage.town.calls("chat.postMessage")
    assert (call["fault"], call["applied"]) == (fault, True)
    assert [each["payload"]["event"]["text"] for each in await stage.town.deliveries("message")] == ["hello"]


async def test_hang_does_nothing(stage: Stage):
    await stage.town.fault("chat.postMessage", "hang")

    with pytest.raises(TimeoutError):
        await post(stage, 0.3)
    assert await stored(stage) == 0


async def test_delay_is_late_but_done(stage: Stage):
    await stage.town.fault("chat.postMessage", "delay", seconds=0.2)

    await post(stage)
    assert await stored(stage) == 1


async def test_a_fault_meets_only_its_method_and_only_so_often(stage: Stage):
    await stage.town.fault("chat.postMessage", "500", times=1, skip=1)

    assert (await stage.slack.auth_test())["ok"]
    await post(stage)
    with pytest.raises(SlackApiError):
        await post(stage)
    await post(stage)
    assert await stored(stage) == 2


async def test_faults_can_be_forgotten(stage: Stage):
    await stage.town.fault("*", "500", times=5)
    await stage.town.clear_faults()

    await post(stage)
    assert await stored(stage) == 1
