"""More of what may happen to a refund: Slack away, money paused, other versions, parts, and credit instead of money."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from bot.actions.approvals import decide
from bot.actions.endings import deadline
from bot.actions.press import Looked, Wish
from bot.controls import MONEY, turn
from bot.desk import Desk
from bot.sandbox.payments.client import PaymentsTown
from bot.steps.reconcile import reconcile
from bot.steps.tick import run_tick
from bot.worker import run_job
from channels.base import TemporaryChannelError
from storage.models import Action, ActionState, Decision, Escalation
from tests.arrivals import once
from tests.bot.refunds import ROBIN, SAM, asked, button, card_of, change, fact, later, newest, now, press, verbs
from tests.desks import DiesAfter, dying, room_of, rows, settle, slack_of, with_parts, write

CHARGE = "ch_alice_1002"
PAUSED = "⚠ Paused"


def policy(**settings: Any) -> Any:
    """Settings of policy.refund for one test."""
    return pytest.mark.parametrize("desk_settings", [{"policy": {"refund": settings}}], indirect=True)


# ------------------------------------------------------------------ Slack is down


async def test_while_slack_is_down_the_command_line_decides_and_the_card_catches_up(
    desk: Desk, town: PaymentsTown
) -> None:
    class Down(type(room_of(desk))):  # type: ignore[misc]
        up = False

        async def show_card(self, card: Any) -> str:
            if not self.up:
                raise TemporaryChannelError("Slack does not answer", retry_after=0.05)
            return str(await super().show_card(card))

    room = Down()
    down = with_parts(desk, staff_room=room)
    await write_and_wait(down)
    action = await newest(down)
    assert (action.state, room.cards) == (ActionState.PENDING, {})

    await by_command(down, action, "approve")
    await work_until(down, lambda: paid(down, action))
    room.up = True
    await settle(down)

    assert await town.paid_under(action.id) == (1, 9900)
    assert card_of(down, action).state.startswith("done")
    assert card_of(down, action).buttons == ()


async def write_and_wait(desk: Desk) -> None:
    await write(desk, "T0ACME:C1:1.0", "1", "Please refund order ORD-1002, I was charged twice.")
    await work_until(desk, lambda: rows(desk, Action))


async def paid(desk: Desk, action: Action) -> bool:
    return (await now(desk, action)).state is ActionState.DONE


async def work_until(desk: Desk, true: Any) -> None:
    """Work as the program does until `true`; what cannot be done yet stays."""
    work = asyncio.create_task(desk.jobs.work(partial(run_job, desk)))
    async with asyncio.timeout(15):
        while not await true():  # noqa: ASYNC110  (seen from outside)
            await asyncio.sleep(0.02)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


async def by_command(desk: Desk, action: Action, verb: str) -> Decision:
    """What `helpdesk refunds` does."""
    wish = Wish(verb, action.id, action.terms_hash, "cli/ops", "ops", f"cli:{verb}", looked=Looked())
    return await desk.db.write(lambda tx: decide(tx, desk, wish))


# ------------------------------------------------------------------ paused


async def test_while_money_is_paused_the_card_says_so_and_an_approval_waits(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    await desk.db.write(lambda tx: turn(tx, desk, MONEY, on=True, by="sam"))
    await settle(desk)
    assert fact(desk, action, PAUSED) == "money: carried out once somebody resumes it"

    await press(desk, action, "approve", work=False)
    await work_until(desk, lambda: whispered(desk))

    assert "Money is paused: it is carried out once somebody resumes it." in room_of(desk).whispers[-1][1]
    assert (await now(desk, action)).state is ActionState.APPROVED
    assert await town.refunded(CHARGE) == 0

    await desk.db.write(lambda tx: turn(tx, desk, MONEY, on=False, by="sam"))
    await work_until(desk, lambda: fact_is_gone(desk, action))
    assert await town.refunded(CHARGE) == 0, "the act step looks again by itself, fifteen seconds later"


async def whispered(desk: Desk) -> bool:
    return bool(room_of(desk).whispers)


async def fact_is_gone(desk: Desk, action: Action) -> bool:
    return fact(desk, action, PAUSED) == ""


# ------------------------------------------------------------------ versions


@policy(approval_limit="60.00")
async def test_an_approval_of_the_old_version_does_not_count_for_the_new_one(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    await press(desk, action, "approve")
    await press(desk, action, "amend", by=ROBIN, inputs={"amount": "80"})
    new = await newest(desk)
    assert (new.version, fact(desk, new, "Approvals")) == (2, "0 of 2")
    assert "Refund 99.00 USD for ORD-1002 → —" in fact(desk, new, "Changed: Before")

    assert "1 of 2" in await press(desk, new, "approve")
    assert await town.refunded(CHARGE) == 0
    await press(desk, new, "approve", by=ROBIN)
    assert await town.paid_under(new.id) == (1, 8000)


@policy(approval_limit="60.00")
async def test_what_one_raised_and_renewed_still_needs_another(desk: Desk, town: PaymentsTown) -> None:
    await press(desk, await asked(desk, PART), "amend", inputs={"amount": "90"})
    raised = await newest(desk)
    await change(desk, raised, state=ActionState.EXPIRED, open_key=None)
    value = f"{raised.id}:{raised.version}:{raised.terms_hash[:16]}"
    await press(desk, raised, "renew", value=value)

    renewed = await newest(desk)
    assert (renewed.version, renewed.edited_by, renewed.tainted) == (3, SAM, [])
    assert "another person must approve" in await press(desk, renewed, "approve")


PART = "Please refund 50.00 USD of order ORD-1002, I was charged twice."


async def test_a_loser_hears_who_won(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    value = button(desk, action, "approve").value
    await press(desk, action, "approve", value=value)

    whisper = await press(desk, action, "deny", value=value, by=ROBIN)

    assert "already done, decided by T0NORTHWIND/U0SAM at " in whisper


# ------------------------------------------------------------------ time and the provider


async def test_what_expired_is_not_carried_out_whoever_starts_the_job(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    await change(desk, action, state=ActionState.EXPIRED, open_key=None)
    await desk.db.write(lambda tx: desk.jobs.defer(tx, "act", action.id, lane="x"))
    await settle(desk)

    assert await town.refunded(CHARGE) == 0
    assert (await now(desk, action)).state is ActionState.EXPIRED


OFFICE = {"policy": {"hours": {"days": "mon-fri", "opens": "09:00", "closes": "17:00"}, "refund": {"expires_hours": 8}}}


@pytest.mark.parametrize("desk_settings", [OFFICE], indirect=True)
async def test_staff_are_reminded_in_business_hours_and_it_expires_in_them(desk: Desk) -> None:
    friday = datetime(2027, 1, 1, 16, 0, tzinfo=UTC)
    at = partial(with_parts, desk)
    action = await asked(desk)
    due = deadline(at(now=lambda: friday))
    await change(desk, action, created_at=friday, expires_at=due)
    assert due == friday.replace(day=4)

    for day, hour, reminders, state in (
        (1, 23, 0, ActionState.PENDING),
        (3, 12, 0, ActionState.PENDING),
        (4, 11, 0, ActionState.PENDING),
        (4, 12, 1, ActionState.PENDING),
        (4, 15, 1, ActionState.PENDING),
        (4, 16, 1, ActionState.EXPIRED),
    ):
        moment = at(now=lambda day=day, hour=hour: friday.replace(day=day, hour=hour))
        await run_tick(moment, "remind@x")
        await run_tick(moment, "expire@x")
        assert (len(await rows(desk, Escalation)), (await now(desk, action)).state) == (reminders, state), (day, hour)


async def test_a_dispute_is_found_by_asking_too_and_closes_the_card(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    await run_tick(desk, "recheck@1")
    await settle(desk)
    assert (await now(desk, action)).state is ActionState.PENDING

    await town.dispute(CHARGE)
    await run_tick(desk, "recheck@2")
    await settle(desk)

    assert (await now(desk, action)).state is ActionState.BLOCKED
    assert "approve" not in verbs(desk, action)
    assert any("could not be carried out" in escalation.reason for escalation in await rows(desk, Escalation))


async def test_a_worker_that_looked_longer_than_its_claim_leaves_the_paying_to_the_next(
    desk: Desk, town: PaymentsTown
) -> None:
    """Even when the provider remembers no key: the first worker wakes up after the second has paid."""
    await town.settings(key_lifetime=0)
    action = await asked(desk)
    await change(desk, action, state=ActionState.APPROVED)
    paid_by_another = []

    class SlowToLook:
        def __getattr__(self, name: str) -> Any:
            return getattr(desk.payments, name)

        async def get_payment(self, ref: str) -> Any:
            found = await desk.payments.get_payment(ref)
            if not paid_by_another:
                paid_by_another.append(ref)
                await once(later(desk, minutes=5), "act", action.id)
            return found

    await once(with_parts(desk, payments=SlowToLook()), "act", action.id)

    assert (await now(desk, action)).state is ActionState.DONE
    assert await town.paid_under(action.id) == (1, 9900)
    assert len(await town.calls("refunds.create")) == 1


async def test_several_parts_of_one_charge_go_back_one_after_the_other_and_never_more_than_was_paid(
    desk: Desk, town: PaymentsTown
) -> None:
    for number, part in enumerate(["30.00", "40.00"]):
        text = f"Please refund {part} USD of order ORD-1002, I was charged twice."
        action = await asked(desk, text, thread=f"T0ACME:C1:{number}")
        await press(desk, action, "approve")
        assert (await now(desk, action)).state is ActionState.DONE
    assert await town.refunded(CHARGE) == 7000

    last = await asked(desk, PART, thread="T0ACME:C1:9")

    assert (last.state, last.verdict["rule"]) == (ActionState.REFUSED, "above_refundable")
    assert "at most 29.00 USD can go back" in slack_of(desk).sent[-1].text


async def test_a_second_part_in_the_same_thread_is_another_request(desk: Desk, town: PaymentsTown) -> None:
    await press(desk, await asked(desk, PART), "approve")

    second = await asked(desk, "Now please refund 20.00 USD more of order ORD-1002.")
    assert (second.amount_minor, second.state) == (2000, ActionState.PENDING)
    await press(desk, second, "approve")

    assert await town.refunded(CHARGE) == 7000


# ------------------------------------------------------------------ store credit

AS_CREDIT = "Please refund order ORD-1002 as store credit, I was charged twice."


async def test_who_wants_store_credit_gets_it_from_the_shop_and_no_money_moves(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk, AS_CREDIT)
    assert card_of(desk, action).title == "Refund 99.00 USD for ORD-1002 as store credit"
    assert fact(desk, action, "Lands") == "as credit in the shop, at once"
    assert "store credit of 99.00 USD for ORD-1002" in slack_of(desk).sent[-1].text

    await press(desk, action, "approve")

    done = await now(desk, action)
    assert (done.state, done.result["credit"]) == (ActionState.DONE, "STORE-CREDIT-1")
    state = await desk.shop.state_of("store_credit", "cus_alice", customer_id="cus_alice")  # type: ignore[attr-defined]
    assert state.facts == {"credit": "9900 USD"}
    assert await town.refunded(CHARGE) == 0
    assert "Your store credit of 99.00 USD for ORD-1002 is on your account now" in slack_of(desk).sent[-1].text
    await reconcile(desk, "2027-01-01")
    assert await rows(desk, Escalation) == []


async def test_credit_and_money_together_are_never_more_than_was_paid(desk: Desk, town: PaymentsTown) -> None:
    part = "Please refund 60.00 USD of order ORD-1002 as store credit, I was charged twice."
    await press(desk, await asked(desk, part), "approve")

    rest = await asked(desk, thread="T0ACME:C1:2")

    assert (rest.amount_minor, rest.state) == (3900, ActionState.PENDING)
    assert "60.00 USD given as credit" in fact(desk, rest, "Already refunded")
    await press(desk, rest, "approve")
    assert await town.refunded(CHARGE) == 3900


async def test_staff_change_where_it_lands(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    await press(desk, action, "amend_form")
    [form] = room_of(desk).forms
    assert [(field.name, field.initial) for field in form.fields] == [("amount", "99.00"), ("to", "original")]

    await press(desk, action, "amend", value=form.value, inputs={"amount": "99", "to": "store_credit"})

    new = await newest(desk)
    assert (new.version, new.terms["destination"]) == (2, "store_credit")
    await press(desk, new, "approve")
    assert ((await now(desk, new)).state, await town.refunded(CHARGE)) == (ActionState.DONE, 0)


async def test_credit_is_given_once_although_the_process_died_behind_it(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk, AS_CREDIT)
    dead = with_parts(desk, shop=DiesAfter(desk.shop, "carry_out"))
    await press(dead, action, "approve", work=False)
    await settle(dead, run=dying(dead))
    await settle(desk)

    assert (await now(desk, action)).result["credit"] == "STORE-CREDIT-1"
    state = await desk.shop.state_of("store_credit", "cus_alice", customer_id="cus_alice")  # type: ignore[attr-defined]
    assert state.facts == {"credit": "9900 USD"}


# ------------------------------------------------------------------ policy


@policy(preset="standard", automatic_limit="500.00", many_refunds=1)
async def test_a_sign_of_abuse_takes_a_person_and_the_card_says_which(desk: Desk) -> None:
    first = await asked(desk)
    second = await asked(desk, "Please refund order ORD-1001, it is broken.", thread="T0ACME:C1:2.0")

    assert (first.state, second.state) == (ActionState.DONE, ActionState.PENDING)
    assert second.verdict["rule"] == "abuse_signs"
    assert "1 refunds (99.00 USD) in 90 days." in card_of(desk, second).verdict
    assert "refunded 99.00 USD of" in fact(desk, second, "Customer")
    assert "account 412 days old" in fact(desk, second, "Customer")


ROLES = {"S0LEADS": {"limit": "2000.00", "alone": True}}


@policy(approval_limit="60.00", manager_limit="80.00", roles=ROLES)
async def test_above_the_manager_limit_even_a_manager_needs_a_second_person(desk: Desk, town: PaymentsTown) -> None:
    room_of(desk).groups = {"S0LEADS": frozenset({SAM, ROBIN})}
    action = await asked(desk)

    assert "1 of 2" in await press(desk, action, "approve", by=ROBIN)
    assert await town.refunded(CHARGE) == 0
    await press(desk, action, "approve")
    assert await town.paid_under(action.id) == (1, 9900)


@policy(preset="standard", limits={"usd": {"automatic": "50"}})
async def test_a_currency_of_its_own_has_limits_of_its_own(desk: Desk) -> None:
    action = await asked(desk)

    assert (action.state, action.verdict["rule"]) == (ActionState.PENDING, "needs_approval")
    assert action.verdict["inputs"]["limits"]["automatic"] == 5000
