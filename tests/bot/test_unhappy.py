"""When something is wrong, down or not allowed: people hear the truth, no money moves, nothing is lost."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import Session, col

from agents_team.tools.shop import Customer, ShopUnavailable
from agents_team.turn import Answer, Proposal, TeamGaveUp, TeamUnavailable
from bot.actions.approvals import Wish, decide
from bot.desk import Desk
from bot.sandbox.faults import Fault
from bot.sandbox.payments.client import PaymentsTown
from bot.steps.tick import run_tick
from channels.base import Edited, TemporaryChannelError, Trust, Unreadable
from channels.cards import Button, Card
from channels.memory import pressed
from storage.models import (
    Action,
    ActionState,
    Decision,
    Delivery,
    Escalation,
    Message,
    Outcome,
    Run,
    RunState,
    Sending,
    Ticket,
)
from tests.arrivals import ALICE, SaysWhatItIsTold, arrive, before, door, letter, on_each_database, once, understood
from tests.desks import hand_in, room_of, rows, settle, slack_of, with_parts, write

WHERE = "Where is my order ORD-1001?"
ASK = "Please refund order ORD-1002, I was charged twice."
SORRY = "I could not answer this myself, so I have asked a colleague to look at it. They will reply to you here."
STANDARD = {"policy": {"refund": {"preset": "standard"}}}
ON_HOLD = {"policy": {"refund": {"hold_seconds": 3600}}}
TWO_PEOPLE = {"policy": {"refund": {"approval_limit": "50.00"}}}


def proposes(text: str = "", **wish: Any) -> SaysWhatItIsTold:
    """A team whose model proposes this refund and says this."""
    wanted = {"order_id": None, "charge_id": None, "amount_minor": None, "reason": "asked for", **wish}
    return SaysWhatItIsTold(
        Answer(text, "refund", ("triage", "refund"), proposals=(Proposal("refund", wanted, "why"),))
    )


def approval(desk: Desk) -> Card:
    return next(card for card in room_of(desk).cards.values() if card.title.startswith("Refund"))


def button(desk: Desk, verb: str) -> Button:
    return next(button for button in approval(desk).buttons if button.verb == verb)


async def press(desk: Desk, verb: str, key: str = "1", **more: Any) -> None:
    await hand_in(desk, pressed(key, verb, button(desk, verb).value, at=desk.now(), **more))


async def the_action(desk: Desk) -> Action:
    [action] = await rows(desk, Action)
    assert isinstance(action, Action)
    return action


# ------------------------------------------------------------------ what cannot be understood


async def test_what_cannot_be_read_is_kept_and_shown_to_a_person(desk: Desk) -> None:
    await arrive(desk, Unreadable("no known event"), "1")
    await settle(desk)

    [delivery] = await rows(desk, Delivery)
    assert (delivery.outcome, delivery.outcome_note, delivery.body) == (
        Outcome.QUARANTINED,
        "no known event",
        b"raw bytes",
    )
    [card] = room_of(desk).cards.values()
    assert card.title == "A person is needed: A message could not be read"


async def test_a_bug_in_reading_is_tried_again_and_then_kept_for_a_person(desk: Desk) -> None:
    await arrive(desk, ZeroDivisionError("oops"), "1")
    await settle(desk)

    [delivery] = await rows(desk, Delivery)
    assert delivery.outcome is Outcome.QUARANTINED
    assert "ZeroDivisionError" in delivery.outcome_note
    assert len(await rows(desk, Escalation)) == 1


async def test_one_unreadable_delivery_does_not_hold_up_the_next(desk: Desk) -> None:
    await arrive(desk, Unreadable("no known event"), "1")
    await write(desk, "lane", "2", WHERE)
    await settle(desk)

    assert len(slack_of(desk).sent) == 1


async def test_a_channel_that_cannot_say_who_wrote_is_asked_again(desk: Desk) -> None:
    await arrive(desk, TemporaryChannelError("users.info: ratelimited"), "1")
    [delivery] = await rows(desk, Delivery)
    assert await once(desk, "ingest", delivery.id) is not None

    door(desk).meanings["1"] = letter(desk, "t1", "1", WHERE)
    await settle(desk)

    [delivery] = await rows(desk, Delivery)
    assert delivery.outcome is Outcome.MESSAGE


# ------------------------------------------------------------------ a team that cannot answer


async def test_a_model_that_is_away_for_a_moment_costs_only_time(desk: Desk) -> None:
    away = TeamUnavailable("503 from the provider")
    team = SaysWhatItIsTold(away, away, Answer("Here you are.", "faq", ("triage", "faq")))
    await write(desk, "t1", "1", WHERE)
    await settle(with_parts(desk, team=team))

    assert [reply.text for reply in slack_of(desk).sent] == ["Here you are."]
    assert await rows(desk, Escalation) == []


async def test_a_model_that_stays_away_ends_with_a_person_and_an_honest_sentence(desk: Desk) -> None:
    team = SaysWhatItIsTold(TeamUnavailable("AuthenticationError: Incorrect API key provided: sk-12****"))
    await write(desk, "t1", "1", WHERE)
    await settle(with_parts(desk, team=team))

    assert len(team.turns) == desk.settings.desk.max_tries
    assert [reply.text for reply in slack_of(desk).sent] == [SORRY]
    [escalation] = await rows(desk, Escalation)
    assert "Incorrect API key" in escalation.reason
    assert escalation.priority == "high"
    [card] = room_of(desk).cards.values()
    assert WHERE in str(card)
    [run] = await rows(desk, Run)
    assert run.state is RunState.GAVE_UP


@pytest.mark.parametrize("failure", [TeamGaveUp("the model refused to answer"), RuntimeError("a bug of ours")])
async def test_a_run_that_leads_nowhere_ends_with_a_person_and_no_text_of_the_error(
    desk: Desk, failure: Exception
) -> None:
    team = SaysWhatItIsTold(failure)
    await write(desk, "t1", "1", WHERE)
    await settle(with_parts(desk, team=team))

    assert len(team.turns) == (1 if isinstance(failure, TeamGaveUp) else desk.settings.desk.max_tries)
    assert [reply.text for reply in slack_of(desk).sent] == [SORRY]
    [escalation] = await rows(desk, Escalation)
    assert str(failure) in escalation.reason


async def test_what_was_given_to_a_person_is_not_answered_a_second_time(desk: Desk) -> None:
    """The job runs again after a crash right behind the giving up."""
    await write(desk, "t1", "1", WHERE)
    await settle(with_parts(desk, team=SaysWhatItIsTold(TeamGaveUp("no"))))
    [ticket] = await rows(desk, Ticket)

    await once(desk, "answer", ticket.id)
    await settle(desk)

    assert [reply.text for reply in slack_of(desk).sent] == [SORRY]
    assert len(await rows(desk, Escalation)) == 1


async def test_the_next_question_after_a_failure_is_answered(desk: Desk) -> None:
    await write(desk, "t1", "1", "Hello")
    await settle(with_parts(desk, team=SaysWhatItIsTold(TeamGaveUp("no"))))
    await write(desk, "t1", "2", WHERE)
    await settle(desk)

    assert "1Z999AA10123456784" in slack_of(desk).sent[-1].text


async def test_a_shop_that_is_down_is_asked_again(desk: Desk) -> None:
    class DownAtFirst:
        failures = 2

        def __getattr__(self, name: str) -> Any:
            return getattr(desk.shop, name)

        async def find_customer(self, **who: Any) -> Customer | None:
            if self.failures:
                self.failures -= 1
                raise ShopUnavailable("connection refused")
            return await desk.shop.find_customer(**who)

    await write(desk, "t1", "1", WHERE)
    await settle(with_parts(desk, shop=DownAtFirst()))

    assert "1Z999AA10123456784" in slack_of(desk).sent[-1].text


# ------------------------------------------------------------------ what policy refuses, whatever the model says


@pytest.mark.parametrize(
    ("wish", "rule", "words"),
    [
        ({"order_id": "ORD-9999"}, "order_unknown", "We could not find that order on your account."),
        ({"order_id": "ORD-1005"}, "order_unknown", "We could not find that order on your account."),
        ({"charge_id": "ch_bob_1005"}, "charge_unknown", "We could not find that payment on your account."),
        (
            {"order_id": "ORD-1002", "amount_minor": 9901},
            "above_refundable",
            "99.01 USD is more than can be refunded for this payment; at most 99.00 USD can go back.",
        ),
        ({"order_id": "ORD-1002", "amount_minor": 0}, "amount_not_payable", "The amount asked for cannot be refunded."),
        (
            {"order_id": "ORD-1002", "amount_minor": -5},
            "amount_not_payable",
            "The amount asked for cannot be refunded.",
        ),
        (
            {"order_id": "ORD-1002", "amount_minor": 99.0},
            "amount_not_payable",
            "The amount asked for cannot be refunded.",
        ),
    ],
)
async def test_what_cannot_be_refunded_is_said_kindly_and_kept_as_a_row(
    desk: Desk, town: PaymentsTown, wish: dict[str, Any], rule: str, words: str
) -> None:
    team = proposes("Great news, your money is on its way!", **wish)
    await write(desk, "t1", "1", ASK)
    await settle(with_parts(desk, team=team))

    [reply] = slack_of(desk).sent
    assert words in reply.text
    assert "Great news" not in reply.text
    action = await the_action(desk)
    assert (action.state, action.verdict["rule"], action.open_key) == (ActionState.REFUSED, rule, None)
    assert room_of(desk).cards == {}
    assert await town.refunded("ch_alice_1002") == 0


async def test_a_disputed_or_refunded_payment_is_refused_with_the_reason(desk: Desk, town: PaymentsTown) -> None:
    await town.dispute("ch_alice_1003")
    await write(desk, "t1", "1", ASK)
    await settle(with_parts(desk, team=proposes(order_id="ORD-1003")))
    await town.refund_by_hand("ch_alice_1002", 9900)
    await write(desk, "t2", "2", ASK)
    await settle(with_parts(desk, team=proposes(order_id="ORD-1002")))

    disputed, refunded = [reply.text for reply in slack_of(desk).sent]
    assert "disputed with your bank" in disputed
    assert "already been refunded (99.00 USD)" in refunded


async def test_who_is_not_proven_gets_a_person_and_no_refund(desk: Desk, town: PaymentsTown) -> None:
    forged = replace(ALICE, trust=Trust.UNKNOWN)
    await arrive(desk, letter(desk, "<1@a>", "<1@a>", ASK, forged), "1", channel="mail")
    await settle(with_parts(desk, team=proposes("It is done!", order_id="ORD-1002")))

    [reply] = door(desk, "mail").sent
    assert "could not yet confirm that this account is yours" in reply.text
    assert "It is done" not in reply.text
    assert await rows(desk, Action) == []
    [escalation] = await rows(desk, Escalation)
    assert "cannot be judged" in escalation.reason
    assert escalation.summary == "Nobody has proven whose account this is."


async def test_a_payment_the_provider_does_not_know_is_for_a_person(desk: Desk) -> None:
    class KnowsNothing:
        def __getattr__(self, name: str) -> Any:
            return getattr(desk.payments, name)

        async def get_payment(self, ref: str) -> None:
            return None

    await write(desk, "t1", "1", ASK)
    await settle(with_parts(desk, payments=KnowsNothing()))

    assert await rows(desk, Action) == []
    [escalation] = await rows(desk, Escalation)
    assert "does not know it" in escalation.summary
    assert "A colleague will look at this" in slack_of(desk).sent[0].text


async def test_a_team_that_cannot_tell_which_payment_gets_a_person(desk: Desk) -> None:
    await write(desk, "t1", "1", ASK)
    await settle(with_parts(desk, team=proposes()))

    [escalation] = await rows(desk, Escalation)
    assert escalation.summary == "Neither an order nor a charge was named."


# ------------------------------------------------------------------ who decides


@on_each_database
async def test_an_approval_nobody_gave_expires_and_the_requester_hears_it(desk: Desk, town: PaymentsTown) -> None:
    await write(desk, "t1", "1", ASK)
    await settle(desk)
    tomorrow = with_parts(desk, now=lambda: desk.now() + timedelta(hours=25))

    await press(tomorrow, "approve")
    await understood(tomorrow)
    assert (await the_action(desk)).state is ActionState.PENDING
    await run_tick(tomorrow, "expire@tomorrow")
    await run_tick(tomorrow, "expire@tomorrow")
    await settle(tomorrow)

    action = await the_action(desk)
    assert (action.state, action.open_key) == (ActionState.EXPIRED, None)
    assert "has expired" in room_of(desk).whispers[0][1]
    assert "Nobody has decided about your refund of 99.00 USD for ORD-1002 in time" in slack_of(desk).sent[-1].text
    assert len(slack_of(desk).sent) == 2
    assert approval(desk).state == "expired by nobody"
    assert [button.verb for button in approval(desk).buttons] == ["renew"]
    assert await town.refunded("ch_alice_1002") == 0


async def test_nothing_expires_before_its_time(desk: Desk) -> None:
    await write(desk, "t1", "1", ASK)
    await settle(desk)

    await run_tick(with_parts(desk, now=lambda: desk.now() + timedelta(hours=23)), "expire@tonight")

    assert (await the_action(desk)).state is ActionState.PENDING


@on_each_database
@pytest.mark.parametrize("desk_settings", [TWO_PEOPLE], indirect=True)
async def test_above_the_approval_limit_two_different_people_must_agree(desk: Desk, town: PaymentsTown) -> None:
    await write(desk, "t1", "1", ASK)
    await settle(desk)
    assert ("Approvals", "0 of 2") in approval(desk).facts

    await press(desk, "approve", "1")
    await settle(desk)
    assert ("Approvals", "1 of 2") in approval(desk).facts
    assert await town.refunded("ch_alice_1002") == 0

    await press(desk, "approve", "2")
    await settle(desk)
    assert "a second person must approve it too" in room_of(desk).whispers[-1][1]
    assert await town.refunded("ch_alice_1002") == 0

    await press(desk, "approve", "3", by="T0NORTHWIND/U0ROBIN")
    await settle(desk)
    assert await town.paid_under((await the_action(desk)).id) == (1, 9900)
    assert [decision.won for decision in await rows(desk, Decision)] == [True, False, True]


@pytest.mark.parametrize("desk_settings", [TWO_PEOPLE], indirect=True)
async def test_one_no_is_enough_and_a_later_yes_changes_nothing(desk: Desk, town: PaymentsTown) -> None:
    await write(desk, "t1", "1", ASK)
    await settle(desk)
    card = approval(desk)
    approve, deny, *_ = card.buttons
    await hand_in(desk, pressed("1", "approve", approve.value, at=desk.now()))
    await settle(desk)
    await hand_in(desk, pressed("2", "deny", deny.value, by="T0NORTHWIND/U0ROBIN", at=desk.now()))
    await settle(desk)
    await hand_in(desk, pressed("3", "approve", approve.value, by="T0NORTHWIND/U0ROBIN", at=desk.now()))
    await settle(desk)

    assert (await the_action(desk)).state is ActionState.DENIED
    assert [decision.won for decision in await rows(desk, Decision)] == [True, True, False]
    assert await town.refunded("ch_alice_1002") == 0


@pytest.mark.parametrize("desk_settings", [TWO_PEOPLE], indirect=True)
async def test_after_a_no_nobody_can_say_yes_any_more(desk: Desk) -> None:
    """Also where a yes would only be the first of two."""
    await write(desk, "t1", "1", ASK)
    await settle(desk)
    approve, deny = button(desk, "approve"), button(desk, "deny")
    await hand_in(desk, pressed("1", "deny", deny.value, at=desk.now()))
    await settle(desk)
    await hand_in(desk, pressed("2", "approve", approve.value, by="T0NORTHWIND/U0ROBIN", at=desk.now()))
    await settle(desk)

    assert [decision.won for decision in await rows(desk, Decision)] == [True, False]
    assert "already denied" in room_of(desk).whispers[-1][1]


async def test_a_second_wish_for_the_same_charge_joins_the_first(desk: Desk) -> None:
    for number in ("1", "2"):
        await write(desk, f"t{number}", number, ASK)
        await settle(desk)

    assert len(await rows(desk, Action)) == 1
    assert await rows(desk, Escalation) == []
    first, second = [reply.text for reply in slack_of(desk).sent]
    assert "asked a colleague to decide about the refund of 99.00 USD for ORD-1002" in first
    assert "ORD-1002" in second
    assert second != SORRY


@on_each_database
async def test_an_action_that_was_decided_behind_our_back_is_not_won(desk: Desk) -> None:
    """What was read before is stale: only the row itself knows whether it is still pending."""
    await write(desk, "t1", "1", ASK)
    await settle(desk)
    action = await the_action(desk)

    def late(tx: Session) -> Decision:
        as_it_was = tx.get_one(Action, action.id)
        elsewhere = update(Action).where(col(Action.id) == action.id).values(state=ActionState.DENIED)
        tx.execute(elsewhere, execution_options={"synchronize_session": False})
        assert as_it_was.state is ActionState.PENDING
        return decide(tx, desk, Wish("approve", action.id, action.terms_hash, "T0NORTHWIND/U0SAM", "Sam", "late"))

    decision = await desk.db.write(late)
    await settle(desk)

    assert not decision.won
    assert (await the_action(desk)).state is ActionState.DENIED


# ------------------------------------------------------------------ automatic refunds


@on_each_database
@pytest.mark.parametrize("desk_settings", [STANDARD], indirect=True)
async def test_an_automatic_refund_is_told_once_and_only_after_it_was_made(desk: Desk, town: PaymentsTown) -> None:
    sent_before_paying: list[int] = []

    async def look() -> None:
        sent_before_paying.append(len(slack_of(desk).sent))

    await write(desk, "t1", "1", ASK)
    await settle(desk, run=before(desk, "act", look))

    assert sent_before_paying == [0]
    action = await the_action(desk)
    assert (action.state, action.decided_by) == (ActionState.DONE, "policy")
    assert await town.paid_under(action.id) == (1, 9900)
    [reply] = slack_of(desk).sent
    assert reply.text.count("99.00 USD for ORD-1002 has been made") == 1
    assert room_of(desk).shown == [] or approval(desk).buttons == ()


@pytest.mark.parametrize("desk_settings", [STANDARD], indirect=True)
async def test_above_the_automatic_limit_a_person_decides(desk: Desk, town: PaymentsTown) -> None:
    await write(desk, "t1", "1", ASK)
    await settle(with_parts(desk, team=proposes("One moment.", order_id="ORD-1003")))

    assert (await the_action(desk)).state is ActionState.PENDING
    assert await town.refunded("ch_alice_1003") == 0


@pytest.mark.parametrize("desk_settings", [STANDARD], indirect=True)
async def test_an_automatic_refund_that_fails_is_told_as_it_is_and_fetches_a_person(
    desk: Desk, town: PaymentsTown
) -> None:
    await town.refunds_become("ch_alice_1002", "failed")
    await write(desk, "t1", "1", ASK)
    await settle(desk)

    assert (await the_action(desk)).state is ActionState.FAILED
    [reply] = slack_of(desk).sent
    assert "did not go through. A colleague is looking at it" in reply.text
    assert "has been made" not in reply.text
    assert [escalation.priority for escalation in await rows(desk, Escalation)] == ["high"]


@pytest.mark.parametrize("desk_settings", [STANDARD], indirect=True)
async def test_everybody_who_waits_for_the_same_automatic_refund_hears_its_result(
    desk: Desk, town: PaymentsTown
) -> None:
    """Alice asks in a second thread while the first refund is still being made."""

    async def ask_elsewhere() -> None:
        await write(desk, "t2", "2", ASK)
        async with asyncio.timeout(10):
            while len([m for m in await rows(desk, Message) if m.sending is Sending.HELD]) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    await write(desk, "t1", "1", ASK)
    await settle(desk, run=before(desk, "act", ask_elsewhere))

    assert await town.paid_under((await the_action(desk)).id) == (1, 9900)
    assert sorted(str(reply.to["thread"]) for reply in slack_of(desk).sent) == ["t1", "t2"]
    assert all("has been made" in reply.text for reply in slack_of(desk).sent)


# ------------------------------------------------------------------ a provider that is down, slow or strange


async def test_a_provider_that_is_down_while_facts_are_gathered_is_asked_again(desk: Desk, town: PaymentsTown) -> None:
    await town.fault("charges.retrieve", Fault.SERVER_ERROR, times=4)
    await write(desk, "t1", "1", ASK)
    await settle(desk)

    assert (await the_action(desk)).state is ActionState.PENDING
    assert len(slack_of(desk).sent) == 1


@on_each_database
@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.RESET, Fault.APPLY_THEN_RESET, Fault.APPLY_THEN_ERROR])
async def test_whatever_the_provider_does_with_a_call_the_money_moves_once(
    desk: Desk, town: PaymentsTown, fault: Fault
) -> None:
    await write(desk, "t1", "1", ASK)
    await settle(desk)
    await town.fault("refunds.create", fault)
    await press(desk, "approve")
    await settle(desk)

    action = await the_action(desk)
    assert action.state is ActionState.DONE
    assert await town.paid_under(action.id) == (1, 9900)
    assert await town.refunded("ch_alice_1002") == 9900
    assert "has been made" in slack_of(desk).sent[-1].text


async def test_a_provider_that_forgot_the_key_is_looked_at_before_it_is_asked_again(
    desk: Desk, town: PaymentsTown
) -> None:
    """The money moved, the answer was lost, and the key means nothing to the provider any more."""
    half = 4_000
    await write(desk, "t1", "1", ASK)
    await settle(with_parts(desk, team=proposes("One moment.", order_id="ORD-1002", amount_minor=half)))
    await town.fault("refunds.create", Fault.APPLY_THEN_RESET)
    await press(desk, "approve")
    action = await the_action(desk)
    await understood(desk)
    assert await once(desk, "act", action.id) is not None
    await town.forget_keys()

    await settle(desk)

    assert (await the_action(desk)).state is ActionState.DONE
    assert await town.paid_under(action.id) == (1, half)


async def test_after_the_lifetime_of_its_key_an_order_is_for_a_person(desk: Desk, town: PaymentsTown) -> None:
    await write(desk, "t1", "1", ASK)
    await settle(desk)
    await town.fault("refunds.create", Fault.SERVER_ERROR)
    await press(desk, "approve")
    await understood(desk)
    action = await the_action(desk)
    assert await once(desk, "act", action.id) is not None

    tomorrow = with_parts(desk, now=lambda: desk.now() + timedelta(hours=23, minutes=30))
    assert await once(tomorrow, "act", action.id) is None

    action = await the_action(desk)
    assert action.state is ActionState.NEEDS_PERSON
    assert await town.refunded("ch_alice_1002") == 0
    assert "look before paying" in action.note


async def test_a_provider_that_stays_down_leaves_the_refund_open_for_a_person(desk: Desk, town: PaymentsTown) -> None:
    await write(desk, "t1", "1", ASK)
    await settle(desk)
    await town.fault("refunds.create", Fault.SERVER_ERROR, times=100)
    await press(desk, "approve")
    await settle(desk)

    action = await the_action(desk)
    assert (action.state, action.open_key) == (ActionState.NEEDS_PERSON, "refund:ch_alice_1002")
    assert "needs a closer look. A colleague is on it" in slack_of(desk).sent[-1].text
    assert approval(desk).state.startswith("needs person")
    assert len(await rows(desk, Escalation)) == 1


async def test_a_provider_that_says_no_is_believed(desk: Desk, town: PaymentsTown) -> None:
    """Between our last look and the order the bank took the money back."""
    payments = desk.payments

    class DisputedInBetween:
        def __getattr__(self, name: str) -> Any:
            return getattr(payments, name)

        async def refund(self, order: Any) -> Any:
            await town.dispute("ch_alice_1002")
            return await payments.refund(order)

    await write(desk, "t1", "1", ASK)
    await settle(desk)
    await press(desk, "approve")
    await settle(with_parts(desk, payments=DisputedInBetween()))

    action = await the_action(desk)
    assert action.state is ActionState.FAILED
    assert action.note.startswith("disputed: ")
    assert await town.refunded("ch_alice_1002") == 0
    assert "did not go through" in slack_of(desk).sent[-1].text


async def test_a_refund_the_bank_still_works_on_is_not_called_made(desk: Desk, town: PaymentsTown) -> None:
    await town.refunds_become("ch_alice_1002", "pending")
    await write(desk, "t1", "1", ASK)
    await settle(desk)
    await press(desk, "approve")
    await settle(desk)

    action = await the_action(desk)
    assert (action.state, action.open_key) == (ActionState.SUBMITTED, "refund:ch_alice_1002")
    assert "has been made" not in "".join(reply.text for reply in slack_of(desk).sent)
    assert ("Provider", f"{action.result['refund']} (pending)") in approval(desk).facts


async def test_two_workers_are_never_in_the_same_call(desk: Desk, town: PaymentsTown) -> None:
    """The first worker is still calling when its job is started a second time."""
    twice: list[Any] = []

    class SlowProvider:
        def __getattr__(self, name: str) -> Any:
            return getattr(desk.payments, name)

        async def refund(self, order: Any) -> Any:
            twice.append(await once(desk, "act", order.key))
            return await desk.payments.refund(order)

    await write(desk, "t1", "1", ASK)
    await settle(desk)
    await press(desk, "approve")
    await understood(desk)
    action = await the_action(desk)
    await once(with_parts(desk, payments=SlowProvider()), "act", action.id)

    assert len(twice) == 1
    assert len(await town.calls("refunds.create")) == 1
    assert (await the_action(desk)).state is ActionState.DONE


@pytest.mark.parametrize("desk_settings", [ON_HOLD], indirect=True)
async def test_nothing_is_carried_out_before_its_hold_is_over_whoever_starts_the_job(
    desk: Desk, town: PaymentsTown
) -> None:
    await write(desk, "t1", "1", ASK)
    await settle(desk)
    await press(desk, "approve")
    await understood(desk)
    action = await the_action(desk)

    await once(desk, "act", action.id)
    assert await town.refunded("ch_alice_1002") == 0

    await once(with_parts(desk, now=lambda: desk.now() + timedelta(hours=2)), "act", action.id)
    assert await town.paid_under(action.id) == (1, 9900)


# ------------------------------------------------------------------ clicks in trouble


async def test_a_click_whose_presser_cannot_be_checked_waits_and_is_not_lost(desk: Desk, town: PaymentsTown) -> None:
    room = room_of(desk)

    class CannotSayAtFirst:
        failures = 2

        def __getattr__(self, name: str) -> Any:
            return getattr(room, name)

        async def approvers(self) -> frozenset[str]:
            if self.failures:
                self.failures -= 1
                raise TemporaryChannelError("usergroups.users.list: ratelimited")
            return await room.approvers()

    await write(desk, "t1", "1", ASK)
    await settle(desk)
    await press(desk, "approve")
    await settle(with_parts(desk, staff_room=CannotSayAtFirst()))

    assert await town.refunded("ch_alice_1002") == 9900


async def test_an_empty_list_of_approvers_is_nobody(desk: Desk, town: PaymentsTown) -> None:
    await write(desk, "t1", "1", ASK)
    await settle(desk)
    room_of(desk).allowed = frozenset()
    await press(desk, "approve")
    await settle(desk)

    assert (await the_action(desk)).state is ActionState.PENDING
    assert await town.refunded("ch_alice_1002") == 0


async def test_a_question_that_was_edited_after_the_refund_was_proposed_changes_no_terms(desk: Desk) -> None:
    await write(desk, "t1", "1", ASK)
    await settle(desk)
    before_the_edit = await the_action(desk)

    await arrive(desk, Edited("1", "Please refund ORD-1003 instead.", desk.now()), "edit:1")
    await settle(desk)

    action = await the_action(desk)
    assert (action.terms, action.terms_hash) == (before_the_edit.terms, before_the_edit.terms_hash)
