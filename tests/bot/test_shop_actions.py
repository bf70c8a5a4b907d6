"""What the shop does for a customer: asked for, decided, done once, told; and never what the shop cannot do."""

from pathlib import Path
from typing import Any

import pytest

from agents_team.turn import Answer, Proposal
from bot.backends import open_shop
from bot.backends.doing import ShopTask
from bot.backends.errors import BackendRefused
from bot.backends.none import NoShop
from bot.backends.sample_shop import SampleShop
from bot.desk import Desk
from storage.models import Action, ActionState, Escalation
from tests.arrivals import SaysWhatItIsTold
from tests.bot.refunds import asked, button, card_of, change, fact, newest, now, press
from tests.desks import room_of, rows, settle, slack_of, with_parts, write


def proposing(desk: Desk, kind: str, **wish: Any) -> Desk:
    """The desk with a team that proposes this, whatever it hears."""
    proposal = Proposal(kind, wish, "as they asked")
    answer = Answer("I will see to it.", "order_status", ("triage", "order_status"), proposals=(proposal,))
    return with_parts(desk, team=SaysWhatItIsTold(answer))


def shop_of(desk: Desk) -> SampleShop:
    assert isinstance(desk.shop, SampleShop)
    return desk.shop


def shop_policy(**who: str) -> Any:
    return pytest.mark.parametrize("desk_settings", [{"policy": {"shop": who}}], indirect=True)


async def test_an_order_that_has_not_left_is_cancelled_after_a_click(desk: Desk) -> None:
    willing = proposing(desk, "cancel_order", order_id="ORD-1002")
    action = await asked(willing, "Please cancel ORD-1002.")
    assert "You will hear from us" in slack_of(desk).sent[-1].text

    await press(willing, action, "approve")

    order = await desk.shop.get_order("ORD-1002", customer_id="cus_alice")
    assert order is not None
    assert order.status == "cancelled"
    assert "ORD-1002 is cancelled" in slack_of(desk).sent[-1].text
    done = await now(desk, action)
    assert (done.state, done.kind, done.amount_minor) == (ActionState.DONE, "cancel_order", 0)
    assert fact(desk, action, "Reference") == done.result["reference"]


async def test_an_order_that_has_left_cannot_be_cancelled_and_nobody_is_asked(desk: Desk) -> None:
    action = await asked(proposing(desk, "cancel_order", order_id="ORD-1001"), "Please cancel ORD-1001.")

    assert action.state is ActionState.REFUSED
    assert slack_of(desk).sent[-1].text == "ORD-1001 is shipped and can no longer be cancelled."
    assert room_of(desk).cards == {}


async def test_an_order_of_somebody_else_is_not_found(desk: Desk) -> None:
    action = await asked(proposing(desk, "reship", order_id="ORD-1005"), "Please send ORD-1005 again.")

    assert action.state is ActionState.REFUSED
    assert "could not find" in slack_of(desk).sent[-1].text


async def test_what_changed_before_the_click_is_shown_and_asked_again(desk: Desk) -> None:
    willing = proposing(desk, "cancel_order", order_id="ORD-1002")
    action = await asked(willing, "Please cancel ORD-1002.")
    await change(desk, action, facts={**action.facts, "items": "1 × something else"})

    whisper = await press(willing, action, "approve")

    assert "Items: 1 × something else" in whisper
    assert (await now(desk, action)).state is ActionState.PENDING


async def test_what_became_impossible_before_the_click_is_blocked(desk: Desk) -> None:
    willing = proposing(desk, "cancel_order", order_id="ORD-1002")
    action = await asked(willing, "Please cancel ORD-1002.")
    await shop_of(desk).carry_out(ShopTask("act_other", "cancel_order", "cus_alice", "ORD-1002", {}))

    whisper = await press(willing, action, "approve")

    assert "can no longer be cancelled" in whisper
    assert (await now(desk, action)).state is ActionState.BLOCKED


async def test_an_order_is_sent_again_to_the_address_on_file(desk: Desk) -> None:
    willing = proposing(desk, "reship", order_id="ord-1003")
    action = await asked(willing, "ORD-1003 never came.")
    assert "12 Mill Lane" in fact(desk, action, "Address")
    assert action.tainted == []

    await press(willing, action, "approve")

    newest_order = (await desk.shop.list_orders("cus_alice"))[0]
    assert newest_order.id.startswith("RESHIP-")
    assert "is being sent again" in slack_of(desk).sent[-1].text


@shop_policy(reship="automatic")
async def test_an_address_only_the_customer_says_needs_a_person_and_stands_out(desk: Desk) -> None:
    elsewhere = proposing(desk, "reship", order_id="ORD-1003", address="1 Thief Street, Nowhere")
    action = await asked(elsewhere, "ORD-1003 never came, send it to my new address.")

    assert (action.state, action.tainted) == (ActionState.PENDING, ["address"])
    assert "1 Thief Street" in fact(desk, action, "⚠ Only the customer says")


