"""On the real wires (Slack, a model server, Stripe's client): what is said about money is said once, by the ledger."""

from pathlib import Path
from typing import Any

import pytest

from bot.evals.chaos.town import Town, open_town
from tests.journeys.test_whole_desk import model_behind_the_client, running_desk

pytestmark = [pytest.mark.serial, pytest.mark.timeout(180)]

ASK = "Please refund order ORD-1002, I was charged twice. And where is ORD-1001?"
NOTE = {"reason": "money back", "priority": "low", "sentiment": "neutral", "language": "en", "summary": "refund"}
WISH = {"order_id": "ORD-1002", "charge_id": "ch_alice_1002", "amount_minor": None, "reason": "charged twice"}
WORDS = (
    "I am sorry about the double charge! I have asked for 99.00 USD to be paid back for order ORD-1002. "
    "A colleague will review your request and get back to you. Your order ORD-1001 has left and is on its way."
)
LOOK = [{"name": "get_order", "arguments": {"order_id": "ORD-1001"}}, {"name": "propose_refund", "arguments": WISH}]
TO_REFUND = {"name": "transfer_to_refund", "arguments": {**NOTE, "order_ids": [], "amount_minor": None}}
SCRIPT: tuple[dict[str, Any], ...] = (
    {"match": {"result_of": "propose_refund"}, "respond": {"text": WORDS}},
    {"match": {"tool": "transfer_to_refund"}, "respond": {"calls": [TO_REFUND]}, "times": 1},
    {"match": {"tool": "propose_refund"}, "respond": {"calls": LOOK}, "times": 1},
)


async def bot_said(town: Town, ts: str, times: int) -> list[str]:
    """What the bot said in the thread, once it has spoken so often."""

    def enough(world: dict[str, Any]) -> Any:
        channel = next(each for each in world["channels"] if each["id"] == "C0ACME")
        ours = [m["text"] for m in channel["messages"] if m.get("thread_ts") == ts and m.get("bot_id")]
        return ours if len(ours) >= times else None

    found: list[str] = await town.slack.until(enough, 60)
    return found


async def card_with(town: Town, words: str) -> dict[str, Any]:
    """The card in the staff channel."""

    def there(world: dict[str, Any]) -> Any:
        channel = next(each for each in world["channels"] if each["id"] == "C0STAFF")
        return next((m for m in channel["messages"] if words in m["text"]), None)

    found: dict[str, Any] = await town.slack.until(there, 60)
    return found


async def test_a_proposal_and_its_decision_are_each_told_once(tmp_path: Path) -> None:
    async with (
        open_town(tmp_path, f"sqlite:///{tmp_path}/h.db") as town,
        model_behind_the_client("responses") as (models, settings),
        running_desk(town, tmp_path, **settings, HELPDESK_PAYMENTS__BACKEND="stripe"),
    ):
        await models.script(*SCRIPT)
        ts = await town.slack.say("C0ACME", "U0ALICE", ASK)
        [first] = await bot_said(town, ts, 1)

        assert first.count("99.00") == 1
        assert first.count("ORD-1002") == 1
        assert first.lower().count("colleague") == 1
        assert "sorry about the double charge" in first
        assert "ORD-1001 has left" in first

        card = await card_with(town, "99.00 USD")
        await town.slack.click("C0STAFF", "U0SAM", card["ts"], "hd:approve")
        said = await bot_said(town, ts, 2)
        assert "Your refund of 99.00 USD for ORD-1002 has been made." in said[1]
        assert len(said) == 2
