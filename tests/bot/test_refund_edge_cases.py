"""What may happen to a refund between the wish and the bank: one test for each case that has a rule."""

import asyncio
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlmodel import Session

from bot.actions import ACTIONS
from bot.actions.endings import deadline
from bot.desk import Desk
from bot.sandbox.faults import Fault
from bot.sandbox.payments.client import PaymentsTown
from bot.steps.tick import run_tick
from bot.worker import run_job
from channels.base import PermanentChannelError
from storage.jobs import Job
from storage.models import (
    Action,
    ActionState,
    Control,
    Decision,
    Escalation,
    EscalationState,
    Identity,
    Ticket,
    TicketStatus,
)
from tests.arrivals import on_each_database
from tests.bot.refunds import (
    ROBIN,
    SAM,
    asked,
    button,
    card_of,
    change,
    fact,
    later,
    newest,
    now,
    press,
    verbs,
)
from tests.desks import hand_in, room_of, rows, settle, slack_of, with_parts, write

CHARGE = "ch_alice_1002"


def policy(**settings: Any) -> Any:
    """Settings of policy.refund for one test."""
    return pytest.mark.parametrize("desk_settings", [{"policy": {"refund": settings}}], indirect=True)


# ------------------------------------------------------------------ clicks


async def test_double_click_is_told_who_decided_and_pays_once(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    value = button(desk, action, "approve").value
    await press(desk, action, "approve")

    whisper = await press(desk, action, "approve", value=value)

    assert "already done" in whisper
    assert "by you" in whisper
    assert await town.paid_under(action.id) == (1, 9900)


@on_each_database
async def test_two_approvers_at_once_have_one_winner(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    value = button(desk, action, "approve").value
    await press(desk, action, "approve", value=value, work=False)
    await press(desk, action, "approve", value=value, by=ROBIN, work=False)
    await settle(desk)

    assert sorted(decision.won for decision in await rows(desk, Decision)) == [False, True]
    assert await town.paid_under(action.id) == (1, 9900)


async def test_approve_and_deny_at_once_the_first_commit_wins(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    value = button(desk, action, "approve").value
    await press(desk, action, "deny", value=value, work=False)
    await press(desk, action, "approve", value=value, by=ROBIN, work=False)
    await settle(desk)

    state = (await now(desk, action)).state
    paid = await town.refunded(CHARGE)
    assert (state, paid) in ((ActionState.DENIED, 0), (ActionState.DONE, 9900))
    assert sum(decision.won for decision in await rows(desk, Decision)) == 1


async def test_after_a_restart_an_old_card_works_and_an_unknown_one_is_answered(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    value = button(desk, action, "approve").value
    restarted = with_parts(desk, staff_room=type(room_of(desk))())

    await hand_in(restarted)
    room_of(restarted).cards.update(room_of(desk).cards)
    await press(restarted, action, "approve", value=value)
    whisper = await press(restarted, action, "approve", value="act_gone:1:abcdef")

    assert (await now(desk, action)).state is ActionState.DONE
    assert "not known here any more" in whisper


# ------------------------------------------------------------------ other terms, other facts


async def test_changing_the_amount_makes_a_new_version_and_voids_the_old_card(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    old = button(desk, action, "approve").value

    await press(desk, action, "amend", inputs={"amount": "50.00"})

    new = await newest(desk)
    assert (new.version, new.previous_id, new.amount_minor, new.state) == (2, action.id, 5000, ActionState.PENDING)
    assert (await now(desk, action)).state is ActionState.SUPERSEDED
    assert card_of(desk, action).buttons == ()
    assert "Refund 99.00 USD" in str(card_of(desk, new).facts)
    whisper = await press(desk, action, "approve", value=old)
    assert "changed after this card was posted" in whisper
    assert "50.00 USD" in whisper
    assert whisper.endswith(f"→ {next(ident for ident, card in room_of(desk).cards.items() if new.id in card.footer)}")
    assert await town.refunded(CHARGE) == 0

    await press(desk, new, "approve")
    assert await town.paid_under(new.id) == (1, 5000)
    assert "50.00 USD" in slack_of(desk).sent[-1].text


@pytest.mark.parametrize(
    ("typed", "says"),
    [("ninety", "not an amount"), ("", "not an amount"), ("0.001", "finer than"), ("120", "only 99.00 USD is left")],
)
async def test_an_amount_that_makes_no_sense_changes_nothing(desk: Desk, typed: str, says: str) -> None:
    action = await asked(desk)

    whisper = await press(desk, action, "amend", inputs={"amount": typed})

    assert says in whisper
    assert (await now(desk, action)).state is ActionState.PENDING
    assert len(await rows(desk, Action)) == 1


LIMITS = {"S0CLERKS": {"limit": "60.00"}, "S0LEADS": {"limit": "2000.00", "alone": True}}


def with_groups(desk: Desk) -> None:
    room_of(desk).groups = {"S0CLERKS": frozenset({SAM, ROBIN}), "S0LEADS": frozenset({ROBIN})}


@policy(roles=LIMITS)
async def test_an_approver_above_their_limit_is_told_the_limit(desk: Desk, town: PaymentsTown) -> None:
    with_groups(desk)
    action = await asked(desk)

    whisper = await press(desk, action, "approve")
    assert "Your limit is 60.00 USD" in whisper
    assert (await now(desk, action)).state is ActionState.PENDING

    await press(desk, action, "approve", by=ROBIN)
    assert await town.paid_under(action.id) == (1, 9900)


@policy(roles=LIMITS)
async def test_the_editor_needs_the_limit_for_the_new_amount(desk: Desk) -> None:
    with_groups(desk)
    action = await asked(desk, "Please refund 50.00 USD of order ORD-1002, I was charged twice.")
    assert action.amount_minor == 5000

    whisper = await press(desk, action, "amend", inputs={"amount": "70"})

    assert "Your limit is 60.00 USD" in whisper
    assert [one.version for one in await rows(desk, Action)] == [1]


@policy(approval_limit="60.00")
async def test_raising_above_the_policy_needs_another_person_than_the_editor(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk, "Please refund 50.00 USD of order ORD-1002, I was charged twice.")
    await press(desk, action, "amend", inputs={"amount": "90"})
    new = await newest(desk)
    assert (new.amount_minor, new.approvals_needed) == (9000, 2)

    whisper = await press(desk, new, "approve")

    assert "another person must approve" in whisper
    assert (await now(desk, new)).state is ActionState.PENDING
    assert await town.refunded(CHARGE) == 0


@policy(approval_limit="60.00")
async def test_above_the_second_threshold_two_different_people_approve(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    value = button(desk, action, "approve").value

    whisper = await press(desk, action, "approve")
    assert "1 of 2" in whisper
    assert fact(desk, action, "Approvals") == "1 of 2"
    assert "second person" in await press(desk, action, "approve", value=value)
    assert await town.refunded(CHARGE) == 0
    await press(desk, action, "approve", by=ROBIN)

    assert await town.paid_under(action.id) == (1, 9900)


@policy(approval_limit="60.00", roles=LIMITS)
async def test_above_the_second_threshold_a_manager_is_enough(desk: Desk, town: PaymentsTown) -> None:
    with_groups(desk)
    action = await asked(desk)

    await press(desk, action, "approve", by=ROBIN)

    assert await town.paid_under(action.id) == (1, 9900)


async def test_a_click_after_the_order_changed_shows_the_difference_and_asks_again(
    desk: Desk, town: PaymentsTown
) -> None:
    action = await asked(desk)
    await change(desk, action, facts={**action.facts, "order_status": "shipped"})
    old = button(desk, action, "approve").value

    whisper = await press(desk, action, "approve")

    assert "Order status: shipped → processing" in whisper
    assert fact(desk, action, "Changed: Order status") == "shipped → processing"
    assert ((await now(desk, action)).state, (await now(desk, action)).version) == (ActionState.PENDING, 2)
    assert "changed after the card was posted" in await press(desk, action, "approve", value=old)
    assert await town.refunded(CHARGE) == 0
    await press(desk, action, "approve")
    assert await town.paid_under(action.id) == (1, 9900)


async def test_an_order_that_changed_between_click_and_payment_goes_back_to_the_people(
    desk: Desk, town: PaymentsTown
) -> None:
    action = await asked(desk)
    await press(desk, action, "approve", work=False)
    await _decided(desk)
    await change(desk, action, facts={**action.facts, "order_status": "shipped"})
    await settle(desk)

    assert (await now(desk, action)).state is ActionState.PENDING
    assert fact(desk, action, "Changed: Order status") == "shipped → processing"
    assert await town.refunded(CHARGE) == 0


async def _decided(desk: Desk) -> None:
    """Work until the click is understood, and not a step further."""

    async def only_clicks(job: Job) -> datetime | None:
        return await run_job(desk, job) if job.kind == "ingest" else desk.now() + timedelta(milliseconds=50)

    async with asyncio.timeout(10):
        work = asyncio.create_task(desk.jobs.work(only_clicks))
        while not await rows(desk, Decision):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def test_a_dispute_meanwhile_blocks_it_and_fetches_a_person(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    await town.dispute(CHARGE)

    whisper = await press(desk, action, "approve")

    assert "disputed" in whisper
    assert (await now(desk, action)).state is ActionState.BLOCKED
    assert any("could not be carried out" in escalation.reason for escalation in await rows(desk, Escalation))
    assert "colleague is looking" in slack_of(desk).sent[-1].text


async def test_refunded_in_the_dashboard_meanwhile_can_be_marked_as_done(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    made = await town.refund_by_hand(CHARGE, 9900)

    await press(desk, action, "approve")

    assert (await now(desk, action)).state is ActionState.BLOCKED
    assert made["id"] in button(desk, action, "mark_done").label
    await press(desk, action, "mark_done")
    done = await now(desk, action)
    assert (done.state, done.result["refund"]) == (ActionState.DONE, made["id"])
    assert "has been made" in slack_of(desk).sent[-1].text
    assert await town.refunded(CHARGE) == 9900


async def test_partly_refunded_meanwhile_is_asked_again_with_todays_facts(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    await town.refund_by_hand(CHARGE, 4000)
    await press(desk, action, "approve")
    assert (await now(desk, action)).state is ActionState.BLOCKED

    await press(desk, action, "renew")

    new = await newest(desk)
    assert (new.version, new.amount_minor, new.state) == (2, 5900, ActionState.PENDING)


# ------------------------------------------------------------------ time


async def test_an_expired_request_is_renewed_with_one_click(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    tomorrow = later(desk, hours=25)
    await run_tick(tomorrow, "expire@x")
    await settle(tomorrow)
    assert (await now(desk, action)).state is ActionState.EXPIRED
    assert "Nobody has decided" in slack_of(desk).sent[-1].text

    await press(tomorrow, action, "renew")

    new = await newest(desk)
    assert (new.state, new.version) == (ActionState.PENDING, 2)
    assert new.expires_at is not None
    assert new.expires_at > tomorrow.now()
    await press(tomorrow, new, "approve")
    assert await town.paid_under(new.id) == (1, 9900)


@pytest.mark.parametrize(
    "desk_settings",
    [{"policy": {"hours": {"days": "mon-fri", "opens": "09:00", "closes": "17:00"}, "refund": {"expires_hours": 8}}}],
    indirect=True,
)
async def test_expiry_counts_business_hours_only(desk: Desk) -> None:
    friday_evening = desk.now().replace(year=2027, month=1, day=1, hour=18, minute=0, second=0, microsecond=0)
    action = await asked(desk)

    assert deadline(with_parts(desk, now=lambda: friday_evening)) == friday_evening.replace(day=4, hour=17)
    action.created_at, action.expires_at = friday_evening, friday_evening.replace(day=4, hour=17)
    assert "You will hear from us here by Monday, 4 January, 17:00 UTC." in ACTIONS["refund"].told(action)


async def test_staff_are_reminded_once_before_it_expires_and_the_reminder_closes_itself(desk: Desk) -> None:
    action = await asked(desk)
    for _ in range(2):
        await run_tick(later(desk, hours=21), "remind@x")
    await settle(desk)
    [reminder] = await rows(desk, Escalation)
    assert (reminder.reason, reminder.state) == ("A decision is waiting", EscalationState.OPEN)

    await press(desk, action, "deny")

    [reminder] = await rows(desk, Escalation)
    assert reminder.state is EscalationState.CLOSED


@policy(hold_seconds=60)
async def test_an_approval_on_hold_can_be_undone(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    value = button(desk, action, "approve").value
    whisper = await press(desk, action, "approve", work=False)
    await _clicks(desk, 1)
    assert (await now(desk, action)).state is ActionState.APPROVED
    assert verbs(desk, action) == ["undo"]
    assert whisper == ""

    await press(desk, action, "undo", work=False)
    await _clicks(desk, 2)

    assert (await now(desk, action)).state is ActionState.PENDING
    await press(desk, action, "approve", value=value, work=False)
    await _clicks(desk, 3)
    assert (await now(desk, action)).state is ActionState.PENDING, "the old approval button must not work again"
    assert await town.refunded(CHARGE) == 0


@policy(hold_seconds=0.4)
async def test_after_the_hold_it_is_paid_and_undo_comes_too_late(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    await press(desk, action, "approve", work=False)
    await _clicks(desk, 1)
    value = button(desk, action, "undo").value
    await settle(desk)

    whisper = await press(desk, action, "undo", value=value)

    assert "already done" in whisper
    assert "credit note" in whisper
    assert await town.paid_under(action.id) == (1, 9900)


async def _clicks(desk: Desk, number: int) -> None:
    """Work until so many presses are decided about and the cards and whispers are out; what is on hold stays."""
    work = asyncio.create_task(desk.jobs.work(partial(run_job, desk)))
    async with asyncio.timeout(10):
        while True:
            due = [kind for kind, when in await desk.db.read(lambda tx: desk.jobs.waiting(tx)) if when <= desk.now()]
            if len(await rows(desk, Decision)) >= number and not due:
                break
            await asyncio.sleep(0.02)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


# ------------------------------------------------------------------ the customer


async def test_the_customer_withdraws_in_words_and_the_card_closes_itself(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    value = button(desk, action, "approve").value

    await write(
        desk, "T0ACME:C1:1.0", "T0ACME:C1:1.9", "Sorry, please withdraw my refund request, I found the mistake."
    )
    await settle(desk)

    assert (await now(desk, action)).state is ActionState.WITHDRAWN
    assert "is withdrawn" in slack_of(desk).sent[-1].text
    assert card_of(desk, action).buttons == ()
    assert "already withdrawn" in await press(desk, action, "approve", value=value)
    assert await town.refunded(CHARGE) == 0


async def test_the_customer_withdraws_too_late_and_hears_that_it_is_on_its_way(desk: Desk, town: PaymentsTown) -> None:
    await town.refunds_become(CHARGE, "pending")
    action = await asked(desk)
    await press(desk, action, "approve")
    assert (await now(desk, action)).state is ActionState.SUBMITTED

    await write(desk, "T0ACME:C1:1.0", "T0ACME:C1:1.9", "Please withdraw my refund request.")
    await settle(desk)

    assert "already on its way" in slack_of(desk).sent[-1].text
    assert (await now(desk, action)).state is ActionState.SUBMITTED


async def test_asking_the_customer_sends_the_words_and_shows_the_answer_on_the_card(desk: Desk) -> None:
    action = await asked(desk)

    await press(desk, action, "ask", inputs={"question": "Which of the two charges do you mean?"})
    assert slack_of(desk).sent[-1].text == "Which of the two charges do you mean?"
    assert (await now(desk, action)).state is ActionState.PENDING
    await write(desk, "T0ACME:C1:1.0", "T0ACME:C1:1.8", "The second one, of course.")
    await settle(desk)

    assert "The second one, of course." in fact(desk, action, "Customer wrote since")


async def test_a_denial_with_a_reason_tells_the_customer_the_reason_and_the_way_to_a_person(desk: Desk) -> None:
    action = await asked(desk)
    await press(desk, action, "deny_form")
    [form] = room_of(desk).forms
    assert (form.verb, [field.name for field in form.fields]) == ("deny", ["reason"])
    assert (await now(desk, action)).state is ActionState.PENDING

    await press(desk, action, "deny", value=form.value, inputs={"reason": "the licence was used for a year"})

    assert "The reason: the licence was used for a year" in slack_of(desk).sent[-1].text
    assert "a person will answer" in slack_of(desk).sent[-1].text


async def test_a_form_that_could_not_be_opened_in_time_is_said(desk: Desk) -> None:
    action = await asked(desk)

    class TooLate(type(room_of(desk))):  # type: ignore[misc]
        async def ask(self, answer_to: object, form: object) -> None:
            raise PermanentChannelError("expired_trigger_id")

    slow = with_parts(desk, staff_room=TooLate(cards=room_of(desk).cards))

    whisper = await press(slow, action, "deny_form")

    assert "press the button again" in whisper
    assert (await now(desk, action)).state is ActionState.PENDING


async def test_what_the_reply_says_it_says_once(desk: Desk) -> None:
    await asked(desk)

    [reply] = slack_of(desk).sent
    assert reply.text.count("99.00 USD") == 1
    assert reply.text.count("ORD-1002") == 1


# ------------------------------------------------------------------ the provider


@pytest.mark.parametrize("fault", [Fault.APPLY_THEN_RESET, Fault.APPLY_THEN_HANG])
async def test_a_provider_timeout_is_looked_after_and_paid_once(desk: Desk, town: PaymentsTown, fault: Fault) -> None:
    action = await asked(desk)
    await town.fault("refunds.create", fault, seconds=3)

    await press(desk, action, "approve")

    assert (await now(desk, action)).state is ActionState.DONE
    assert await town.paid_under(action.id) == (1, 9900)


async def test_after_the_lifetime_of_the_key_a_person_decides(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    await change(desk, action, state=ActionState.EXECUTING, first_tried_at=desk.now() - timedelta(hours=23))
    await desk.db.write(lambda tx: desk.jobs.defer(tx, "act", action.id, lane="x"))
    await settle(desk)

    assert (await now(desk, action)).state is ActionState.NEEDS_PERSON
    assert verbs(desk, action)[:2] == ["mark_done_form", "deny"]
    assert await town.refunded(CHARGE) == 0
    await press(desk, action, "mark_done", inputs={"reference": "re_seen_in_the_dashboard"})
    assert (await now(desk, action)).state is ActionState.DONE


async def test_a_pending_refund_is_followed_by_asking(desk: Desk, town: PaymentsTown) -> None:
    await town.refunds_become(CHARGE, "pending")
    action = await asked(desk)
    await press(desk, action, "approve")
    assert "on its way" in slack_of(desk).sent[-1].text
    submitted = await now(desk, action)
    await run_tick(desk, "follow@1")
    await settle(desk)
    assert (await now(desk, action)).state is ActionState.SUBMITTED

    await town.move_refund(submitted.result["refund"], "succeeded")
    await run_tick(desk, "follow@2")
    await settle(desk)

    assert (await now(desk, action)).state is ActionState.DONE
    assert "has been made" in slack_of(desk).sent[-1].text


@pytest.mark.parametrize("status", ["failed", "canceled"])
async def test_a_refund_that_fails_later_reopens_the_ticket_for_a_person(
    desk: Desk, town: PaymentsTown, status: str
) -> None:
    await town.refunds_become(CHARGE, "requires_action")
    action = await asked(desk)
    await press(desk, action, "approve")
    submitted = await now(desk, action)

    await town.move_refund(submitted.result["refund"], status)
    await run_tick(desk, "follow@1")
    await settle(desk)

    assert (await now(desk, action)).state is ActionState.FAILED
    assert "did not go through" in slack_of(desk).sent[-1].text
    [ticket] = await rows(desk, Ticket)
    assert (ticket.status, ticket.owner) == (TicketStatus.HOLD, "staff")
    [escalation] = await rows(desk, Escalation)
    assert status in escalation.summary


# ------------------------------------------------------------------ who may


async def test_the_approver_who_asked_for_it_is_refused(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    await _is_the_requester(desk, action, SAM)

    whisper = await press(desk, action, "approve")

    assert "You asked for this yourself" in whisper
    assert await town.refunded(CHARGE) == 0
    await press(desk, action, "approve", by=ROBIN)
    assert await town.paid_under(action.id) == (1, 9900)


async def _is_the_requester(desk: Desk, action: Action, staff: str) -> None:
    def link(tx: Session) -> None:
        ticket = tx.get_one(Ticket, action.ticket_id)
        tx.add(Identity(person_id=ticket.requester_id, channel="staff", external_id=staff))

    await desk.db.write(link)


@policy(single_operator=True, single_operator_delay_seconds=0.5)
async def test_a_single_operator_types_the_amount_and_it_waits(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    await _is_the_requester(desk, action, SAM)
    await press(desk, action, "approve")
    [form] = room_of(desk).forms
    assert [field.name for field in form.fields] == ["amount"]
    assert (await now(desk, action)).state is ActionState.PENDING

    whisper = await press(desk, action, "approve", value=form.value, inputs={"amount": "9.90"})
    assert "You typed 9.90 USD" in whisper
    await press(desk, action, "approve", value=form.value, inputs={"amount": "99"}, work=False)
    await _clicks(desk, 3)
    assert (await now(desk, action)).state is ActionState.APPROVED
    assert verbs(desk, action) == ["undo"]
    await settle(desk)

    assert await town.paid_under(action.id) == (1, 9900)


@policy(approver_budget="120.00")
async def test_an_approver_has_a_budget_for_the_day(desk: Desk) -> None:
    first = await asked(desk)
    await press(desk, first, "approve")
    second = await asked(desk, "Please refund order ORD-1003, it broke.", thread="T0ACME:C1:2.0")

    whisper = await press(desk, second, "approve")

    assert "Your approvals today: 21.00 USD left of 120.00 USD" in whisper
    assert (await now(desk, second)).state is ActionState.PENDING


# ------------------------------------------------------------------ without a person


STANDARD = {"preset": "standard", "automatic_limit": "500.00"}


@policy(**STANDARD)
async def test_an_automatic_refund_is_paid_and_told_in_one_reply(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)

    assert (action.state, action.decided_by) == (ActionState.DONE, "policy")
    [reply] = slack_of(desk).sent
    assert "has been made" in reply.text
    assert await town.paid_under(action.id) == (1, 9900)


@policy(**STANDARD)
async def test_an_amount_only_the_customer_says_goes_to_a_person_and_stands_out(desk: Desk) -> None:
    action = await asked(desk, "Please refund 37.21 USD of order ORD-1002, I was charged twice.")

    assert (action.state, action.tainted) == (ActionState.PENDING, ["amount_minor"])
    assert "amount 37.21 USD" in fact(desk, action, "⚠ Only the customer says")
    assert "tainted" in action.verdict["rules"]


@policy(**STANDARD, customer_budget="150.00")
async def test_a_customer_over_budget_is_decided_about_by_a_person(desk: Desk) -> None:
    first = await asked(desk)
    second = await asked(desk, "Please refund order ORD-1001, it is broken.", thread="T0ACME:C1:2.0")

    assert (first.state, second.state) == (ActionState.DONE, ActionState.PENDING)
    assert "Refunds, customer: 51.00 USD left of 150.00 USD" in second.verdict["for_staff"]


@policy(**STANDARD, automatic_per_customer=1)
async def test_many_small_refunds_of_one_customer_go_to_a_person(desk: Desk) -> None:
    first = await asked(desk)
    second = await asked(desk, "Please refund order ORD-1001, it is broken.", thread="T0ACME:C1:2.0")

    assert (first.state, second.state) == (ActionState.DONE, ActionState.PENDING)


@policy(**STANDARD, automatic_per_hour=1)
async def test_the_breaker_turns_automatic_approval_off_and_says_so(desk: Desk) -> None:
    first = await asked(desk)
    [alarm] = await rows(desk, Escalation)
    assert alarm.reason == "Automatic approval is switched off"
    assert [control.value for control in await rows(desk, Control) if control.name == "pause:automatic"] == ["on"]

    await change(desk, first, decided_at=desk.now() - timedelta(hours=2))
    second = await asked(desk, "Please refund order ORD-1001, it is broken.", thread="T0ACME:C1:2.0")

    assert (first.state, second.state) == (ActionState.DONE, ActionState.PENDING)
    assert "switched off" in second.verdict["for_staff"]
    assert any(card.title.endswith("Automatic approval is switched off") for card in room_of(desk).cards.values())
