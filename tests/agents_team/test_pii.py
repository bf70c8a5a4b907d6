"""Card, social security and account numbers are taken out; numbers that only look long stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents_team.guardrails import Masked, mask_pii


@pytest.mark.parametrize(
    ("text", "masked", "kind"),
    [
        ("my card is 4242424242424242 ok", "my card is [card ending 4242] ok", "card number"),
        ("4242 4242 4242 4242", "[card ending 4242]", "card number"),
        ("4532-1234-5678-9012", "[card ending 9012]", "card number"),
        ("card:4532-1234-5678-9012.", "card:[card ending 9012].", "card number"),
        ("amex 3782 822463 10005", "amex [card ending 0005]", "card number"),
        ("ssn 123-45-6789", "ssn [social security number removed]", "social security number"),
        ("SSN: 123456789", "SSN: [social security number removed]", "social security number"),
        ("IBAN DE89 3704 0044 0532 0130 00 thanks", "IBAN [bank account ending 3000] thanks", "bank account number"),
        ("GB29NWBK60161331926819", "[bank account ending 6819]", "bank account number"),
    ],
)
def test_it_is_masked(text: str, masked: str, kind: str) -> None:
    assert mask_pii(text) == Masked(masked, (kind,))


@pytest.mark.parametrize(
    "text",
    [
        "order ORD-1001 and 49.99 USD",
        "call +1 415 555 0132",
        "tracking 1Z999AA10123456784",
        "tracking 940010000000000000001234",
        "invoice 2026-05-04-000123",
        "2026-05-04 12:00:00",
        "000-12-3456",
        "parcel 00340434161094042557",
        "4242424242424241",
    ],
)
def test_it_is_left_alone(text: str) -> None:
    assert mask_pii(text).text == text


def test_all_kinds_are_named_once() -> None:
    found = mask_pii("4242424242424242 4242424242424242 123-45-6789")

    assert set(found.kinds) == {"card number", "social security number"}
    assert len(found.kinds) == 2


@given(st.text())
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = mask_pii(text).text

    assert mask_pii(once).text == once


@given(
    st.from_regex(r"4[0-9]{3}( |-)[0-9]{4}\1[0-9]{4}\1[0-9]{4}", fullmatch=True), st.sampled_from(["", " ", "!", "\n"])
)
def test_whatever_is_printed_like_a_card_is_masked(card: str, after: str) -> None:
    assert mask_pii(f"card {card}{after}").text == f"card [card ending {card[-4:]}]{after}"
