"""The switches and the command line: pause and resume without a restart, look at everything, decide without Slack."""

import json

import pytest

from agents_team.turn import TeamUnavailable
from bot.controls import pauses, turn
from bot.desk import Desk
from bot.sandbox.payments.client import PaymentsTown
from storage.models import Action, ActionState, Decision, Escalation, Event, Message, Ticket, TicketStatus
from tests.arrivals import SaysWhatItIsTold, arrive, letter, once, understood
from tests.bot.conftest import Helpdesk
from tests.desks import room_of, rows, settle, slack_of, with_parts, write

WHERE = "Where is my order ORD-1001?"
ASK = "Please refund order ORD-1002, I was charged twice."
TRACKING = "1Z999AA10123456784"


async def switch(desk: Desk, scope: str, *, on: bool) -> None:
    await desk.db.write(lambda tx: turn(tx, desk, scope, on=on, by="test"))


async def work_for_a_moment(desk: Desk) -> None:
    """Work while something waits for longer than a moment."""
    with pytest.raises(TimeoutError):
        await settle(desk, seconds=0.7)


async def approved_by_command(desk: Desk, helpdesk: Helpdesk) -> Action:
    await write(desk, "t1", "1", ASK)
    await settle(desk)
    [action] = await rows(desk, Action)
    await helpdesk("refunds", "approve", action.id)
    return action


# ------------------------------------------------------------------ pause and resume


@pytest.mark.parametrize("scope", ["all", "slack"])
async def test_while_paused_everything_is_kept_and_nothing_is_answered(desk: Desk, scope: str) -> None:
    await switch(desk, scope, on=True)
    await write(desk, "t1", "1", WHERE)
    await work_for_a_moment(desk)

    assert slack_of(desk).sent == []
    [ticket] = await rows(desk, Ticket)
    assert ticket.status is TicketStatus.OPEN

    await switch(desk, scope, on=False)
    await once(desk, "answer", ticket.id)
    [reply] = [message for message in await rows(desk, Message) if message.role == "bot"]
    await once(desk, "deliver", reply.id)
    assert TRACKING in slack_of(desk).sent[0].text


async def test_a_pause_of_one_channel_leaves_the_others_alone(desk: Desk) -> None:
    await switch(desk, "mail", on=True)
    await write(desk, "t1", "1", WHERE)
    await settle(desk)

    assert len(slack_of(desk).sent) == 1


async def test_a_pause_of_money_leaves_answers_alone_and_carries_nothing_out(
    desk: Desk, helpdesk: Helpdesk, town: PaymentsTown
) -> None:
    await switch(desk, "money", on=True)
    action = await approved_by_command(desk, helpdesk)
    await work_for_a_moment(desk)

    assert len(slack_of(desk).sent) == 1
    assert await town.paid_under(action.id) == (0, 0)
    [action] = await rows(desk, Action)
    assert action.state is ActionState.APPROVED

    await switch(desk, "money", on=False)
    await once(desk, "act", action.id)
    assert await town.paid_under(action.id) == (1, 9900)


@pytest.mark.parametrize("scope", ["all", "money"])
async def test_nothing_is_given_up_however_long_a_pause_lasts(desk: Desk, helpdesk: Helpdesk, scope: str) -> None:
    action = await approved_by_command(desk, helpdesk)
    await switch(desk, scope, on=True)
    await write(desk, "t2", "2", WHERE)

    assert await once(desk, "act", action.id, attempt=100_000) is None

    [action] = await rows(desk, Action)
    assert action.state is ActionState.APPROVED
    assert await rows(desk, Escalation) == []
    assert "act" in [kind for kind, _ in await desk.db.read(lambda tx: desk.jobs.waiting(tx))]


