"""Whatever a customer, a model or a colleague wrote: nothing pings, hides a link, formats or grows beyond Slack."""

from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.slack.blocks import accept_message_blocks
from bot.sandbox.slack.view_rules import accept_view
from channels.cards import Button, Card, Field, Form, Overview, Row
from channels.slack.gate import validate_message
from channels.slack.home import home_view
from channels.slack.links import HOST_LIKE, target_of
from channels.slack.names import Names
from channels.slack.people import Person
from channels.slack.render import render
from channels.slack.staff_room import whispered
from channels.slack.views import card_blocks, form_view

NASTY = st.sampled_from(
    [
        "<!channel>",
        "&lt;!everyone&gt;",
        "@here",
        "<@U0SAM>",
        "<!subteam^S0APPROVERS>",
        "[bank.example](https://evil.example)",
        "<https://evil.example|https://bank.example>",
        "javascript:alert(1)",
        "\u202e",
        "```",
        "x" * 4_000,
        "",
    ]
)
TEXT = st.lists(st.text(max_size=20) | NASTY, max_size=4).map(" ".join)
BUTTONS = st.lists(st.builds(Button, st.sampled_from(["a", "b"]), TEXT, st.just("v"), confirm=TEXT), max_size=6).map(
    tuple
)

SOURCE = st.fixed_dictionaries({"channel": TEXT | st.just("C0ACME"), "thread_ts": TEXT | st.just("1700000000.000100")})


def parts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from parts(inner)


def assert_harmless(blocks: list[dict[str, Any]]) -> None:
    for part in parts(blocks):
        kind = part.get("type")
        assert kind not in ("user", "usergroup", "broadcast", "channel", "mrkdwn", "markdown"), part
        if kind == "link":
            target = target_of(part["url"])
            assert target is not None
            named = {host.lower() for host in HOST_LIKE.findall(str(part.get("text") or ""))}
            assert named <= {target.place.lower(), target.place.lower().partition("@")[2]}, part


@settings(deadline=None, max_examples=150)
@given(TEXT, TEXT, TEXT, st.lists(st.builds(Field, st.sampled_from("xyz"), TEXT, TEXT, TEXT), max_size=1).map(tuple))
def test_every_form_is_one_slack_takes_and_harmless(title, note, shown, fields):
    view = form_view(Form("go", "v", title, "Send", fields, note=note, shown=shown))
    accept_view(view, "modal")
    assert_harmless(view["blocks"])


@settings(deadline=None, max_examples=100)
@given(
    TEXT,
    st.lists(st.tuples(TEXT, st.lists(st.builds(Row, TEXT, BUTTONS, SOURCE), max_size=60).map(tuple)), max_size=4),
    BUTTONS,
    TEXT,
)
def test_every_home_tab_is_one_slack_takes_and_harmless(title, sections, buttons, footer):
    view = home_view(Overview(title, tuple(sections), buttons, footer, notice=footer), "https://northwind.slack.com/")
    accept_view(view, "home")
    assert_harmless(view["blocks"])


@settings(deadline=None, max_examples=100)
@given(TEXT, st.lists(st.tuples(TEXT, TEXT), max_size=12), st.sampled_from(["", "tkt_1"]))
def test_every_answer_with_sources_and_rating_is_one_slack_takes_and_harmless(text, citations, rating):
    if not text.strip():
        return
    for part in render(text + " .", citations, rating):
        validate_message(part.blocks, part.text)
        assert_harmless(part.blocks)
        assert "<!" not in part.text


FACTS = st.lists(st.tuples(TEXT, TEXT), max_size=30).map(tuple)
CARDS = st.builds(
    Card, st.just("c"), TEXT, TEXT, facts=FACTS, quote=TEXT, proposed=TEXT, verdict=TEXT, buttons=BUTTONS, footer=TEXT,
    source=SOURCE,
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(CARDS)
def test_every_card_is_one_slack_takes_and_harmless(card):
    part = card_blocks(card, "https://northwind.slack.com/")
    validate_message(part.blocks, part.text)
    accept_message_blocks(part.blocks)
    assert_harmless(part.blocks)
    assert "<" not in part.text
    assert len(part.text) <= 4_000


@settings(deadline=None, max_examples=100)
@given(TEXT)
def test_what_is_whispered_is_harmless_too(text):
    said = whispered(text)
    accept_message_blocks(said["blocks"])
    assert_harmless(said["blocks"])
    assert "<" not in said["text"]
    assert 0 < len(said["text"]) <= 4_000


@settings(deadline=None, max_examples=100)
@given(TEXT, st.sampled_from(["T0ACME/U0ALICE", "C0ACME", "U0ALICE", "S0APPROVERS"]))
async def test_a_name_somebody_gave_themselves_is_only_a_name(name, about):
    class Told:
        async def person(self, user_id, *, max_age):
            return Person(user_id, name=name)

        async def name_of(self, what):
            return name

    names = Names(Told())
    card = await names.card(Card("c", f"Taken by {about}", about, facts=(("Who", about),), quote=about, footer=about))
    part = card_blocks(card)
    validate_message(part.blocks, part.text)
    assert_harmless(part.blocks)
    assert card.quote == about


def test_a_source_is_named_as_people_name_it():
    (part,) = render("Yes [1].", [("guides/return-policy.md", "Refunds > Annual plans"), ("faq.md", "Faq")])
    assert [one["text"] for one in part.blocks[-1]["elements"]] == [
        "1. Return policy › Refunds › Annual plans",
        "2. Faq",
    ]
