"""Card, social security and account numbers are taken out; numbers that only look long stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents_team.guardrails import Masked, mask_pii
from agents_team.guardrails.numbers import luhn


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


# ------------------------------------------------------------------ however it is written

SEPARATORS = [
    "",
    " ",
    "-",
    ".",
    "/",
    "_",
    "  ",
    "\t",
    "\n",
    "\r\n",
    "\n> ",
    " - ",
    "\u00a0",
    "‑",
    "—",
    "·",
    "\u200b",
    ", ",
]
PREFIXES = [
    ("4", 16),
    ("4", 19),
    ("51", 16),
    ("2223", 16),
    ("37", 15),
    ("36", 14),
    ("3530", 16),
    ("6011", 16),
    ("62", 16),
]
SCRIPTS = ["0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९"]


def with_check_digit(digits: str) -> str:
    return next(digits + last for last in "0123456789" if luhn(digits + last))


@st.composite
def cards(draw: st.DrawFn) -> str:
    prefix, length = draw(st.sampled_from(PREFIXES))
    rest = length - len(prefix) - 1
    digits = with_check_digit(prefix + draw(st.text("0123456789", min_size=rest, max_size=rest)))
    return digits if len(set(digits)) > 1 else "4111111111111111"


@given(
    cards(),
    st.sampled_from(SEPARATORS),
    st.sampled_from([4, 5, 8]),
    st.sampled_from(SCRIPTS),
    st.sampled_from(["", "my card is ", "Karte:", "card", "(", "order ORD-1001, card ", "on 12/27 ", "nr.", "PAN-"]),
    st.sampled_from(["", " exp 12/27", ")", "exp 12/27", ".", "\nThanks"]),
)
def test_a_card_number_is_found_however_it_is_written(
    card: str, separator: str, width: int, script: str, before: str, after: str
) -> None:
    groups = [card[n : n + width] for n in range(0, len(card), width)]
    if len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    written = separator.join(groups).translate(str.maketrans("0123456789", script))

    found = mask_pii(f"{before}{written}{after}")

    assert found.kinds == ("card number",)
    assert card not in "".join(character for character in found.text if character.isdigit())


@given(
    st.sampled_from(["DE89370400440532013000", "GB29NWBK60161331926819", "FR1420041010050500013M02606"]),
    st.sampled_from(["", " ", "-", "\u00a0", "\n", "."]),
    st.booleans(),
    st.sampled_from(["", "IBAN: ", "at 10 ", "on 12 of ab 12 ", "IBAN"]),
)
def test_an_account_number_is_found_however_it_is_written(iban: str, gap: str, small: bool, before: str) -> None:
    if before == "IBAN":
        before = "IBAN:"
    written = gap.join(iban[n : n + 4] for n in range(0, len(iban), 4))

    found = mask_pii(f"{before}{written.lower() if small else written} and thanks")

    assert found.kinds == ("bank account number",)
    assert iban[4:12].lower() not in found.text.lower().replace(gap or " ", "")


@pytest.mark.parametrize(
    "text",
    ["ssn is 123 456 789", "my social security number: 123-\n45-6789", "SSN 123‑45‑6789", "social no. 123456789"],
)
def test_a_social_security_number_is_found_by_its_shape_or_by_its_name(text: str) -> None:
    assert mask_pii(text).kinds == ("social security number",)


@given(
    st.sampled_from(["+49 1{}", "+1 {}", "(415) 555-{}", "0049 170 {}", "+44 20 {}", "+91 98 {}", "tel {}"]),
    st.integers(min_value=1_000_000, max_value=9_999_999),
)
def test_a_telephone_number_stays(shape: str, number: int) -> None:
    text = f"Please call me at {shape.format(number)} today"

    assert mask_pii(text).text == text


@given(
    st.sampled_from(["ORD-{}", "order #112-{}-1234567", "RMA{}", "invoice 2026-{}", "ticket {}", "1Z999AA1{}"]),
    st.integers(min_value=1_000, max_value=9_999_999),
)
def test_the_number_of_an_order_stays(shape: str, number: int) -> None:
    text = f"About {shape.format(number)} please"

    assert mask_pii(text).text == text


@pytest.mark.parametrize(
    "text",
    ["IMEI 490154203237518", "mobile 4915112345678", "DE12345 and VAT DE123456789", "ISBN 978-3-16-148410-0"],
)
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert mask_pii(text).text == text


@pytest.mark.parametrize("groups", ["4111 1111 1111 1112", "4 1 1 1 4 1", "1001,99.00,4532", "AT61 19 0430 02"])
def test_a_table_of_numbers_is_looked_through_once_however_long_it_is(groups: str) -> None:
    """With every beginning tried against every end this would take hours."""
    table = f"{groups} " * 10_000
    card = "4532 1234 5678 9012"

    assert mask_pii(f"{table}\n\nmy card: {card}").text.endswith("[card ending 9012]")
