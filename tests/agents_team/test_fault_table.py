"""Everything a provider can do to us, through the real client on both APIs: what we make of it, how often we ask."""

import json
import re
import unicodedata
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from helpers import MemoryLog, turn_of
from small_shop import SmallShop

from agents_team.config import SAMPLE_KNOWLEDGE, TeamConfig
from agents_team.knowledge import Knowledge
from agents_team.team import Team
from agents_team.turn import Bounds, TeamGaveUp, TeamUnavailable
from bot.sandbox.model.client import ModelTown

pytestmark = pytest.mark.asyncio(loop_scope="module")

HELLO = turn_of("hello")


@pytest_asyncio.fixture(loop_scope="module", params=["responses", "chat_completions"])
async def build(model_town: ModelTown, request: pytest.FixtureRequest) -> AsyncIterator[Callable[..., Team]]:
    """Teams on the server that start at triage, so that one answer takes two calls."""
    teams: list[Team] = []

    def make(**changed: Any) -> Team:
        config = {
            "provider": "openai", "base_url": model_town.base_url, "api_key": model_town.key, "name": "sandbox-large",
            "api": str(request.param), "request_timeout": 0.4, "router_first": False, **changed,
        }  # fmt: skip
        teams.append(Team(TeamConfig(**config), SmallShop(), Knowledge(SAMPLE_KNOWLEDGE)))
        return teams[-1]

    yield make
    for team in teams:
        await team.close()


@dataclass(frozen=True)
class Row:
    """What the server does, what we raise (None: it is mended within the run), and how many requests it saw."""

    respond: dict[str, Any] | str
    raises: type[Exception] | None
    requests: int
    after: float | None = None


def status(number: int, *, code: str | None = None, times: int = 99, **headers: str) -> dict[str, Any]:
    error = {"message": f"status {number}", "type": "error", "code": code}
    respond = {"status": number, "error": error, "headers": {"Retry-After": "0", **headers}}
    return {"respond": respond, "times": times}


def says(**respond: Any) -> dict[str, Any]:
    return {"respond": respond}


TABLE = {
    "too many requests, over in a moment": Row(status(429, times=1), None, 3),
    "too many requests, lasting": Row(status(429), TeamUnavailable, 2, after=0.0),
    "too many requests, come back in an hour": Row(
        status(429, **{"Retry-After": "3600"}), TeamUnavailable, 1, after=3600.0
    ),
    "an empty account": Row(status(429, code="insufficient_quota"), TeamUnavailable, 1, after=0.0),
    "a server error, over in a moment": Row(status(500, times=1), None, 3),
    "a server error, lasting": Row(status(503), TeamUnavailable, 2, after=0.0),
    "overloaded": Row(status(529), TeamUnavailable, 2, after=0.0),
    "a wrong key": Row(status(401), TeamUnavailable, 1, after=0.0),
    "not allowed": Row(status(403), TeamUnavailable, 1, after=0.0),
    "no such model": Row(status(404), TeamUnavailable, 1, after=0.0),
    "too long a request": Row(status(400, code="context_length_exceeded"), TeamGaveUp, 1),
    "too large a request": Row(status(413), TeamGaveUp, 1),
    "a request that makes no sense": Row(status(422), TeamGaveUp, 1),
    "a connection that breaks": Row("reset", TeamUnavailable, 2),
    "silence": Row("hang", TeamUnavailable, 1),
    "arguments that are no JSON": Row(says(calls=[{"name": "transfer_to_faq", "arguments": "{oops"}]), TeamGaveUp, 2),
    "half of a body": Row(says(status=200, body='{"id": "resp_1", "output": ['), TeamGaveUp, 2),
    "a web page": Row(says(status=200, body="<html>welcome</html>"), TeamGaveUp, 2),
    "a text that stops at the token limit": Row(says(text="Your refund of", cut_off=True), TeamGaveUp, 2),
    "a refusal": Row(says(refusal="I cannot help with that."), TeamGaveUp, 1),
}


@pytest.mark.parametrize("row", list(TABLE.values()), ids=list(TABLE))
async def test_each_fault_is_sorted_and_tries_never_multiply(
    build: Callable[..., Team], model_town: ModelTown, row: Row
) -> None:
    if isinstance(row.respond, str):
        await model_town.fault("*", row.respond, times=99)
    else:
        await model_town.script(row.respond)
    log = MemoryLog()

    if row.raises is None:
        assert (await build().respond(HELLO, log)).text
    else:
        with pytest.raises(row.raises) as raised:
            await build().respond(HELLO, log)
        if isinstance(raised.value, TeamUnavailable):
            assert raised.value.after == row.after

    # A request that hangs or breaks is in the server's log only where it came to reading it.
    seen = len(await model_town.log())
    assert seen == row.requests or isinstance(row.respond, str)


