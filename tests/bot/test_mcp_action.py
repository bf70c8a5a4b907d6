"""A tool of another program that changes something: people see it all, it is called once, doubt is a person's."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from agents_team.mcp.config import McpConfig
from agents_team.mcp.errors import McpUnavailable
from agents_team.mcp.servers import McpServers
from agents_team.turn import Answer, Proposal
from bot.desk import Desk
from bot.settings import Settings
from bot.watch.health import Part, health
from bot.watch.pulse import beat
from storage.models import Action, ActionState, Escalation
from tests.arrivals import SaysWhatItIsTold
from tests.bot.refunds import asked, button, fact, now, press
from tests.desks import rows, settle, slack_of, with_parts, write
from tests.mcp_town import McpTown, mcp_town

WISH = {"server": "crm", "tool": "add_credit", "arguments": {"customer_id": "cus_alice", "amount_minor": 500}}


@pytest.fixture
async def crm() -> AsyncIterator[McpTown]:
    async with mcp_town() as town:
        yield town


@pytest.fixture
async def willing(desk: Desk, crm: McpTown) -> AsyncIterator[Desk]:
    """A desk whose team proposes a credit, and the CRM that would give it."""
    tools: dict[str, Any] = {"reads": ("find_customer",), "changes": ("add_credit",)}
    config = McpConfig("crm", url=crm.url, connect_seconds=10.0, call_seconds=10.0, **tools)
    servers = McpServers([config])
    wish = Proposal("mcp_call", WISH, "a late parcel")
    answer = Answer("I will see to it.", "billing", ("triage", "billing"), proposals=(wish,))
    yield with_parts(desk, team=SaysWhatItIsTold(answer), mcp=servers)
    await servers.close()


async def test_a_person_sees_server_tool_and_arguments_and_then_it_is_called_once_with_our_key(
    willing: Desk, crm: McpTown
) -> None:
    action = await asked(willing, "My parcel was late, can I have a credit?")

    assert (action.state, crm.calls) == (ActionState.PENDING, [])
    assert (fact(willing, action, "Server"), fact(willing, action, "Tool")) == ("crm", "add_credit")
    assert fact(willing, action, "Argument amount_minor") == "500"
    assert "colleague" in slack_of(willing).sent[-1].text
    assert "add_credit" not in slack_of(willing).sent[-1].text

    await press(willing, action, "approve")

    (made,) = crm.calls
    assert made.arguments == {"customer_id": "cus_alice", "amount_minor": 500}
    assert made.meta["helpdesk/idempotency-key"] == action.id
    done = await now(willing, action)
    assert (done.state, done.result["said"]) == (ActionState.DONE, "credited, reference CR-1")
    assert "Done" in slack_of(willing).sent[-1].text


async def test_the_same_wish_twice_is_one_action(willing: Desk) -> None:
    first = await asked(willing, "My parcel was late, can I have a credit?")
    second = await asked(willing, "Please, a credit?")

    assert (second.id, len(await rows(willing, Action))) == (first.id, 1)


async def test_an_answer_that_was_lost_is_never_asked_for_again_without_a_person(willing: Desk, crm: McpTown) -> None:
    action = await asked(willing, "My parcel was late, can I have a credit?")
    crm.hang.set()
    assert willing.mcp is not None
    connection = willing.mcp._connections["crm"]
    connection.config = replace(connection.config, call_seconds=0.5)

    await press(willing, action, "approve")

    assert len(crm.calls) == 1
    now_is = await now(willing, action)
    assert now_is.state is ActionState.NEEDS_PERSON
    assert action.id in now_is.note
    assert [one.reason for one in await rows(willing, Escalation)] == ["A mcp call could not be carried out"]
    assert button(willing, action, "mark_done_form")


async def test_a_server_that_is_away_is_waited_for_because_nothing_left_us(willing: Desk, crm: McpTown) -> None:
    action = await asked(willing, "My parcel was late, can I have a credit?")
    await crm.stop()
    await press(willing, action, "approve", work=False)
    await crm.start()

    await settle(willing)

    assert (await now(willing, action)).state is ActionState.DONE
    assert len(crm.calls) == 1


async def test_a_no_of_the_server_is_told_and_fetches_a_person(willing: Desk, crm: McpTown) -> None:
    action = await asked(willing, "My parcel was late, can I have a credit?")
    crm.refuses = True

    await press(willing, action, "approve")

    assert (await now(willing, action)).state is ActionState.FAILED
    assert len(await rows(willing, Escalation)) == 1
    assert "did not work" in slack_of(willing).sent[-1].text


async def test_a_tool_that_became_another_one_is_not_called_on_an_old_yes(willing: Desk, crm: McpTown) -> None:
    action = await asked(willing, "My parcel was late, can I have a credit?")
    await crm.stop()
    crm.description = "Take money from a customer."
    await crm.start()

    await press(willing, action, "approve")

    assert (await now(willing, action)).state is ActionState.BLOCKED
    assert crm.calls == []


async def test_a_tool_the_operator_lets_run_alone_needs_nobody(desk: Desk, crm: McpTown) -> None:
    servers = McpServers([McpConfig("crm", url=crm.url, automatic=("add_credit",))])
    wish = Proposal("mcp_call", WISH, "a late parcel")
    answer = Answer("I will see to it.", "billing", ("triage", "billing"), proposals=(wish,))
    alone = with_parts(desk, team=SaysWhatItIsTold(answer), mcp=servers)

    await write(alone, "T0ACME:C1:1.0", "1", "A credit please")
    await settle(alone)
    await servers.close()

    assert [(one.state, one.decided_by) for one in await rows(alone, Action)] == [(ActionState.DONE, "policy")]
    assert len(crm.calls) == 1


async def test_health_says_which_server_is_down(willing: Desk, crm: McpTown) -> None:
    section = {"crm": {"url": crm.url, "reads": ["find_customer"]}}
    known = with_parts(willing, settings=Settings.model_validate({"team": {"mcp": section}}))

    async def part() -> Part:
        await beat(known, frozenset({"worker"}))
        found = await known.db.read(lambda tx: health(tx, known))
        return next(part for part in found.parts if part.name == "mcp crm")

    await known.mcp.ready()
    assert (await part()).ok

    await crm.stop()
    with pytest.raises(McpUnavailable):
        await known.mcp.remote_tool("crm", "add_credit")
    assert not (await part()).ok
