"""Every refusal a person can meet about money: they hear why, the audit log has a row, and nothing moves."""

import ast
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

import bot.actions
from bot.backends.payments import PaymentsUnavailable
from bot.desk import Desk
from bot.sandbox.payments.client import PaymentsTown
from channels.base import PermanentChannelError
from storage.models import Action, ActionState, Event, Identity, Ticket
from tests.bot.refunds import ROBIN, SAM, asked, button, card_of, change, later, newest, press
from tests.desks import room_of, rows, settle, slack_of, with_parts, write

CHARGE = "ch_alice_1002"
NIA, GUEST, ALICE = "T0NORTHWIND/U0NIA", "T0NORTHWIND/U0GUEST", "T0ACME/U0ALICE"

Heard = Callable[[Desk, PaymentsTown], Awaitable[str]]


@dataclass(frozen=True)
class Refusal:
    """`heard` brings it about and returns what the presser was whispered; `says` must be in it."""

    heard: Heard
    says: str
    rules: dict[str, Any] = field(default_factory=dict)
    moved: int = 0


# ------------------------------------------------------------------ who may not


async def from_another_workspace(desk: Desk, town: PaymentsTown) -> str:
    return await press(desk, await asked(desk), "approve", by=ALICE, home=False)


async def a_form_from_another_workspace(desk: Desk, town: PaymentsTown) -> str:
    return await press(desk, await asked(desk), "deny_form", by=ALICE, home=False)


async def not_an_approver(desk: Desk, town: PaymentsTown) -> str:
    return await press(desk, await asked(desk), "approve", by=NIA)


async def nobody_may_look_who_decides(desk: Desk, town: PaymentsTown) -> str:
    action = await asked(desk)

    class Hidden(type(room_of(desk))):  # type: ignore[misc]
        async def approvers(self) -> frozenset[str]:
            raise PermanentChannelError("Slack refused: missing_scope")

    room = Hidden(cards=room_of(desk).cards)
    return await press(with_parts(desk, staff_room=room), action, "approve")


async def the_own_request(desk: Desk, town: PaymentsTown) -> str:
    action = await asked(desk)
    await _is_the_requester(desk, action, SAM)
    return await press(desk, action, "approve")


async def _is_the_requester(desk: Desk, action: Action, who: str) -> None:
    def link(tx: Session) -> None:
        ticket = tx.get_one(Ticket, action.ticket_id)
        tx.add(Identity(person_id=ticket.requester_id, channel="staff", external_id=who))

    await desk.db.write(link)


async def above_the_own_limit(desk: Desk, town: PaymentsTown) -> str:
    room_of(desk).groups = {"S0CLERKS": frozenset({SAM})}
    return await press(desk, await asked(desk), "approve")


async def raised_by_oneself(desk: Desk, town: PaymentsTown) -> str:
    await press(desk, await asked(desk, PART), "amend", inputs={"amount": "90"})
    return await press(desk, await newest(desk), "approve")


async def raised_by_oneself_and_lowered_again(desk: Desk, town: PaymentsTown) -> str:
    """A later version does not forget who raised it."""
    await press(desk, await asked(desk, PART), "amend", inputs={"amount": "90"})
    await press(desk, await newest(desk), "amend", inputs={"amount": "89.99"})
    return await press(desk, await newest(desk), "approve")


PART = "Please refund 50.00 USD of order ORD-1002, I was charged twice."


async def above_the_own_budget_of_the_day(desk: Desk, town: PaymentsTown) -> str:
    await press(desk, await asked(desk), "approve")
    return await press(desk, await asked(desk, "Please refund ORD-1003, it broke.", thread="T0ACME:C1:2"), "approve")


async def the_same_approver_twice(desk: Desk, town: PaymentsTown) -> str:
    action = await asked(desk)
    value = button(desk, action, "approve").value
    await press(desk, action, "approve", value=value)
    return await press(desk, action, "approve", value=value)


async def alone_without_typing(desk: Desk, town: PaymentsTown) -> str:
    return await _alone(desk, "ninety")


async def alone_with_another_amount(desk: Desk, town: PaymentsTown) -> str:
    return await _alone(desk, "9.90")


async def _alone(desk: Desk, typed: str) -> str:
    action = await asked(desk)
    await _is_the_requester(desk, action, SAM)
    return await press(desk, action, "approve", inputs={"amount": typed})


# ------------------------------------------------------------------ too late, or about something else


async def already_decided(desk: Desk, town: PaymentsTown) -> str:
    action = await asked(desk)
    value = button(desk, action, "approve").value
    await press(desk, action, "deny", value=value, by=ROBIN)
    return await press(desk, action, "approve", value=value)


