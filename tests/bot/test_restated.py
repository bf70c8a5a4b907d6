"""What the requester hears about an action they hear once, from the ledger; everything else the team said stays."""

import pytest

from bot.actions.restated import Told, without_restated

REFUND = Told(("ORD-1002", "ch_alice_1002"), 9900, "USD")

SAID_ALREADY = [
    "I have asked for 99.00 USD to be paid back for order ORD-1002.",
    "I've submitted a refund request for you.",
    "Your $99 will be with you soon.",
    "I've passed this on to a colleague who will decide.",
    "A colleague will review this and get back to you.",
    "Order ORD-1002 is being checked.",
    "Ich habe die Rückerstattung von 99,00 € beantragt.",
    "Ein Kollege wird darüber entscheiden.",
    "J'ai demandé le remboursement de 99,00 $.",
    "He solicitado el reembolso de su pedido.",
    "我已经为您申请退款。",
    "99,00 USD für ORD-1002 sind in Arbeit.",
]


@pytest.mark.parametrize("sentence", SAID_ALREADY)
def test_a_sentence_that_says_it_again_is_left_out_in_any_language(sentence: str) -> None:
    assert without_restated(f"I am sorry about that! {sentence}", [REFUND]) == "I am sorry about that!"
    assert without_restated(sentence, [REFUND]) == ""


STAYS = [
    "I am sorry for the trouble this caused.",
    "Your order ORD-1003 was delivered on Monday.",
    "Which of the two charges should be refunded?",
    "Refunds are possible within 30 days [1].",
    "Order ORD-1003 was refunded last week, 99.00 USD.",
    "The licence costs 199.00 USD a year.",
    "Version 1.99.00 is the newest.",
]


@pytest.mark.parametrize("sentence", STAYS)
def test_what_is_about_something_else_stays(sentence: str) -> None:
    assert without_restated(sentence, [REFUND]) == sentence


def test_without_an_action_nothing_is_left_out() -> None:
    assert without_restated(SAID_ALREADY[0], []) == SAID_ALREADY[0]


def test_the_shape_of_the_rest_is_kept() -> None:
    text = "Hello Alice,\n\nI asked for your refund. ORD-1003 arrived:\n\n- Monday\n- at noon\n\nBest wishes"

    assert without_restated(text, [REFUND]) == "Hello Alice,\n\nORD-1003 arrived:\n\n- Monday\n- at noon\n\nBest wishes"


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [
        (129_900, "USD", "$1,299"),
        (129_900, "EUR", "1.299,00 €"),
        (4800, "JPY", "¥4,800"),
        (1005, "KWD", "1.005 KWD"),
        (9950, "EUR", "99,50"),
    ],
)
def test_the_amount_is_known_however_it_is_written(minor: int, currency: str, written: str) -> None:
    assert without_restated(f"So {written} it is.", [Told(("ORD-1",), minor, currency)]) == ""
    assert without_restated("So 12.34 it is.", [Told(("ORD-1",), minor, currency)]) == "So 12.34 it is."
