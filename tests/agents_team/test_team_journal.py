"""A model call is paid once: a run that is repeated after a crash goes on where it stopped."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import openai
import pytest
from agents.items import ModelResponse
from agents.testing import ModelStep, ScriptedModel, assistant_message, function_call
from agents.usage import Usage
from helpers import Crash, MemoryLog, transfer, turn_of
from openai.types.responses import ResponseReasoningItem
from small_shop import SmallShop

from agents_team.config import SAMPLE_KNOWLEDGE, TeamConfig
from agents_team.journal import dump_response, load_response
from agents_team.knowledge import Knowledge
from agents_team.team import Team
from agents_team.turn import TeamUnavailable

Build = Callable[..., Team]

REFUND = turn_of("I was charged twice, please refund ORD-1002")
CALLS = 5


def steps() -> list[Any]:
    """triage → refund → charges → proposal → knowledge → answer, with the reasoning a real model adds."""
    thinking = ResponseReasoningItem(id="rs_1", type="reasoning", summary=[])
    wish = {"order_id": "ORD-1002", "charge_id": None, "amount_minor": None, "reason": "charged twice"}
    return [
        transfer("refund"),
        [thinking, function_call("list_charges", {}, call_id="call_a")],
        [function_call("propose_refund", wish, call_id="call_b")],
        [function_call("search_knowledge", {"question": "charged twice"}, call_id="call_c")],
        [assistant_message("It is being checked. Duplicates are paid back in full [S1].")],
    ]


@pytest.mark.parametrize("crash_after", range(1, CALLS + 1))
async def test_after_a_crash_at_any_model_call_only_what_is_missing_is_paid(team_on: Build, crash_after: int) -> None:
    undisturbed = await team_on(ScriptedModel(steps())).respond(REFUND, MemoryLog())
    model = ScriptedModel(steps())
    log = MemoryLog(crash_after=crash_after)

    with pytest.raises(Crash):
        await team_on(model).respond(REFUND, log)
    log.crash_after = None
    answer = await team_on(model).respond(REFUND, log)

    assert len(model.calls) == len(log.calls) == CALLS
    assert answer == replace(undisturbed, memory=answer.memory)
    assert [i.get("role") for i in answer.memory] == [i.get("role") for i in undisturbed.memory]
    model.assert_complete()


async def test_a_crash_at_every_single_call_in_turn_still_pays_each_once(team_on: Build) -> None:
    model = ScriptedModel(steps())
    log = MemoryLog()

    for crash_after in range(1, CALLS + 1):
        log.crash_after = crash_after
        with pytest.raises(Crash):
            await team_on(model).respond(REFUND, log)
    log.crash_after = None
    answer = await team_on(model).respond(REFUND, log)

    assert len(model.calls) == CALLS
    assert answer.usage.requests == CALLS
    assert len(answer.proposals) == 1


async def test_a_replayed_run_asks_nobody_and_says_the_same(team_on: Build) -> None:
    log = MemoryLog()
    first = await team_on(ScriptedModel(steps())).respond(REFUND, log)

    again = await team_on(ScriptedModel([])).respond(REFUND, log)

    assert again == first


async def test_the_second_attempt_after_nonsense_is_replayed_as_the_second(team_on: Build) -> None:
    script = [[assistant_message("I am triage.")], transfer("faq"), [assistant_message("Hello.")]]
    model = ScriptedModel(script)
    log = MemoryLog()
    first = await team_on(model).respond(turn_of("hello"), log)

    again = await team_on(ScriptedModel([])).respond(turn_of("hello"), log)

    assert again == first
    assert sorted(n for _, n in log.calls) == [0, 0, 1]


async def test_a_changed_question_is_a_new_call(team_on: Build) -> None:
    log = MemoryLog()
    await team_on(ScriptedModel(steps())).respond(REFUND, log)
    model = ScriptedModel([transfer("faq"), [assistant_message("Hello.")]])

    await team_on(model).respond(turn_of("something else"), log)

    assert len(model.calls) == 2


async def test_calls_paid_before_the_provider_went_down_are_not_paid_again(team_on: Build) -> None:
    down = openai.APIConnectionError(request=None)  # type: ignore[arg-type]
    model = ScriptedModel([*steps()[:2], ModelStep.raise_error(down), *steps()[2:]])
    log = MemoryLog()

    with pytest.raises(TeamUnavailable):
        await team_on(model).respond(REFUND, log)
    assert len(log.calls) == 2
    answer = await team_on(model).respond(REFUND, log)

    assert len(log.calls) == CALLS
    assert len(model.calls) == CALLS + 1
    assert len(answer.proposals) == 1


@pytest.mark.parametrize("crash_after", range(1, 6))
async def test_the_offline_model_goes_on_after_a_crash_too(
    shop: SmallShop, knowledge: Knowledge, crash_after: int
) -> None:
    turn = turn_of("I was charged twice, I want a refund for the duplicate")
    log = MemoryLog(crash_after=crash_after)

    with pytest.raises(Crash):
        await Team(TeamConfig(), shop, knowledge).respond(turn, log)
    log.crash_after = None
    answer = await Team(TeamConfig(), shop, Knowledge(SAMPLE_KNOWLEDGE)).respond(turn, log)

    assert len(log.calls) == answer.usage.requests == 5
    assert [proposal.wish["order_id"] for proposal in answer.proposals] == ["ORD-1002"]


def test_a_stored_response_comes_back_the_same() -> None:
    thinking = ResponseReasoningItem(id="rs_1", type="reasoning", summary=[], encrypted_content="abc")
    output = [thinking, function_call("f", {"a": None}, call_id="c1"), assistant_message("hi")]
    usage = Usage(requests=1, input_tokens=3, output_tokens=4, total_tokens=7)
    response = ModelResponse(output=list(output), usage=usage, response_id="resp_1")

    once = load_response(dump_response(response))
    twice = load_response(dump_response(once))

    assert once == twice
    assert once.to_input_items() == response.to_input_items()
    assert (once.usage.input_tokens, once.usage.total_tokens, once.response_id) == (3, 7, "resp_1")