async def a_form_about_what_is_decided(desk: Desk, town: PaymentsTown) -> str:
    action = await asked(desk)
    value = button(desk, action, "approve").value
    await press(desk, action, "deny", value=value, by=ROBIN)
    return await press(desk, action, "amend_form", value=value)


async def undone_too_late(desk: Desk, town: PaymentsTown) -> str:
    action = await asked(desk)
    value = button(desk, action, "approve").value
    await press(desk, action, "approve", value=value)
    return await press(desk, action, "undo", value=value)


async def expired_a_moment_ago(desk: Desk, town: PaymentsTown) -> str:
    return await press(later(desk, hours=25), await asked(desk), "approve")


async def the_old_card_after_an_edit(desk: Desk, town: PaymentsTown) -> str:
    action = await asked(desk)
    value = button(desk, action, "approve").value
    await press(desk, action, "amend", inputs={"amount": "50"})
    return await press(desk, action, "approve", value=value)


async def a_button_with_other_terms(desk: Desk, town: PaymentsTown) -> str:
    action = await asked(desk)
    return await press(desk, action, "approve", value=f"{action.id}:1:{'0' * 16}")


async def the_old_button_after_the_facts_changed(desk: Desk, town: PaymentsTown) -> str:
    action = await asked(desk)
    value = button(desk, action, "approve").value
    await change(desk, action, version=2)
    return await press(desk, action, "approve", value=value)


async def a_form_of_the_old_card(desk: Desk, town: PaymentsTown) -> str:
    action = await asked(desk)
    value = button(desk, action, "approve").value
    await change(desk, action, version=2)
    return await press(desk, action, "amend_form", value=value)


async def facts_that_changed(desk: Desk, town: PaymentsTown) -> str:
    action = await asked(desk)
    await change(desk, action, facts={**action.facts, "order_status": "shipped"})
    return await press(desk, action, "approve")


async def disputed_meanwhile(desk: Desk, town: PaymentsTown) -> str:
    action = await asked(desk)
    await town.dispute(CHARGE)
    return await press(desk, action, "approve")


async def a_card_nobody_knows(desk: Desk, town: PaymentsTown) -> str:
    return await press(desk, await asked(desk), "approve", value="act_gone:1:abcdef")


async def a_form_of_a_card_nobody_knows(desk: Desk, town: PaymentsTown) -> str:
    return await press(desk, await asked(desk), "amend_form", value="act_gone:1:abcdef")


async def a_button_nobody_knows(desk: Desk, town: PaymentsTown) -> str:
    action = await asked(desk)
    return await press(desk, action, "fly", value=button(desk, action, "approve").value)


async def a_form_that_came_too_late(desk: Desk, town: PaymentsTown) -> str:
    action = await asked(desk)

    class TooLate(type(room_of(desk))):  # type: ignore[misc]
        async def ask(self, answer_to: object, form: object) -> None:
            raise PermanentChannelError("expired_trigger_id")

    slow = with_parts(desk, staff_room=TooLate(cards=room_of(desk).cards))
    return await press(slow, action, "deny_form")


# ------------------------------------------------------------------ what was typed


async def _typed(desk: Desk, amount: str) -> str:
    return await press(desk, await asked(desk), "amend", inputs={"amount": amount})


async def an_amount_that_is_none(desk: Desk, town: PaymentsTown) -> str:
    return await _typed(desk, "ninety")


async def an_amount_finer_than_the_currency(desk: Desk, town: PaymentsTown) -> str:
    return await _typed(desk, "0.001")


async def more_than_is_left(desk: Desk, town: PaymentsTown) -> str:
    return await _typed(desk, "120")


async def the_same_amount(desk: Desk, town: PaymentsTown) -> str:
    action = await asked(desk, PART)
    return await press(desk, action, "amend", inputs={"amount": "50"})


async def a_home_for_the_money_that_is_none(desk: Desk, town: PaymentsTown) -> str:
    return await press(desk, await asked(desk), "amend", inputs={"amount": "50", "to": "my pocket"})


async def an_edit_while_the_backends_are_silent(desk: Desk, town: PaymentsTown) -> str:
    action = await asked(desk)

    class Silent(type(desk.payments)):  # type: ignore[misc]
        async def get_payment(self, ref: str) -> None:
            raise PaymentsUnavailable("no answer")

    payments = Silent(api_key="sk_test_sandbox", api_base=town.url)
    silent = with_parts(desk, payments=payments)
    heard = await press(silent, action, "amend", inputs={"amount": "50"})
    await payments.close()
    return heard