async def test_a_pause_uses_up_none_of_the_tries_a_failure_may_take(desk: Desk) -> None:
    """What waits for a switch is a new job each time, so its first failure is its first."""
    await switch(desk, "all", on=True)
    await write(desk, "t1", "1", WHERE)
    await understood(desk)
    [ticket] = await rows(desk, Ticket)
    before = await desk.db.read(desk.jobs.waiting)

    assert await once(desk, "answer", ticket.id, attempt=desk.settings.desk.max_tries) is None

    assert await rows(desk, Escalation) == []
    [new] = [job for job in await desk.db.read(desk.jobs.waiting) if job not in before]
    assert new[0] == "answer"
    assert new[1] > desk.now()


async def test_the_switches_say_who_turned_them_and_which_are_on(desk: Desk) -> None:
    await switch(desk, "money", on=True)
    await switch(desk, "all", on=True)
    await switch(desk, "money", on=False)

    assert await desk.db.read(pauses) == ["all"]
    log = [(event.actor, event.kind, event.subject_id) for event in await rows(desk, Event)]
    assert log == [("test", "paused", "money"), ("test", "paused", "all"), ("test", "resumed", "money")]


# ------------------------------------------------------------------ the command line


async def test_pause_and_resume_from_the_command_line(desk: Desk, helpdesk: Helpdesk) -> None:
    await helpdesk("pause", "money")
    assert json.loads((await helpdesk("status", "--json")).output)["paused"] == ["money"]

    await helpdesk("resume", "money")
    assert await desk.db.read(pauses) == []
    await helpdesk("pause", "everything", code=2)


async def test_status_counts_what_waits_and_accounts_for_what_came(desk: Desk, helpdesk: Helpdesk) -> None:
    await write(desk, "t1", "1", ASK)
    await arrive(desk, letter(desk, "t9", "9", "beep", kind="auto_reply"), "9")
    await settle(desk)

    facts = json.loads((await helpdesk("status", "--json")).output)

    assert facts["received"] == 2
    assert facts["outcomes"] == {"message": 1, "ignored": 1}
    assert (facts["approvals_waiting"], facts["outbox"], facts["jobs"], facts["quarantined"]) == (1, 0, 0, 0)
    words = (await helpdesk("status")).output
    assert "approvals waiting        1" in words


async def test_queue_lists_who_waits(desk: Desk, helpdesk: Helpdesk) -> None:
    await write(desk, "t1", "1", WHERE)
    await write(desk, "t2", "2", "I want to talk to a human, please.")
    await settle(desk)

    [waiting] = json.loads((await helpdesk("queue", "--json")).output)

    assert (waiting["status"], waiting["owner"]) == ("hold", "staff")
    assert waiting["id"] in (await helpdesk("queue")).output


async def test_show_tells_the_whole_story_of_a_ticket(desk: Desk, helpdesk: Helpdesk) -> None:
    action = await approved_by_command(desk, helpdesk)
    await settle(desk)

    story = json.loads((await helpdesk("show", action.ticket_id, "--json")).output)

    assert [message["role"] for message in story["messages"]] == ["requester", "bot", "bot"]
    assert story["runs"][0]["steps"]
    assert story["actions"][0]["state"] == "done"
    assert [decision["won"] for decision in story["actions"][0]["decisions"]] == [True]
    words = (await helpdesk("show", action.ticket_id)).output
    assert ASK in words
    assert action.id in words
    assert "there is no ticket tkt_x" in (await helpdesk("show", "tkt_x", code=1)).output


async def test_refunds_are_listed_until_they_are_over(desk: Desk, helpdesk: Helpdesk) -> None:
    await write(desk, "t1", "1", ASK)
    await settle(desk)

    [listed] = json.loads((await helpdesk("refunds", "list", "--json")).output)
    assert (listed["what"], listed["state"]) == ("Refund 99.00 USD for ORD-1002", "pending")

    await helpdesk("refunds", "deny", listed["id"])
    assert json.loads((await helpdesk("refunds", "list", "--json")).output) == []
    [over] = json.loads((await helpdesk("refunds", "list", "--all", "--json")).output)
    assert over["state"] == "denied"