async def test_an_invented_tool_goes_back_to_the_model(build: Callable[..., Team], model_town: ModelTown) -> None:
    invented = {"respond": {"calls": [{"name": "issue_refund", "arguments": {"amount": 1}}]}, "times": 1}
    await model_town.script(invented, {"respond": {"text": "I cannot do that."}})

    answer = await build().respond(turn_of("refund", lane="faq"), MemoryLog())

    assert answer.text == "I cannot do that."
    assert len(await model_town.log()) == 2


async def test_a_model_that_never_ends_is_stopped_and_a_person_goes_on(
    build: Callable[..., Team], model_town: ModelTown
) -> None:
    await model_town.script({"respond": {"calls": [{"name": "list_orders", "arguments": {}}]}})

    loop = turn_of("loop", lane="order_status", bounds=Bounds(identical_calls=2))
    with pytest.raises(TeamGaveUp, match="list_orders more than 2 times"):
        await build().respond(loop, MemoryLog())

    assert len(await model_town.log()) == 3


async def test_after_three_failures_nobody_waits_for_a_provider_that_is_down(
    build: Callable[..., Team], model_town: ModelTown
) -> None:
    team = build()
    await model_town.script(status(401))
    for _ in range(5):
        with pytest.raises(TeamUnavailable):
            await team.respond(HELLO, MemoryLog())

    assert len(await model_town.log()) == 3


async def test_with_a_second_provider_a_broken_first_one_costs_nothing(
    build: Callable[..., Team], model_town: ModelTown
) -> None:
    gone = {"provider": "openai", "base_url": "http://127.0.0.1:9/v1", "api_key": "k", "name": "m"}
    good = TeamConfig(provider="openai", base_url=model_town.base_url, api_key=model_town.key, name="sandbox-large")
    team = build(**gone, fallback=good)

    answers = [await team.respond(HELLO, MemoryLog()) for _ in range(4)]

    assert all(answer.text for answer in answers)
    log = MemoryLog()
    await team.respond(HELLO, log)
    assert [step.name for step in log.steps if step.name == "provider down"] == []


async def test_prefixes_are_the_same_bytes_for_every_customer(
    build: Callable[..., Team], model_town: ModelTown
) -> None:
    team = build(prompt_cache=True)
    await team.respond(turn_of("How do I export data to CSV?"), MemoryLog())
    await team.respond(
        turn_of("How do I export data to CSV?", customer_id="cus_bob", requester_name="Bob", ticket_id="tkt_2"),
        MemoryLog(),
    )

    bodies = [row["body"] for row in await model_town.log()]
    assert {body["prompt_cache_key"] for body in bodies} == {"helpdesk:triage", "helpdesk:faq"}
    half = len(bodies) // 2
    assert half > 1
    for first, second in zip(bodies[:half], bodies[half:], strict=True):
        assert _prefix(first) == _prefix(second)


async def test_a_server_that_may_not_know_the_field_gets_no_cache_key(
    build: Callable[..., Team], model_town: ModelTown
) -> None:
    await build().respond(HELLO, MemoryLog())

    assert [row for row in await model_town.log() if "prompt_cache_key" in row["body"]] == []


def _prefix(body: dict[str, Any]) -> str:
    """What comes before the conversation: instructions and tools, in the order they were sent."""
    system = body.get("instructions") or body["messages"][0]["content"]
    return f"{body['model']}{system}{body['tools']}{body.get('tool_choice')}"


PRIVATE = {
    "4111111111111111": ("4111 1111 1111 1111", "4111-1111\n1111-1111", "４１１１ １１１１ １１１１ １１１１"),
    "4532123456789012": ("4532-1234-5678-9012",),
    "078051120": ("SSN 078-05-1120", "my social security number is 078051120"),
    "DE89370400440532013000": ("DE89 3704 0044 0532 0130 00", "de89370400440532013000"),
}


async def test_no_card_or_account_number_leaves_us_however_it_is_written(
    build: Callable[..., Team], model_town: ModelTown
) -> None:
    texts = [f"Please refund ORD-1003 to {written}" for shapes in PRIVATE.values() for written in shapes]

    answer = await build().respond(turn_of(*texts), MemoryLog())

    assert "please never send one here" in answer.text
    sent = json.dumps([row["body"] for row in await model_town.log()], ensure_ascii=False)
    assert "[card ending 1111]" in sent
    bare = re.sub(r"\\n|[^0-9A-Za-z]", "", unicodedata.normalize("NFKC", sent)).upper()
    assert [number for number in PRIVATE if number in bare] == []
