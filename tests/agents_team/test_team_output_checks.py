"""An answer is looked at before it leaves: rewritten once, then given to a person with the draft."""

from collections.abc import Callable

import pytest
from agents.testing import ModelStep, assistant_message
from helpers import MemoryLog, call, scripted, turn_of, waiting_refund

from agents_team.guardrails import Sent, problems_of
from agents_team.team import Team
from agents_team.turn import TeamGaveUp

Build = Callable[..., Team]

PROMISES = [
    "I have refunded your order.",
    "I've just refunded the 99 USD.",
    "We have issued a full refund for ORD-1002.",
    "I've processed your refund.",
    "Your refund is on its way!",
    "Your refund of 99.00 USD has been processed.",
    "The refund was approved.",
    "You will receive your money within 5 days.",
    "I'll refund you right away.",
    "99.00 USD has been credited back to your card.",
    "Ihre Erstattung wurde bereits veranlasst.",
    "Votre remboursement a été effectué.",
    "Su reembolso ha sido procesado.",
]
HONEST = [
    "I have asked for 99.00 USD for order ORD-1002 to be paid back. It is being checked now.",
    "A colleague checks each refund before it is made.",
    "Refunds are usually visible within 5 to 10 business days [S1].",
    "I cannot say yet whether your refund is possible.",
    "Would you like me to ask for a refund?",
    "Your refund request is with a colleague.",
    "Your refund has not been approved yet.",
    "An annual subscription can be cancelled within 14 days for a prorated refund.",
    "Order ORD-1001 is on its way with DHL.",
    "Hello! How can I help you?",
    "Open **Settings > Data** and choose:\n- CSV\n- JSON",
    "See https://example.com/help",
]
LEAKS = [
    "Your request act_01HXYZ is waiting.",
    "This is run_01ABCD in our system.",
    "Use sk-proj-abcdefghijklmnop1234 as the key.",
    "The token is xoxb-1234567890-abcdef.",
    "AKIAIOSFODNN7EXAMPLE",
    "-----BEGIN RSA PRIVATE KEY-----",
    "sk_live_abcdefghijklmnop",
]
CUT_OFF = [
    "Your refund of",
    "You can return it within 30 days and",
    "These are the steps:\n```\nrun",
    "First,",
    "  ",
    "…",
]


@pytest.mark.parametrize("text", PROMISES + LEAKS + CUT_OFF)
def test_such_an_answer_is_stopped(text: str) -> None:
    assert problems_of(text, Sent(markers={"S1"}))


@pytest.mark.parametrize("text", HONEST)
def test_such_an_answer_is_sent(text: str) -> None:
    assert problems_of(text, Sent(markers={"S1"})) == []


def test_a_done_refund_may_be_called_done() -> None:
    assert problems_of("Your refund has been processed.", Sent(money_moved=True)) == []


def test_a_source_nobody_was_shown_may_not_be_cited() -> None:
    assert problems_of("30 days [S2].", Sent(markers={"S1"}))


async def test_a_promise_is_rewritten_once(team_on: Build) -> None:
    steps = [[assistant_message("I have refunded you.")], [assistant_message("It is being checked.")]]
    team, model = scripted(team_on, steps)
    log = MemoryLog()

    answer = await team.respond(turn_of("refund", lane="refund"), log)

    assert answer.text == "It is being checked."
    assert "I have refunded you." not in str(answer.memory)
    assert "Your draft was not sent" not in str(answer.memory)
    assert "nothing has been decided" in str(model.calls[-1].input[-1])
    assert [step.name for step in log.steps if step.kind == "guardrail"] == ["output"]


async def test_a_second_promise_is_for_a_person_with_the_draft(team_on: Build) -> None:
    steps = [[assistant_message("I have refunded you.")], [assistant_message("Your refund is on its way.")]]
    team, _ = scripted(team_on, steps)

    with pytest.raises(TeamGaveUp, match="failed its checks twice") as gave_up:
        await team.respond(turn_of("refund", lane="refund"), MemoryLog())

    assert gave_up.value.draft == "Your refund is on its way."


async def test_what_is_only_approved_may_not_be_called_done(team_on: Build) -> None:
    steps = [[assistant_message("Your refund has been processed.")], [assistant_message("It is being worked on.")]]
    team, _ = scripted(team_on, steps)
    pending = (waiting_refund("ORD-1002", "approved"),)

    answer = await team.respond(turn_of("where is my refund", lane="refund", pending=pending), MemoryLog())

    assert answer.text == "It is being worked on."


async def test_what_the_ledger_says_may_be_said(team_on: Build) -> None:
    team, _ = scripted(team_on, [[assistant_message("Your refund has been processed.")]])
    pending = (waiting_refund("ORD-1002", "done"),)

    answer = await team.respond(turn_of("where is my refund", lane="refund", pending=pending), MemoryLog())

    assert answer.text == "Your refund has been processed."


async def test_a_blank_answer_is_asked_for_again(team_on: Build) -> None:
    team, _ = scripted(team_on, [[assistant_message("")], ModelStep(output=[]), [assistant_message("Hello.")]])

    with pytest.raises(TeamGaveUp):
        await team.respond(turn_of("hello", lane="faq"), MemoryLog())


async def test_cited_passages_come_with_the_answer_in_the_order_of_mention(team_on: Build) -> None:
    steps = [
        call("search_knowledge", question="export data to CSV"),
        call("search_knowledge", question="reset password"),
        [assistant_message("Press **Forgot password** [S2]. Then export [S1], as said [S2].")],
    ]
    team, _ = scripted(team_on, steps)

    answer = await team.respond(turn_of("how?", lane="faq"), MemoryLog())

    assert answer.text.count("[1]") == 2
    assert answer.text.count("[2]") == 1
    assert [citation.section.split(" > ")[-1] for citation in answer.citations][1] == "Export data to CSV"
    assert len(answer.citations) == 2


async def test_an_invented_citation_is_rewritten(team_on: Build) -> None:
    steps = [[assistant_message("30 days [S1].")], [assistant_message("I do not know.")]]
    team, _ = scripted(team_on, steps)

    answer = await team.respond(turn_of("returns?", lane="faq"), MemoryLog())

    assert (answer.text, answer.citations) == ("I do not know.", ())
