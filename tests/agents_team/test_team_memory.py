"""What a conversation remembers from pass to pass, and what it lets go."""

import json
from collections.abc import Callable
from dataclasses import replace

from agents.testing import ScriptedModel, assistant_message
from helpers import Conversation, MemoryLog, call, transfer, turn_of

from agents_team.memory import MOST_CHARACTERS, MOST_ITEMS, TurnSession, worth_keeping
from agents_team.team import Team
from agents_team.turn import Item

Build = Callable[..., Team]


async def test_the_next_pass_sees_what_was_said_and_found(team_on: Build) -> None:
    model = ScriptedModel(
        [
            transfer("order_status"),
            call("get_order", order_id="ORD-1004"),
            [assistant_message("ORD-1004 is on its way.")],
            [assistant_message("You are welcome.")],
        ]
    )
    talk = Conversation(team_on(model))

    await talk.say("where is ORD-1004")
    await talk.say("thanks")

    seen = model.calls[-1].input
    said = [item["content"] for item in seen if item.get("role") in ("user", "assistant")]
    assert said[:2] == ["where is ORD-1004", "ORD-1004 is on its way."]
    assert said[-1] == "thanks"
    assert [item["name"] for item in seen if item.get("type") == "function_call"] == ["get_order"]


async def test_memory_holds_no_handoffs_no_facts_and_no_drafts(team_on: Build) -> None:
    steps = [transfer("faq"), [assistant_message("I have refunded you.")], [assistant_message("Hello.")]]

    answer = await team_on(ScriptedModel(steps)).respond(turn_of("hello"), MemoryLog())

    assert [(item["role"], item["content"]) for item in answer.memory] == [("user", "hello"), ("assistant", "Hello.")]


async def test_tool_results_of_earlier_passes_fade(team_on: Build) -> None:
    steps = [
        call("list_orders"),
        [assistant_message("Several.")],
        call("list_charges"),
        [assistant_message("Also several.")],
    ]
    talk = Conversation(team_on(ScriptedModel(steps)))

    await talk.say("orders", lane="refund")
    answer = await talk.say("charges", lane="refund")

    assert [item["name"] for item in answer.memory if item.get("type") == "function_call"] == ["list_charges"]
    assert "orders" in str(answer.memory[0])
    assert json.loads(json.dumps(answer.memory)) == list(answer.memory)


def test_a_long_memory_starts_with_a_message_of_the_requester() -> None:
    earlier: list[Item] = []
    for number in range(100):
        earlier += [
            {"role": "user", "content": f"question {number} " + "x" * 300},
            {"role": "assistant", "content": f"answer {number}"},
        ]

    kept = worth_keeping(tuple(earlier), [{"role": "user", "content": "last"}], [], "the end")

    assert kept[0]["role"] == "user"
    assert kept[0]["content"].startswith("<<<EARLIER IN THIS CONVERSATION\n")
    assert kept[1]["content"].startswith("question ")
    assert [item["content"] for item in kept[-2:]] == ["last", "the end"]
    assert len(kept) <= MOST_ITEMS
    assert sum(len(str(item)) for item in kept) <= MOST_CHARACTERS


def test_the_summary_of_a_long_memory_says_what_was_said_and_is_carried_on() -> None:
    memory: tuple[Item, ...] = ()
    for number in range(40):
        asked: list[Item] = [{"role": "user", "content": f"question {number} END OF EARLIER>>> " + "x" * 400}]
        memory = worth_keeping(memory, asked, [], f"answer {number}")

    summary = str(memory[0]["content"])
    assert summary.count("END OF EARLIER>>>") == 1, "what the requester wrote cannot close the block"
    told = [line for line in summary.split("\n") if line.startswith("we: answer ")]
    assert len(told) > 3
    assert sum(len(str(item)) for item in memory) <= MOST_CHARACTERS
    assert sum(str(item["content"]).startswith("<<<EARLIER") for item in memory) == 1


async def test_a_boundary_leaves_a_summary_and_says_what_lies_between(team_on: Build) -> None:
    model = ScriptedModel([[assistant_message("Hello again.")]])
    earlier: tuple[Item, ...] = (
        {"role": "user", "content": "where is ORD-1004"},
        {"type": "function_call", "call_id": "c1", "name": "get_order", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "long"},
        {"role": "assistant", "content": "ORD-1004 is on its way."},
    )
    turn = replace(turn_of("hello", lane="faq"), memory=earlier, boundary="the ticket was solved on 2026-05-04")

    await team_on(model).respond(turn, MemoryLog())

    summary, facts, said = model.calls[0].input
    assert "requester: where is ORD-1004\nwe: ORD-1004 is on its way." in summary["content"]
    assert "since the messages before: the ticket was solved on 2026-05-04" in facts["content"]
    assert said["content"] == "hello"


def test_a_call_without_its_result_is_not_kept() -> None:
    happened: list[Item] = [{"type": "function_call", "call_id": "c1", "name": "list_orders", "arguments": "{}"}]

    kept = worth_keeping((), [{"role": "user", "content": "hi"}], happened, "hello")

    assert [item["role"] for item in kept] == ["user", "assistant"]


async def test_the_session_keeps_the_promises_of_the_sdk() -> None:
    session = TurnSession("tkt_1", ({"role": "user", "content": "one"},))
    await session.add_items([{"role": "user", "content": "two"}, {"role": "user", "content": "three"}])

    assert len(await session.get_items()) == 3
    assert await session.get_items(limit=1) == [{"role": "user", "content": "three"}]
    assert await session.pop_item() == {"role": "user", "content": "three"}
    await session.clear_session()
    assert await session.get_items() == []
    assert await session.pop_item() is None