async def test_a_refund_approved_by_command_is_paid_and_told_like_one_approved_in_slack(
    desk: Desk, helpdesk: Helpdesk, town: PaymentsTown
) -> None:
    action = await approved_by_command(desk, helpdesk)
    await settle(desk)

    assert await town.paid_under(action.id) == (1, 9900)
    assert "99.00 USD for ORD-1002 has been made" in slack_of(desk).sent[-1].text
    [card] = room_of(desk).cards.values()
    assert card.state.startswith("done by")
    [decision] = await rows(desk, Decision)
    assert decision.by.startswith("cli/")


async def test_the_reason_of_a_denial_is_told(desk: Desk, helpdesk: Helpdesk) -> None:
    await write(desk, "t1", "1", ASK)
    await settle(desk)
    [action] = await rows(desk, Action)

    await helpdesk("refunds", "deny", action.id, "--reason", "The second charge was for March.")
    await settle(desk)

    assert "The second charge was for March." in slack_of(desk).sent[-1].text


async def test_a_second_decision_by_command_loses_and_says_so(
    desk: Desk, helpdesk: Helpdesk, town: PaymentsTown
) -> None:
    action = await approved_by_command(desk, helpdesk)
    late = await helpdesk("refunds", "deny", action.id, code=1)
    unknown = await helpdesk("refunds", "approve", "act_x", code=1)
    await settle(desk)

    assert "already approved" in late.output
    assert "not known" in unknown.output
    assert await town.paid_under(action.id) == (1, 9900)


# ------------------------------------------------------------------ helpdesk try


async def test_try_answers_without_a_channel_and_stores_nothing(desk: Desk, helpdesk: Helpdesk) -> None:
    said = (await helpdesk("try", WHERE)).output

    assert TRACKING in said
    assert await rows(desk, Message) == []


async def test_try_reads_rows_and_remembers_within_one_conversation(helpdesk: Helpdesk) -> None:
    lines = [
        {"id": "a#1", "text": "Was I charged twice for ORD-1002?"},
        {"id": "b#1", "text": WHERE, "requester": "bob@example.com"},
        {"id": "a#2", "text": "Yes, a refund for it please."},
    ]
    said = await helpdesk("try", "--jsonl", input="\n".join(["", *map(json.dumps, lines), "no json", '{"id": 1}']))
    first, foreign, second, broken, incomplete = map(json.loads, said.output.splitlines())

    assert [row["id"] for row in (first, foreign, second)] == ["a#1", "b#1", "a#2"]
    assert [proposal["order_id"] for proposal in second["proposals"]] == ["ORD-1002"]
    assert first["route"][0] == "triage"
    assert {"specialist", "tools", "reply", "citations", "escalated", "tokens", "cost_micros"} <= first.keys()
    assert TRACKING not in foreign["reply"]
    assert "line 5 is not a row" in broken["error"]
    assert "line 6 is not a row" in incomplete["error"]


async def test_try_knows_nobody_without_a_proven_account(helpdesk: Helpdesk) -> None:
    said = (await helpdesk("try", "--as", "nobody@example.com", WHERE)).output
    assert TRACKING not in said


# ------------------------------------------------------------------ what a step says is what happens


async def test_a_job_of_a_newer_version_waits_for_a_process_that_knows_it(desk: Desk) -> None:
    again = await once(desk, "invented_next_year", "row_1", attempt=1000)

    assert again is not None
    assert (again - desk.now()).total_seconds() > 60


async def test_pauses_after_failures_grow(desk: Desk) -> None:
    broken = with_parts(desk, team=SaysWhatItIsTold(TeamUnavailable("503")))
    await write(desk, "t1", "1", WHERE)
    await understood(desk)
    [ticket] = await rows(desk, Ticket)

    waits = []
    for attempt in (1, 2, 3):
        now = desk.now()
        again = await once(broken, "answer", ticket.id, attempt=attempt)
        assert again is not None
        waits.append((again - now).total_seconds())

    first = desk.settings.desk.first_pause_seconds
    assert waits[0] >= first
    assert waits[1] >= 2 * first
    assert waits[2] >= 4 * first
