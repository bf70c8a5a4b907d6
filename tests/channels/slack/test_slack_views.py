"""A card holds what staff need, fits Slack's limits, and nothing on it can ping, link or pass for a fact."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.cards import Button, Card
from channels.moments import Moment
from channels.slack.gate import Refused, validate_message
from channels.slack.views import card_blocks

REFUND = Card(
    key="card_1",
    title="Refund 49.00 EUR",
    state="waiting for a decision",
    facts=(("Order", "A-1"), ("Paid", "49.00 EUR")),
    quote="<!channel> it broke *twice*",
    proposed="Refund in full",
    verdict="needs approval: above 0.00",
    buttons=(
        Button("approve", "Approve", "act_1:h", style="primary", confirm="Pay 49.00 EUR to Cora?"),
        Button("deny", "Deny", "act_1:h", style="danger"),
    ),
    footer="act_1",
)


def said(part):
    return json.dumps(part.blocks, ensure_ascii=False)


def test_a_card_shows_facts_words_proposal_verdict_and_buttons():
    part = card_blocks(REFUND)
    validate_message(part.blocks, part.text)

    assert [block["type"] for block in part.blocks] == [
        "header", "rich_text", "rich_text", "rich_text", "rich_text", "actions", "context",
    ]  # fmt: skip
    for words in ("waiting for a decision", "A-1", "it broke *twice*", "Refund in full", "above 0.00", "act_1"):
        assert words in said(part)


def test_the_requesters_words_and_the_models_sentence_are_marked():
    quote, proposed = card_blocks(REFUND).blocks[2:4]

    assert quote["elements"][0]["elements"][0]["text"] == "Customer wrote"
    assert quote["elements"][1]["type"] == "rich_text_quote"
    assert proposed["elements"][0]["elements"][0]["text"] == "Proposed by AI"


def test_buttons_carry_verb_value_style_and_a_question():
    approve, deny = card_blocks(REFUND).blocks[5]["elements"]

    assert (approve["action_id"], approve["value"], approve["style"]) == ("hd:approve", "act_1:h", "primary")
    assert approve["confirm"]["text"]["text"] == "Pay 49.00 EUR to Cora?"
    assert approve["confirm"]["confirm"]["text"] == "Approve"
    assert "confirm" not in deny


def test_two_buttons_with_one_verb_are_told_apart_by_slack_and_not_by_us():
    card = Card("card_1", "t", "s", buttons=(Button("pick", "A", "1"), Button("pick", "B", "2")))
    part = card_blocks(card)
    validate_message(part.blocks, part.text)
    assert [one["action_id"] for one in part.blocks[-1]["elements"]] == ["hd:pick", "hd:pick#2"]


def test_a_style_slack_does_not_know_is_left_out():
    (button,) = card_blocks(Card("c", "t", "s", buttons=(Button("a", "A", "1", style="loud"),))).blocks[-1]["elements"]
    assert "style" not in button


def test_the_notification_is_escaped():
    assert card_blocks(Card("c", "<!channel>", "a & b")).text == "&lt;!channel&gt;: a &amp; b"


def test_more_facts_than_fit_are_counted():
    part = card_blocks(Card("c", "t", "s", facts=tuple((f"f{n}", "x" * 400) for n in range(30))))
    assert "more facts: see the ticket" in said(part)


def test_a_value_that_cannot_be_cut_is_refused_and_not_sent_broken():
    part = card_blocks(Card("c", "t", "s", buttons=(Button("a", "A", "v" * 2_001),)))
    with pytest.raises(Refused, match="value"):
        validate_message(part.blocks, part.text)


text = st.text(max_size=30) | st.text(max_size=3).map(lambda part: (part or "<") * 2_000)


@settings(deadline=None, max_examples=100)
@given(
    st.builds(
        Card,
        key=st.just("card_1"),
        title=text,
        state=text,
        facts=st.lists(st.tuples(text, text), max_size=30).map(tuple),
        quote=text,
        proposed=text,
        verdict=text,
        buttons=st.lists(st.builds(Button, st.just("go"), text, st.just("v"), confirm=text), max_size=30).map(tuple),
        footer=text,
    )
)
def test_every_card_fits_and_is_literal(card):
    part = card_blocks(card)
    validate_message(part.blocks, part.text)
    assert "mrkdwn" not in {one.get("type") for one in part.blocks}
    assert "<" not in part.text


def test_a_moment_is_shown_on_each_readers_own_clock_and_words_never_become_one():
    ends = Moment(datetime(2026, 11, 20, 21, 28, tzinfo=UTC))
    words = "<!date^1392734382^{date}|now> 2026-11-20 21:28 UTC"
    part = card_blocks(replace(REFUND, facts=(("Expires", ends), ("Note", words)), quote=words, proposed=words))
    validate_message(part.blocks, part.text)

    dates = [element for element in elements_of(part.blocks) if element["type"] == "date"]
    assert dates == [
        {
            "type": "date",
            "timestamp": 1795210080,
            "format": "{date_short_pretty} at {time}",
            "fallback": "2026-11-20 21:28 UTC",
        }
    ]
    assert said(part).count("<!date^1392734382") == 3


def elements_of(thing):
    """Every element inside, however deep."""
    if isinstance(thing, list):
        return [found for one in thing for found in elements_of(one)]
    inner = [found for one in thing.values() if isinstance(one, list | dict) for found in elements_of(one)]
    return [thing, *inner] if "type" in thing else inner
