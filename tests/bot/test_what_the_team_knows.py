"""What the bot tells its team before it answers, and what staff see of a draft that was not sent."""

from agents_team.turn import Answer, RunLog, TeamGaveUp, TraceStep, Turn
from bot.desk import Desk
from bot.tickets.moves import MovedTickets, move
from storage.models import Escalation, Message, Ticket
from tests.desks import rows, settle, with_parts, write


class Drafts:
    """A team whose answer fails its checks twice."""

    async def respond(self, turn: Turn, log: RunLog) -> Answer:
        await log.note(TraceStep("guardrail", "faq", "output", {"problems": ["p"], "draft": "You get 90 % off."}))
        raise TeamGaveUp("the answer failed its checks twice", draft="You get 90 % off.")

    async def close(self) -> None: ...


async def test_staff_see_the_draft_that_was_not_sent(desk: Desk) -> None:
    await write(desk, "t1", "1", "Is there a discount?")
    await settle(with_parts(desk, team=Drafts()))

    [escalation] = await rows(desk, Escalation)
    assert "You get 90 % off." in escalation.summary
    assert not any("90 %" in message.text for message in await rows(desk, Message))


async def test_the_team_knows_what_was_taken_out_of_a_message(desk: Desk) -> None:
    await write(desk, "t1", "1", "My card 4532-1234-5678-9012 was charged, where is my order ORD-1001?")
    await settle(desk)

    replies = [message.text for message in await rows(desk, Message) if message.role == "bot"]
    assert "removed a card number" in replies[0]
    assert not any("4532-1234" in message.text for message in await rows(desk, Message))


async def test_a_moved_ticket_is_an_example_at_once(desk: Desk) -> None:
    await write(desk, "t1", "1", "the flux capacitor hums")
    await settle(desk)
    [ticket] = await rows(desk, Ticket)

    await desk.db.write(lambda tx: move(tx, desk, tx.get_one(Ticket, ticket.id), "technical", "U0CAROL"))

    found = await MovedTickets(desk.db).examples_after("")
    assert [(example.lane, example.saying) for _, example in found] == [("technical", "the flux capacitor hums")]
    assert await MovedTickets(desk.db).examples_after(found[0][0]) == []
    assert (await rows(desk, Ticket))[0].lane == "technical"
