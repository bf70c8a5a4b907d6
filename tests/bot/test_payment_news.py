"""What a payment provider tells or does later reaches row, card and requester: by webhook, and by the nightly books."""

from datetime import timedelta

import httpx
import pytest
from httpx import ASGITransport

from bot.desk import Desk
from bot.sandbox.payments.client import PaymentsTown
from bot.sandbox.payments.webhooks import event_json, sign
from bot.steps.tick import run_tick
from bot.web import app
from storage.models import ActionState, Delivery, Escalation, Outcome, Ticket, TicketStatus
from tests.bot.refunds import asked, change, now, press
from tests.desks import room_of, rows, settle, slack_of

CHARGE = "ch_alice_1002"
SECRET = "whsec_sandbox"


async def post(desk: Desk, body: bytes, signature: str) -> int:
    async with httpx.AsyncClient(transport=ASGITransport(app(desk)), base_url="http://desk") as client:
        answer = await client.post("/payments/webhook", content=body, headers={"Stripe-Signature": signature})
    return answer.status_code


async def tell(desk: Desk, kind: str, shown: dict[str, object], *, secret: str = SECRET) -> int:
    """The provider posts a signed event."""
    import json

    body = json.dumps(event_json(kind, shown)).encode()
    return await post(desk, body, sign(body, secret, int(desk.now().timestamp())))


async def submitted(desk: Desk, town: PaymentsTown) -> tuple[object, str]:
    """A refund the bank has not finished."""
    await town.refunds_become(CHARGE, "pending")
    action = await asked(desk)
    await press(desk, action, "approve")
    action = await now(desk, action)
    assert action.state is ActionState.SUBMITTED
    return action, str(action.result["refund"])


async def shown(town: PaymentsTown, refund: str) -> dict[str, object]:
    found: dict[str, object] = next(each for each in (await town.ledger())["refunds"] if each["id"] == refund)
    return found


async def test_a_signed_webhook_is_committed_before_it_is_answered_and_moves_the_refund(
    desk: Desk, town: PaymentsTown
) -> None:
    action, refund = await submitted(desk, town)
    await town.move_refund(refund, "succeeded")

    assert await tell(desk, "refund.updated", await shown(town, refund)) == 200
    [delivery] = [row for row in await rows(desk, Delivery) if row.channel == "payments"]
    assert delivery.outcome is None
    await settle(desk)

    assert (await now(desk, action)).state is ActionState.DONE  # type: ignore[arg-type]
    [delivery] = [row for row in await rows(desk, Delivery) if row.channel == "payments"]
    assert delivery.outcome is Outcome.CHANGE
    assert "has been made" in slack_of(desk).sent[-1].text


async def test_a_webhook_that_fails_a_refund_reopens_the_ticket(desk: Desk, town: PaymentsTown) -> None:
    action, refund = await submitted(desk, town)
    await town.move_refund(refund, "failed", "expired_or_canceled_card")
    await tell(desk, "refund.failed", await shown(town, refund))
    await settle(desk)

    assert (await now(desk, action)).state is ActionState.FAILED  # type: ignore[arg-type]
    [ticket] = await rows(desk, Ticket)
    assert ticket.status is TicketStatus.HOLD


async def test_a_webhook_only_says_where_to_look(desk: Desk, town: PaymentsTown) -> None:
    """Signed, but old: the provider itself says otherwise by now."""
    action, refund = await submitted(desk, town)
    old = {**await shown(town, refund), "status": "failed"}
    await tell(desk, "refund.failed", old)
    await settle(desk)

    assert (await now(desk, action)).state is ActionState.SUBMITTED  # type: ignore[arg-type]


async def test_a_dispute_told_by_webhook_closes_the_waiting_card(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    await town.dispute(CHARGE)
    dispute = {"id": "dp_1", "object": "dispute", "charge": CHARGE, "amount": 9900, "currency": "usd", "status": "lost"}
    assert await tell(desk, "charge.dispute.created", dispute) == 200
    await settle(desk)

    assert (await now(desk, action)).state is ActionState.BLOCKED


async def test_unsigned_forged_or_too_large_is_refused_and_kept_nowhere(desk: Desk, town: PaymentsTown) -> None:
    assert await tell(desk, "refund.updated", {"id": "re_1", "object": "refund"}, secret="whsec_guess") == 400
    assert await post(desk, b"{}", "") == 400
    assert await post(desk, b"x" * 300_000, "t=1,v1=0") == 413
    assert await rows(desk, Delivery) == []


async def test_the_same_event_twice_is_one_row(desk: Desk, town: PaymentsTown) -> None:
    import json

    body = json.dumps(event_json("charge.succeeded", {"id": "ch_1", "object": "charge"})).encode()
    for _ in range(3):
        assert await post(desk, body, sign(body, SECRET, int(desk.now().timestamp()))) == 200
    await settle(desk)

    [delivery] = await rows(desk, Delivery)
    assert (delivery.receipts, delivery.outcome) == (3, Outcome.IGNORED)


# ------------------------------------------------------------------ nightly books


async def books(desk: Desk) -> list[str]:
    await run_tick(desk, "reconcile@night")
    await settle(desk)
    return sorted(each.summary for each in await rows(desk, Escalation) if each.cause.startswith("books:"))


async def test_books_that_agree_make_no_card(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    await press(desk, action, "approve")

    assert await books(desk) == []


async def test_a_refund_of_theirs_without_ours_is_one_card(desk: Desk, town: PaymentsTown) -> None:
    made = await town.refund_by_hand("ch_bob_1005", 1200)

    assert len(await books(desk)) == 1
    [difference] = await books(desk)
    assert made["id"] in difference
    assert "12.00 EUR" in difference
    assert sum("books" in card.title for card in room_of(desk).cards.values()) == 1


async def test_a_refund_of_ours_without_theirs_is_one_card(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    ours = {"state": ActionState.DONE, "first_tried_at": desk.now(), "open_key": None}
    await change(desk, action, **ours, result={"refund": "re_nobody", "status": "succeeded"})

    [difference] = await books(desk)
    assert action.id in difference
    assert "no such refund" in difference


async def test_books_of_another_amount_or_of_a_denied_wish_are_cards(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    await press(desk, action, "approve")
    await change(desk, action, amount_minor=9800)
    [other_amount] = await books(desk)
    assert "98.00 USD" in other_amount

    await change(desk, action, amount_minor=9900, state=ActionState.DENIED)
    assert any("is denied here" in words for words in await books(desk))


async def test_money_that_comes_back_after_it_was_done_is_found_by_the_books(desk: Desk, town: PaymentsTown) -> None:
    action = await asked(desk)
    await press(desk, action, "approve")
    done = await now(desk, action)
    await town.move_refund(str(done.result["refund"]), "failed", "lost_or_stolen_card")

    assert await books(desk) == []

    assert (await now(desk, action)).state is ActionState.FAILED
    assert "did not go through" in slack_of(desk).sent[-1].text


@pytest.mark.parametrize("days", [5])
async def test_old_refunds_are_not_compared_again(desk: Desk, town: PaymentsTown, days: int) -> None:
    action = await asked(desk)
    ours = {"state": ActionState.DONE, "first_tried_at": desk.now() - timedelta(days=days), "open_key": None}
    await change(desk, action, **ours, result={"refund": "re_old"})

    assert await books(desk) == []
