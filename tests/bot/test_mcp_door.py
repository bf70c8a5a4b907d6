"""Other programs' agents at the desk's own MCP door, through the official client over loopback."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from bot.desk import Desk
from bot.web import serving
from storage.models import Card, Direction, Escalation, Event, Message, Ticket
from tests.desks import room_of, rows, settle, slack_of, write

TOKENS = {"reader": "r" * 30, "doer": "d" * 30}
DOOR = pytest.mark.parametrize(
    "desk_settings",
    [
        {
            "http": {
                "port": 0,
                "agents": {
                    "reader": {"token": TOKENS["reader"]},
                    "doer": {"token": TOKENS["doer"], "may": "read,note,escalate"},
                },
            }
        }
    ],
    indirect=True,
)


@asynccontextmanager
async def visiting(desk: Desk, who: str, **more: Any) -> AsyncIterator[Client]:
    """The official client, in front of the desk's real HTTP port."""
    async with (
        serving(desk) as port,
        httpx2.AsyncClient(headers={"authorization": f"Bearer {TOKENS.get(who, who)}"}, trust_env=False) as http,
        Client(streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=http), **more) as client,
    ):
        yield client


@pytest.fixture
async def ticket(desk: Desk) -> Ticket:
    await write(desk, "T0ACME:C1:1.0", "1", "Where is ORD-1001? I am zed.zebra@example.com")
    await settle(desk)
    found: Ticket = (await rows(desk, Ticket))[0]
    return found


async def done(client: Client, tool: str, **arguments: Any) -> Any:
    answer = await client.call_tool(tool, arguments)
    if answer.is_error:
        return str(answer.content)
    return answer.structured_content


async def events(desk: Desk) -> list[tuple[str, str]]:
    return [(event.actor, event.kind) for event in await rows(desk, Event) if event.actor.startswith("agent:")]


@DOOR
@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_an_agent_finds_and_reads_a_ticket_masked_and_it_is_written_down(
    desk: Desk, ticket: Ticket, mode: str
) -> None:
    async with visiting(desk, "reader", mode=mode) as client:
        found = await done(client, "search_tickets", words="ord-1001 where")
        nothing = await done(client, "search_tickets", words="100%")
        read = await done(client, "read_ticket", ticket_id=ticket.id)

    assert [one["id"] for one in found["tickets"]] == [ticket.id]
    assert nothing == {"tickets": []}
    assert [one["from"] for one in read["messages"]] == ["requester", "bot"]
    assert "z…@example.com" in read["messages"][0]["text"]
    assert "zebra" not in str(found) + str(read)
    kinds = [("agent:reader", "agent_searched")] * 2 + [("agent:reader", "agent_read")]
    assert sorted(await events(desk)) == sorted(kinds)


@DOOR
async def test_a_note_is_internal_and_is_there_once(desk: Desk, ticket: Ticket) -> None:
    sent = len(slack_of(desk).sent)
    async with visiting(desk, "doer") as client:
        first = await done(
            client, "add_internal_note", ticket_id=ticket.id, text="CRM: card 4111 1111 1111 1111", key="k"
        )
        again = await done(client, "add_internal_note", ticket_id=ticket.id, text="CRM: card", key="k")
    await settle(desk)

    notes = [message for message in await rows(desk, Message) if message.direction is Direction.INTERNAL]
    assert [(one.id, one.text) for one in notes] == [(first["note"], "CRM: card [card ending 1111]")]
    assert again == {"note": first["note"], "was_there": True}
    assert len(slack_of(desk).sent) == sent
    assert await events(desk) == [("agent:doer", "agent_noted")]


@DOOR
async def test_escalating_brings_a_card_and_silences_the_bot(desk: Desk, ticket: Ticket) -> None:
    async with visiting(desk, "doer") as client:
        for _ in range(2):
            await done(client, "escalate_ticket", ticket_id=ticket.id, reason="Contract at risk", priority="high")
    await settle(desk)

    assert [one.reason for one in await rows(desk, Escalation)] == ["Contract at risk"]
    assert len(await rows(desk, Card)) == len(room_of(desk).cards) == 1
    assert (await rows(desk, Ticket))[0].owner == "staff"
    sent = len(slack_of(desk).sent)
    await write(desk, "T0ACME:C1:1.0", "2", "Hello?")
    await settle(desk)
    assert len(slack_of(desk).sent) == sent


@DOOR
async def test_a_right_that_was_not_given_is_refused_in_words(desk: Desk, ticket: Ticket) -> None:
    async with visiting(desk, "reader") as client:
        said = await done(client, "escalate_ticket", ticket_id=ticket.id, reason="r")
        unknown = await done(client, "read_ticket", ticket_id="tkt_none")

    assert "may not do that" in said
    assert "no ticket tkt_none" in unknown
    assert await rows(desk, Escalation) == []


@DOOR
@pytest.mark.parametrize(
    "header", [{}, {"authorization": "Bearer " + "x" * 30}, {"authorization": "Basic " + "r" * 30}]
)
async def test_nobody_gets_in_without_a_token(desk: Desk, header: dict[str, str]) -> None:
    async with serving(desk) as port, httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"http://127.0.0.1:{port}/mcp", headers=header, json={})

    assert answer.status_code == 401
    assert "bearer" in answer.headers["www-authenticate"].lower()


@pytest.mark.parametrize("desk_settings", [{"http": {"port": 0}}], indirect=True)
async def test_without_a_token_in_the_settings_there_is_no_such_door(desk: Desk) -> None:
    async with serving(desk) as port, httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"http://127.0.0.1:{port}/mcp", json={})

    assert answer.status_code == 404
