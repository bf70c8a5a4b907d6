"""What the team is told about an end or a colleague between what it remembers and what is asked now."""

from bot.desk import Desk
from bot.tickets.life import solve
from bot.tickets.moves import move
from channels.memory import pressed
from storage.models import Escalation, Ticket
from tests.arrivals import Interrupted
from tests.desks import hand_in, rows, settle, slack_of, with_parts, write


async def test_a_message_to_a_solved_ticket_comes_with_its_end_and_a_summary(desk: Desk) -> None:
    team = Interrupted(desk.team)
    desk = with_parts(desk, team=team)
    await write(desk, "t1", "1", "Where is my order ORD-1001?")
    await settle(desk)
    [ticket] = await rows(desk, Ticket)
    await desk.db.write(lambda tx: solve(tx, desk, tx.get_one(Ticket, ticket.id), "U0SAM"))

    await write(desk, "t1", "2", "and where is ORD-1003?")
    await settle(desk)
    await write(desk, "t1", "3", "and where is ORD-1002?")
    await settle(desk)

    boundaries = [turn.boundary for turn in team.turns]
    assert [bool(words) for words in boundaries] == [False, True, False]
    assert "was solved on" in boundaries[1]
    assert "<<<EARLIER IN THIS CONVERSATION" in str(team.turns[2].memory[0]["content"])
    assert "ORD-1002" in slack_of(desk).sent[-1].text


async def test_a_ticket_that_was_handed_back_says_so(desk: Desk) -> None:
    team = Interrupted(desk.team)
    desk = with_parts(desk, team=team)
    await write(desk, "t1", "1", "I want to talk to a human")
    await settle(desk)
    [asked] = await rows(desk, Escalation)
    await hand_in(desk, pressed("p1", "hand_back", f"{asked.id}:", at=desk.now()))
    await settle(desk)

    await write(desk, "t1", "2", "Where is my order ORD-1001?")
    await settle(desk)

    assert "handed it back" in team.turns[-1].boundary


async def test_handing_back_keeps_the_specialist_staff_chose_until_that_one_needs_a_person_too(desk: Desk) -> None:
    team = Interrupted(desk.team)
    desk = with_parts(desk, team=team)
    await write(desk, "t1", "1", "I want to talk to a human")
    await settle(desk)
    [asked] = await rows(desk, Escalation)
    await desk.db.write(lambda tx: move(tx, desk, tx.get_one(Ticket, asked.ticket_id or ""), "billing", "U0SAM"))
    await hand_in(desk, pressed("p1", "hand_back", f"{asked.id}:", at=desk.now()))
    await settle(desk)

    await write(desk, "t1", "2", "Let me talk to a human about it")
    await settle(desk)
    [_, again] = await rows(desk, Escalation)
    await hand_in(desk, pressed("p2", "hand_back", f"{again.id}:", at=desk.now()))
    await settle(desk)
    await write(desk, "t1", "3", "Where is my order ORD-1001?")
    await settle(desk)

    assert [turn.lane for turn in team.turns] == [None, "billing", None]
