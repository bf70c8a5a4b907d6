"""The customer's mailbox on the demo page: threads as mail programs make them, quotations kept apart."""

from typing import Any

import pytest

from bot.sandbox.page.letters import answer, cut, mail_part

ALICE, DESK = "alice@example.com", "support@desk.example"


def mail(message_id: str, sender: str, *, in_reply_to: str = "", text: str = "Hello") -> dict[str, Any]:
    return {
        "message_id": message_id,
        "in_reply_to": in_reply_to,
        "references": [in_reply_to] if in_reply_to else [],
        "from": sender,
        "subject": "Order",
        "date": "Fri, 20 Nov 2026 14:00:00 +0000",
        "text": text,
    }


def test_an_answer_joins_the_thread_of_the_mail_it_refers_to() -> None:
    mails = [mail("1@a", f"Alice <{ALICE}>"), mail("2@a", ALICE), mail("3@d", f"Helpdesk <{DESK}>", in_reply_to="1@a")]

    threads = mail_part(mails, address=ALICE, desk=DESK)["threads"]

    assert [[each["id"] for each in thread["mails"]] for thread in threads] == [["1@a", "3@d"], ["2@a"]]
    assert [each["mine"] for each in threads[0]["mails"]] == [True, False]
    assert threads[0]["newest"] == "3@d"


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Thanks\n\nOn Friday, Helpdesk wrote:\n> It is on its way.\n>\n> Bye", "Thanks"),
        ("On its way.\n\n-----[ 0a1b ]-----\nOn Friday, Alice wrote:\n> Where is it?", "On its way."),
        ("> you said\nbut I say no", "> you said\nbut I say no"),
        ("No quotation here", "No quotation here"),
    ],
)
def test_only_a_quotation_at_the_end_is_folded_away(text: str, new: str) -> None:
    assert cut(text)[0] == new


def test_a_reply_quotes_the_mail_and_goes_to_its_sender() -> None:
    mails = [mail("1@a", ALICE), mail("2@d", DESK, in_reply_to="1@a", text="It is on its way.")]

    wish = answer(mails, "2@d", "Thanks", address=ALICE, desk=DESK)

    assert (wish["to"], wish["in_reply_to"]) == (None, "2@d")
    assert wish["text"].startswith("Thanks\n\nOn Fri, 20 Nov 2026")
    assert wish["text"].endswith("> It is on its way.")


def test_a_reply_to_ones_own_mail_goes_to_the_desk_again() -> None:
    assert answer([mail("1@a", ALICE)], "1@a", "And?", address=ALICE, desk=DESK)["to"] == DESK