async def test_a_plan_is_changed_to_one_that_is_sold(desk: Desk) -> None:
    willing = proposing(desk, "change_plan", plan="Business")
    action = await asked(willing, "Please move us to the business plan.")
    assert card_of(desk, action).title == "Change the plan from team to business"

    await press(willing, action, "approve")

    customer = await desk.shop.get_customer("cus_alice")
    assert customer is not None
    assert customer.plan == "business"
    assert "The plan is business now (before: team)." in slack_of(desk).sent[-1].text


@pytest.mark.parametrize(("plan", "says"), [("platinum", "There is no such plan"), ("team", "is team already")])
async def test_a_plan_nobody_sells_or_they_have_is_refused(desk: Desk, plan: str, says: str) -> None:
    action = await asked(proposing(desk, "change_plan", plan=plan), "Another plan please.")

    assert action.state is ActionState.REFUSED
    assert says in slack_of(desk).sent[-1].text


@shop_policy(reset_password="automatic")
async def test_a_reset_link_goes_to_the_address_on_file_without_a_person(desk: Desk) -> None:
    action = await asked(proposing(desk, "reset_password", email="thief@example.net"), "I forgot my password.")

    assert (action.state, action.decided_by) == (ActionState.DONE, "policy")
    assert action.terms["sent_to"] == "alice@example.com"
    [reply] = slack_of(desk).sent
    assert "on its way to the address we have on file" in reply.text


@shop_policy(cancel_order="off")
async def test_what_the_operator_switched_off_goes_to_a_person(desk: Desk) -> None:
    await write(proposing(desk, "cancel_order", order_id="ORD-1002"), "t1", "1", "Please cancel ORD-1002.")
    await settle(proposing(desk, "cancel_order", order_id="ORD-1002"))

    assert await rows(desk, Action) == []
    [escalation] = await rows(desk, Escalation)
    assert "cancel order was asked for" in escalation.reason


async def test_a_shop_that_cannot_act_sends_the_wish_to_a_person(desk: Desk) -> None:
    reading = with_parts(proposing(desk, "cancel_order", order_id="ORD-1002"), shop=NoShop())
    await write(reading, "t1", "1", "Please cancel ORD-1002.")
    await settle(reading)

    assert await rows(desk, Action) == []
    assert len(await rows(desk, Escalation)) == 1


async def test_the_same_machinery_withdraws_and_expires_them(desk: Desk) -> None:
    willing = proposing(desk, "cancel_order", order_id="ORD-1002")
    action = await asked(willing, "Please cancel ORD-1002.")
    taking_back = with_parts(
        desk, team=SaysWhatItIsTold(Answer("", "order_status", ("x",), proposals=(Proposal("withdraw", {}, "no"),)))
    )
    await write(taking_back, "T0ACME:C1:1.0", "T0ACME:C1:1.7", "Do not cancel it after all.")
    await settle(taking_back)

    assert (await newest(desk)).state is ActionState.WITHDRAWN
    assert "this is withdrawn: cancel ORD-1002" in slack_of(desk).sent[-1].text
    assert card_of(desk, action).buttons == ()


async def test_a_deed_is_done_once_per_key_also_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "deeds.json"
    task = ShopTask("act_1", "change_plan", "cus_alice", "", {"plan": "business"})
    first = await SampleShop(state_file=file).carry_out(task)

    reopened = open_shop("sample", state_file=file)
    assert isinstance(reopened, SampleShop)
    assert await reopened.find_done("act_1") == first
    assert await reopened.carry_out(task) == first
    customer = await reopened.get_customer("cus_alice")
    assert customer is not None
    assert customer.plan == "business"
    assert len(reopened._deeds.by_key) == 1


async def test_a_task_that_is_not_possible_is_refused_by_the_shop_itself() -> None:
    with pytest.raises(BackendRefused, match="can no longer be cancelled"):
        await SampleShop().carry_out(ShopTask("act_1", "cancel_order", "cus_alice", "ORD-1001", {}))
    with pytest.raises(BackendRefused, match="no such thing"):
        await SampleShop().carry_out(ShopTask("act_1", "cancel_order", "cus_bob", "ORD-1002", {}))


async def test_a_card_of_the_shop_has_no_amount_to_change(desk: Desk) -> None:
    action = await asked(proposing(desk, "cancel_order", order_id="ORD-1002"), "Please cancel ORD-1002.")

    assert [b.verb for b in card_of(desk, action).buttons] == [
        "approve",
        "deny",
        "deny_form",
        "ask_form",
        "take_over",
        "ticket_explain",
    ]
    assert button(desk, action, "approve").label == "Approve"
