"""`helpdesk try`: a conversation without a desk still knows what it asked for."""

import json

import pytest

from bot.cli.try_ import Trial, _answer_rows
from bot.settings import Settings


async def test_what_was_asked_for_is_not_asked_for_twice_and_can_be_withdrawn() -> None:
    async with Trial(Settings()).open() as trial:
        asked = await trial.answer("a", "Please refund ORD-1002, it is a duplicate of ORD-1001", "alice@example.com")
        again = await trial.answer("a", "refund ORD-1002 again please", "alice@example.com")
        never_mind = await trial.answer("a", "Never mind, please withdraw my refund request", "alice@example.com")
        other = await trial.answer("b", "Please refund ORD-1002", "alice@example.com")

    kinds = [[wish.kind for wish in answer.proposals] for answer in (asked, again, never_mind, other)]
    assert kinds == [["refund"], [], ["withdraw"], ["refund"]]


async def test_every_row_is_answered_in_its_order_and_a_bad_one_says_what_is_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = [
        '{"id":"a#1","text":"Where is ORD-1001?"}',
        "junk",
        '{"id":"c"}',
        '{"id":"b","text":"How do I export data to CSV?"}',
    ]
    await _answer_rows(Settings(), lines, "alice@example.com")

    first, bad, half, last = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    keys = {
        "id",
        "specialist",
        "route",
        "tools",
        "reply",
        "citations",
        "escalated",
        "proposals",
        "tokens",
        "cost_micros",
    }
    assert set(first) == set(last) == keys
    assert (first["id"], first["specialist"], first["proposals"]) == ("a#1", "order_status", [])
    assert "line 2 is not a row" in bad["error"]
    assert half["id"] == "c"
    assert last["citations"][0]["document"] == "troubleshooting.md"
