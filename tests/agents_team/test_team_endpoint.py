"""The team through the official client against a real server, over both APIs: answers, failures, and what left us."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from helpers import Conversation, MemoryLog, turn_of, waiting_refund
from small_shop import SmallShop

from agents_team.config import SAMPLE_KNOWLEDGE, TeamConfig
from agents_team.knowledge import Knowledge
from agents_team.team import Team
from agents_team.turn import Bounds, TeamGaveUp, TeamUnavailable
from bot.sandbox.model.client import ModelTown

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPERATIONS = {"responses": "responses", "chat_completions": "chat.completions"}
NOTE: dict[str, Any] = {
    "reason": "r",
    "priority": "low",
    "sentiment": "neutral",
    "language": "en",
    "summary": "s",
    "order_ids": [],
    "amount_minor": None,
}
TO_FAQ = {"match": {"tool": "transfer_to_faq"}, "respond": {"calls": [{"name": "transfer_to_faq", "arguments": NOTE}]}}


@pytest.fixture(params=list(OPERATIONS))
def api(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest_asyncio.fixture(loop_scope="module")
async def build(model_town: ModelTown, api: str) -> AsyncIterator[Callable[..., Team]]:
    """Teams on the server, closed at the end."""
    teams: list[Team] = []

    def make(**changed: Any) -> Team:
        settings = {
            "provider": "openai",
            "base_url": model_town.base_url,
            "api_key": model_town.key,
            "name": "sandbox-large",
            "router_name": "sandbox-small",
            "api": api,
            "request_timeout": 5.0,
            "router_first": False,
            **changed,
        }
        teams.append(Team(TeamConfig(**settings), SmallShop(), Knowledge(SAMPLE_KNOWLEDGE)))
        return teams[-1]

    yield make
    for team in teams:
        await team.close()


@pytest_asyncio.fixture(loop_scope="module")
async def team(build: Callable[..., Team]) -> Team:
    return build()


async def test_a_question_is_answered_from_the_documents(team: Team) -> None:
    answer = await team.respond(turn_of("How do I export data to CSV?"), MemoryLog())

    assert answer.route == ("triage", "faq")
    assert answer.text.endswith("[1]")
    assert answer.citations[0].document == "troubleshooting.md"
    assert answer.handled_by == "model"
    assert answer.usage.input_tokens > 0


async def test_a_refund_is_proposed_and_a_follow_up_keeps_the_specialist(team: Team) -> None:
    talk = Conversation(team)

    first = await talk.say("Please refund ORD-1003")
    second = await talk.say("where is my money, refund please? ORD-1003", pending=(waiting_refund("ORD-1003"),))

    assert [proposal.wish["charge_id"] for proposal in first.proposals] == ["ch_ORD-1003"]
    assert second.route == ("refund",)
    assert talk.proposals == [dict(first.proposals[0].wish)]


async def test_a_person_is_fetched(team: Team) -> None:
    answer = await team.respond(turn_of("I want to talk to a human"), MemoryLog())

    assert answer.escalation is not None
    assert answer.specialist == "escalation"


async def test_triage_uses_the_small_model_and_specialists_the_large_one(
    team: Team, model_town: ModelTown, api: str
) -> None:
    await team.respond(turn_of("hello"), MemoryLog())

    rows = await model_town.log()
    assert [row["operation"] for row in rows] == [OPERATIONS[api]] * 2
    assert [row["body"]["model"] for row in rows] == ["sandbox-small", "sandbox-large"]
    assert [row["body"].get("tool_choice") for row in rows] == ["required", None]
    assert not any(row["body"].get("stream") for row in rows)


async def test_a_repeated_run_sends_nothing(team: Team, model_town: ModelTown) -> None:
    log = MemoryLog()
    first = await team.respond(turn_of("Please refund ORD-1003"), log)
    await model_town.forget_log()

    again = await team.respond(turn_of("Please refund ORD-1003"), log)

    assert again == first
    assert await model_town.log() == []


@pytest.mark.parametrize("fault", ["429", "500", "reset", "apply_then_500"])
async def test_a_short_trouble_goes_unnoticed(team: Team, model_town: ModelTown, api: str, fault: str) -> None:
    await model_town.fault(OPERATIONS[api], fault, seconds=0)

    assert (await team.respond(turn_of("hello"), MemoryLog())).text


@pytest.mark.parametrize("fault", ["429", "500", "reset", "hang"])
async def test_a_long_trouble_means_try_again_later(
    build: Callable[..., Team], model_town: ModelTown, api: str, fault: str
) -> None:
    team = build(request_timeout=0.3)
    log = MemoryLog()
    await model_town.fault(OPERATIONS[api], fault, times=2, skip=1, seconds=0)

    with pytest.raises(TeamUnavailable):
        await team.respond(turn_of("hello"), log)
    assert len(log.calls) == 1
    await model_town.forget_faults()
    answer = await team.respond(turn_of("hello"), log)

    assert answer.text
    assert answer.usage.requests == len(log.calls) == 2


async def test_a_provider_that_is_gone_means_try_again_later(build: Callable[..., Team]) -> None:
    with pytest.raises(TeamUnavailable):
        await build(base_url="http://127.0.0.1:9/v1").respond(turn_of("hello"), MemoryLog())


@pytest.mark.parametrize("changed", [{"api_key": "sk-wrong"}, {"router_name": "gpt-17"}])
async def test_a_wrong_key_or_model_is_for_the_operator_and_keeps_the_run(
    build: Callable[..., Team], changed: dict[str, str]
) -> None:
    with pytest.raises(TeamUnavailable):
        await build(**changed).respond(turn_of("hello"), MemoryLog())


async def test_a_request_the_provider_will_never_take_is_for_a_person(team: Team, model_town: ModelTown) -> None:
    error = {"message": "maximum context length", "type": "invalid_request_error", "code": "context_length_exceeded"}
    await model_town.script({"respond": {"status": 400, "error": error}})

    with pytest.raises(TeamGaveUp, match="maximum context length"):
        await team.respond(turn_of("hello"), MemoryLog())


NONSENSE = {
    "text instead of a handoff": {"text": "I will help you myself."},
    "arguments that are no JSON": {"calls": [{"name": "transfer_to_faq", "arguments": "{oops"}]},
    "arguments that miss a field": {"calls": [{"name": "transfer_to_faq", "arguments": {"reason": "r"}}]},
    "a web page": {"status": 200, "body": "<html>welcome</html>"},
    "an empty object": {"status": 200, "body": "{}"},
    "half of a body": {"status": 200, "body": '{"id": "resp_1", "output": ['},
    "null": {"status": 200, "body": "null"},
    "no choices": {"status": 200, "body": '{"id":"x","choices":[],"output":[]}'},
    "choices of null": {"status": 200, "body": '{"id":"x","choices":null,"output":null}'},
}


@pytest.mark.parametrize("respond", list(NONSENSE.values()), ids=list(NONSENSE))
async def test_nonsense_is_asked_about_once_more(team: Team, model_town: ModelTown, respond: dict[str, Any]) -> None:
    await model_town.script({"respond": respond, "times": 1})

    answer = await team.respond(turn_of("hello"), MemoryLog())

    assert answer.specialist == "faq"


@pytest.mark.parametrize("respond", list(NONSENSE.values()), ids=list(NONSENSE))
async def test_lasting_nonsense_is_for_a_person(team: Team, model_town: ModelTown, respond: dict[str, Any]) -> None:
    await model_town.script({"respond": respond})

    with pytest.raises(TeamGaveUp):
        await team.respond(turn_of("hello"), MemoryLog())

    assert len(await model_town.log()) == 2


@pytest.mark.parametrize(
    "respond",
    [{"refusal": "I cannot help with that."}, {"text": ""}, {"text": "Your refund of", "cut_off": True}],
    ids=["refusal", "blank", "cut off"],
)
async def test_a_specialist_that_refuses_or_stops_short_is_for_a_person(
    team: Team, model_town: ModelTown, respond: dict[str, Any]
) -> None:
    await model_town.script(TO_FAQ, {"respond": respond})

    with pytest.raises(TeamGaveUp):
        await team.respond(turn_of("hello"), MemoryLog())


async def test_an_answer_that_stops_at_the_token_limit_is_written_again(team: Team, model_town: ModelTown) -> None:
    half = {"text": "You can return it within 30", "cut_off": True}
    await model_town.script(TO_FAQ, {"respond": half, "times": 1}, {"respond": {"text": "30 days."}})

    assert (await team.respond(turn_of("returns?"), MemoryLog())).text == "30 days."


async def test_a_run_that_hangs_ends_at_its_bound(team: Team, model_town: ModelTown) -> None:
    await model_town.fault("*", "hang")

    with pytest.raises(TeamGaveUp, match="seconds"):
        await team.respond(turn_of("hello", bounds=Bounds(seconds=0.3)), MemoryLog())


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"name": ""}, "model.name"),
        ({"api": "completions"}, "model.api"),
        ({"provider": "openia"}, "model.provider"),
        ({"base_url": None, "api_key": None}, "model.api_key"),
    ],
)
async def test_missing_settings_are_named(build: Callable[..., Team], changed: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        build(**changed)