async def renewed_while_another_is_open(desk: Desk, town: PaymentsTown) -> str:
    action = await asked(desk)
    await change(desk, action, state=ActionState.EXPIRED, open_key=None)
    await asked(desk, thread="T0ACME:C1:7")
    await settle(desk)
    value = f"{action.id}:{action.version}:{action.terms_hash[:16]}"
    return await press(desk, action, "renew", value=value)


async def a_question_without_words(desk: Desk, town: PaymentsTown) -> str:
    return await press(desk, await asked(desk), "ask", inputs={"question": "  "})


async def done_elsewhere_without_a_reference(desk: Desk, town: PaymentsTown) -> str:
    action = await asked(desk)
    await change(desk, action, state=ActionState.NEEDS_PERSON)
    value = f"{action.id}:{action.version}:{action.terms_hash[:16]}"
    return await press(desk, action, "mark_done", value=value, inputs={"reference": ""})


ALONE = {"single_operator": True}
DOLLAR_CLERKS = {"roles": {"S0CLERKS": {"limit": "500", "limits": {"usd": "60"}}}}
CLERKS = {"roles": {"S0CLERKS": {"limit": "60"}}}
REFUSALS: tuple[Refusal, ...] = (
    Refusal(from_another_workspace, "Only members of our own workspace"),
    Refusal(a_form_from_another_workspace, "Only members of our own workspace"),
    Refusal(not_an_approver, "You are not in the list of approvers"),
    Refusal(nobody_may_look_who_decides, "who may decide cannot be looked up (Slack refused: missing_scope)"),
    Refusal(the_own_request, "You asked for this yourself"),
    Refusal(above_the_own_limit, "Your limit is 60.00 USD, and this is 99.00 USD", CLERKS),
    Refusal(above_the_own_limit, "Your limit is 60.00 USD, and this is 99.00 USD", DOLLAR_CLERKS),
    Refusal(raised_by_oneself, "You raised this above what policy covers", {"approval_limit": "60"}),
    Refusal(raised_by_oneself_and_lowered_again, "You raised this above what policy covers", {"approval_limit": "60"}),
    Refusal(above_the_own_budget_of_the_day, "Your approvals today: 21.00 USD left", {"approver_budget": "120"}, 9900),
    Refusal(the_same_approver_twice, "You have approved this already; a second person", {"approval_limit": "60"}),
    Refusal(alone_without_typing, "Type the amount to approve it", ALONE),
    Refusal(alone_with_another_amount, "You typed 9.90 USD, and this is 99.00 USD", ALONE),
    Refusal(already_decided, "This is already denied, decided by T0NORTHWIND/U0ROBIN at "),
    Refusal(a_form_about_what_is_decided, "This is already denied, decided by T0NORTHWIND/U0ROBIN at "),
    Refusal(undone_too_late, "This is already done, decided by you at ", moved=9900),
    Refusal(expired_a_moment_ago, "This request has expired"),
    Refusal(the_old_card_after_an_edit, "it is Refund 50.00 USD for ORD-1002 (v2) now"),
    Refusal(a_button_with_other_terms, "The terms changed after this card was posted. Please decide on the newest"),
    Refusal(the_old_button_after_the_facts_changed, "This changed after the card was posted."),
    Refusal(a_form_of_the_old_card, "This changed after the card was posted."),
    Refusal(facts_that_changed, "Order status: shipped → processing"),
    Refusal(disputed_meanwhile, "This is no longer possible: The customer disputed"),
    Refusal(a_card_nobody_knows, "This card is not known here any more"),
    Refusal(a_form_of_a_card_nobody_knows, "This card is not known here any more"),
    Refusal(a_button_nobody_knows, "This card is not known here any more"),
    Refusal(a_form_that_came_too_late, "The form could not be opened in time"),
    Refusal(an_amount_that_is_none, "'ninety' is not an amount such as 49.99 USD"),
    Refusal(an_amount_finer_than_the_currency, "'0.001' is finer than USD can be"),
    Refusal(more_than_is_left, "That is not possible: 120.00 USD was asked for and only 99.00 USD is left"),
    Refusal(the_same_amount, "That is what it says already"),
    Refusal(a_home_for_the_money_that_is_none, "A refund goes the way it was paid or to store credit"),
    Refusal(an_edit_while_the_backends_are_silent, "The backends did not answer, so nothing was changed"),
    Refusal(renewed_while_another_is_open, "The same thing is being decided about on another card already"),
    Refusal(a_question_without_words, "There was no question, so nothing was sent"),
    Refusal(done_elsewhere_without_a_reference, "Where was it done? Type the reference"),
)  # fmt: skip


