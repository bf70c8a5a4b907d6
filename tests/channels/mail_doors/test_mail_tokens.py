"""Only we can make a token, and only for the purpose it was made for."""

from dataclasses import replace

import pytest
from mail_doors import CONFIG

from channels.mail.tokens import (
    MessageToken,
    bounce_address,
    message_id,
    read_bounce_address,
    read_message_id,
    read_ticket_address,
    ticket_address,
)

TICKET, MESSAGE = "tkt_0123456789abcdefghjkmnpqrs", "msg_0123456789abcdefghjkmnpqrs"


def test_our_own_tokens_are_read_back_in_any_case_and_in_brackets() -> None:
    assert read_ticket_address(CONFIG, ticket_address(CONFIG, TICKET)) == TICKET
    assert read_ticket_address(CONFIG, f"<{ticket_address(CONFIG, TICKET).upper()}>") == TICKET
    assert read_bounce_address(CONFIG, bounce_address(CONFIG, MESSAGE)) == MESSAGE
    assert read_message_id(CONFIG, f"<{message_id(CONFIG, TICKET, MESSAGE)}>") == MessageToken(TICKET, MESSAGE)


def test_local_parts_fit_into_the_64_bytes_of_smtp() -> None:
    for address in (ticket_address(CONFIG, TICKET), bounce_address(CONFIG, MESSAGE)):
        assert len(address.partition("@")[0]) <= 64


def flipped(text: str) -> str:
    """The last digit of the mac, changed."""
    head, at, domain = text.partition("@")
    return head[:-1] + ("0" if head[-1] != "0" else "1") + at + domain


@pytest.mark.parametrize(
    "address",
    [
        flipped(ticket_address(CONFIG, TICKET)),
        ticket_address(CONFIG, TICKET).replace("qrs.", "qrt."),
        ticket_address(replace(CONFIG, secret="another"), TICKET),
        ticket_address(CONFIG, TICKET).replace("desk.example", "desk.example.evil"),
        f"support+{TICKET}@desk.example",
        f"support+{TICKET}.@desk.example",
        "support+.@desk.example",
        "support@desk.example",
        "",
        "@",
        "support+\udcff.x@desk.example",
    ],
)
def test_forged_ticket_address_names_nothing(address: str) -> None:
    assert read_ticket_address(CONFIG, address) is None


def test_token_of_one_purpose_is_worthless_for_another() -> None:
    mac = ticket_address(CONFIG, MESSAGE).partition("@")[0].rpartition(".")[2]
    assert read_bounce_address(CONFIG, f"bounce+{MESSAGE}.{mac}@desk.example") is None
    mac = message_id(CONFIG, TICKET, MESSAGE).partition("@")[0].rpartition(".")[2]
    assert read_message_id(CONFIG, f"{MESSAGE}.{TICKET}.{mac}@desk.example") is None


@pytest.mark.parametrize(
    "identity",
    [
        flipped(message_id(CONFIG, TICKET, MESSAGE)),
        message_id(replace(CONFIG, secret="another"), TICKET, MESSAGE),
        f"{TICKET}.{MESSAGE}@desk.example",
        "CAF=abc@mail.customer.example",
        "",
    ],
)
def test_forged_message_id_says_nothing(identity: str) -> None:
    assert read_message_id(CONFIG, identity) is None


def test_without_a_secret_there_is_no_mail_door() -> None:
    with pytest.raises(ValueError, match="secret"):
        replace(CONFIG, secret="")
    with pytest.raises(ValueError, match="address"):
        replace(CONFIG, address="support")