def each() -> list[Any]:
    return [pytest.param({"policy": {"refund": one.rules}}, one, id=one.heard.__name__) for one in REFUSALS]


@pytest.mark.parametrize(("desk_settings", "refusal"), each(), indirect=["desk_settings"])
async def test_whoever_is_refused_hears_why_and_the_audit_log_has_it(
    desk: Desk, town: PaymentsTown, refusal: Refusal
) -> None:
    heard = await refusal.heard(desk, town)

    assert refusal.says in heard
    lost = [event for event in await rows(desk, Event) if event.kind.endswith("_lost")]
    assert any(refusal.says in str(event.data["answer"]) for event in lost)
    assert (await town.ledger())["charges"][CHARGE]["refunded"] == refusal.moved


def test_no_refusal_of_the_code_is_missing_in_this_table() -> None:
    said = " | ".join(refusal.says for refusal in REFUSALS)
    folder = Path(bot.actions.__file__).parent
    written = [words for file in sorted(folder.glob("*.py")) for words in _refusals_in(file)]

    assert len(written) > 10
    assert [words for words in written if words not in said] == []


def _refusals_in(file: Path) -> list[str]:
    """How each `raise No("…")` begins: up to the first value in it, at most twenty characters."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call):
            continue
        call = node.exc
        if getattr(call.func, "id", "") not in ("No", "BadInput") or not call.args:
            continue
        first = call.args[0].values[0] if isinstance(call.args[0], ast.JoinedStr) else call.args[0]
        if isinstance(first, ast.Constant):
            found.append(str(first.value)[:20].strip())
    return found


# ------------------------------------------------------------------ what a requester can be refused


@dataclass(frozen=True)
class Asked:
    """What the requester writes, what they hear, and the rule that says so."""

    text: str
    says: str
    rule: str
    before: Callable[[PaymentsTown], Awaitable[Any]] | None = None


ANSWERS = (
    Asked("Please refund order ORD-1002, I was charged twice.", "disputed with your bank", "charge_disputed",
          lambda town: town.dispute(CHARGE)),
    Asked("Please refund order ORD-1002, I was charged twice.", "already been refunded (99.00 USD)", "already_refunded",
          lambda town: town.refund_by_hand(CHARGE, 9900)),
    Asked("Please refund 60 USD of order ORD-1002, I was charged twice.", "at most 49.00 USD can go back",
          "above_refundable", lambda town: town.refund_by_hand(CHARGE, 5000)),
)  # fmt: skip


@pytest.mark.parametrize("asked_for", ANSWERS, ids=lambda one: one.rule)
async def test_what_policy_refuses_the_requester_hears_with_the_reason_and_it_is_recorded(
    desk: Desk, town: PaymentsTown, asked_for: Asked
) -> None:
    if asked_for.before:
        await asked_for.before(town)
    moved = await town.refunded(CHARGE)

    await asked(desk, asked_for.text)

    assert asked_for.says in slack_of(desk).sent[-1].text
    [event] = [event for event in await rows(desk, Event) if event.kind == "refused_refund"]
    assert (event.data["verdict"]["rule"], asked_for.says in event.data["said"]) == (asked_for.rule, True)
    assert await town.refunded(CHARGE) == moved
    assert room_of(desk).cards == {}


async def test_who_withdraws_what_is_not_there_or_too_late_hears_it_and_it_is_recorded(
    desk: Desk, town: PaymentsTown
) -> None:
    await town.refunds_become(CHARGE, "pending")
    await press(desk, await asked(desk), "approve")
    await write(desk, "T0ACME:C1:1.0", "T0ACME:C1:1.9", "Please withdraw my refund request.")
    await settle(desk)

    assert "already on its way" in slack_of(desk).sent[-1].text
    assert [event.kind for event in await rows(desk, Event)].count("withdraw_lost") == 1


async def test_a_refusal_that_cannot_be_whispered_is_still_on_record(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)

    class Deaf(type(room_of(desk))):  # type: ignore[misc]
        async def whisper(self, answer_to: object, text: str, *, card: str = "") -> None:
            raise PermanentChannelError("user_not_in_channel")

    deaf = with_parts(desk, staff_room=Deaf(cards=room_of(desk).cards))
    await press(deaf, action, "approve", by=NIA)

    kinds = [event.kind for event in await rows(desk, Event)]
    assert {"approve_lost", "not_told"} <= set(kinds)
    assert card_of(desk, action).buttons
