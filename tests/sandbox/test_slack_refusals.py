"""What Slack refuses, the sandbox refuses: blocks, texts, metadata and views, each with Slack's own error."""

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk.models import blocks as models
from slack_support import button, card, modal, mrkdwn, plain

from bot.sandbox.slack.args import Args
from bot.sandbox.slack.blocks import accept_message_blocks
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.methods.content import read_draft
from bot.sandbox.slack.view_rules import accept_view

Json = dict[str, Any]


@contextlib.contextmanager
def refusing(code: str) -> Iterator[SlackError]:
    """Must be refused with this code; yields an error that knows the details afterwards."""
    seen = SlackError(code)
    with pytest.raises(SlackError) as refusal:
        yield seen
    assert refusal.value.code == code
    seen.details = refusal.value.details


def section(text: Json, **more: Any) -> Json:
    return {"type": "section", "text": text, **more}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def inline(*elements: Json) -> Json:
    return rich({"type": "rich_text_section", "elements": list(elements)})


def confirm(**changed: Json) -> Json:
    return {
        "title": plain("Sure?"),
        "text": plain("Refund 12"),
        "confirm": plain("Yes"),
        "deny": plain("No"),
        **changed,
    }


OPTION = {"text": plain("A"), "value": "a"}

WRONG_BLOCKS = {
    "unknown block": ([{"type": "banner"}], "unsupported type: banner [json-pointer:/blocks/0/type]"),
    "no type": ([{"text": plain("x")}], "missing required field: type"),
    "not an object": (["hello"], "must be an object"),
    "51 blocks": ([{"type": "divider"}] * 51, "no more than 50 items allowed"),
    "long section": ([section(plain("x" * 3001))], "must be less than 3001 characters"),
    "empty section text": ([section(plain(""))], "must be more than 0 characters"),
    "section without text": ([{"type": "section"}], "must define one of: text, fields"),
    "11 fields": ([{"type": "section", "fields": [plain("x")] * 11}], "no more than 10 items"),
    "long field": ([{"type": "section", "fields": [plain("x" * 2001)]}], "less than 2001"),
    "long header": ([{"type": "header", "text": plain("x" * 151)}], "less than 151"),
    "mrkdwn header": ([{"type": "header", "text": mrkdwn("x")}], "unsupported type: mrkdwn"),
    "text as string": ([{"type": "section", "text": "hello"}], "must be an object"),
    "foreign field": ([{"type": "divider", "text": plain("x")}], "invalid additional property: text"),
    "emoji in mrkdwn": ([section({**mrkdwn("x"), "emoji": True})], "invalid additional property: emoji"),
    "no actions": ([{"type": "actions", "elements": []}], "no fewer than 1 items"),
    "26 actions": (card(*[button(f"b{n}") for n in range(26)]), "no more than 25 items"),
    "unknown element": (card({"type": "lever", "action_id": "a"}), "unsupported type: lever"),
    "input in actions": (card({"type": "plain_text_input", "action_id": "a"}), "unsupported type: plain_text_input"),
    "button without text": (card({"type": "button", "action_id": "a"}), "missing required field: text"),
    "long button text": (card(button(text="x" * 76)), "less than 76"),
    "long button value": (card(button(value="x" * 2001)), "less than 2001"),
    "mrkdwn button": (card({**button(), "text": mrkdwn("x")}), "unsupported type: mrkdwn"),
    "button style": (card(button(style="green")), "must be one of primary, danger"),
    "long action_id": (card(button("x" * 256)), "less than 256"),
    "long block_id": (card(block_id="x" * 256), "less than 256"),
    "same action_id twice": (card(button("a"), button("a")), "`action_id` already exists: a"),
    "same block_id twice": (card() + card(), "`block_id` already exists: card"),
    "long confirm title": (card(button(confirm=confirm(title=plain("x" * 101)))), "less than 101"),
    "long confirm text": (card(button(confirm=confirm(text=plain("x" * 301)))), "less than 301"),
    "long confirm button": (card(button(confirm=confirm(confirm=plain("x" * 31)))), "less than 31"),
    "half a confirm": (card(button(confirm={"title": plain("x")})), "missing required field: deny"),
    "empty context": ([{"type": "context", "elements": []}], "no fewer than 1"),
    "11 in context": ([{"type": "context", "elements": [mrkdwn("x")] * 11}], "no more than 10"),
    "button in context": ([{"type": "context", "elements": [button()]}], "unsupported type: button"),
    "select without options": (card({"type": "static_select", "action_id": "s"}), "must define one of: options"),
    "101 options": (card({"type": "static_select", "options": [OPTION] * 101}), "no more than 100"),
    "6 in overflow": (card({"type": "overflow", "options": [OPTION] * 6}), "no more than 5"),
    "long option value": (
        card({"type": "overflow", "options": [{"text": plain("A"), "value": "x" * 151}]}),
        "less than 151",
    ),
    "image without alt": (
        [{"type": "image", "image_url": "https://x.example/a.png"}],
        "missing required field: alt_text",
    ),
    "long markdown": ([{"type": "markdown", "text": "x" * 12_001}], "less than 12001"),
    "unknown rich part": ([rich({"type": "rich_text_table", "elements": []})], "unsupported type: rich_text_table"),
    "unknown inline": ([inline({"type": "blink", "text": "x"})], "unsupported type: blink"),
    "empty rich text": ([inline({"type": "text", "text": ""})], "must be more than 0 characters"),
    "unknown range": ([inline({"type": "broadcast", "range": "all"})], "must be one of here, channel, everyone"),
    "script link": ([inline({"type": "link", "url": "javascript:alert(1)"})], "must match a valid pattern"),
    "user mention in code": (
        [rich({"type": "rich_text_preformatted", "elements": [{"type": "user", "user_id": "U0SAM"}]})],
        "unsupported type: user",
    ),
    "list of texts": (
        [rich({"type": "rich_text_list", "style": "bullet", "elements": [{"type": "text", "text": "x"}]})],
        "unsupported type: text",
    ),
    "style as list": ([inline({"type": "text", "text": "x", "style": ["bold"]})], "must be an object"),
    "null field": ([section(plain("x"), accessory=None)], "must not be null"),
}


@pytest.mark.parametrize("name", WRONG_BLOCKS)
def test_wrong_blocks_are_refused_and_the_place_is_named(name: str):
    blocks, complaint = WRONG_BLOCKS[name]

    with refusing("invalid_blocks") as refusal:
        accept_message_blocks(blocks)
    assert any(complaint in each for each in refusal.details["errors"]), refusal.details["errors"]
    assert all(re.search(r"\[json-pointer:/blocks", each) for each in refusal.details["errors"])


def test_blocks_must_be_a_list():
    with refusing("invalid_blocks_format"):
        accept_message_blocks({"type": "divider"})


def test_all_blocks_together_may_not_be_too_long():
    filler = [section(plain("x" * 2640)) for _ in range(5)]
    accept_message_blocks(filler)

    with refusing("msg_blocks_too_long"):
        accept_message_blocks([*filler, section(plain("x"))])


RIGHT_BLOCKS = [
    models.HeaderBlock(text="Refund for Acme"),
    models.SectionBlock(text=models.MarkdownTextObject(text="*12.00 EUR*"), fields=["order", "1001"]),
    models.DividerBlock(),
    models.ContextBlock(elements=[models.MarkdownTextObject(text="asked by Alice")]),
    models.ActionsBlock(
        elements=[
            models.ButtonElement(text="Approve", action_id="approve", value="apr_1", style="primary"),
            models.StaticSelectElement(action_id="amount", options=[models.Option(value="1", label="one")]),
            models.UserSelectElement(action_id="who"),
            models.OverflowMenuElement(action_id="more", options=[models.Option(value="1", label="one")] * 2),
        ]
    ),
    models.SectionBlock(
        text="with a date", accessory=models.DatePickerElement(action_id="day", initial_date="2026-01-31")
    ),
    models.InputBlock(label="Why", element=models.PlainTextInputElement(action_id="why", multiline=True)),
    models.RichTextBlock(
        elements=[
            models.RichTextSectionElement(
                elements=[
                    models.RichTextElementParts.Text(text="hello ", style={"bold": True}),
                    models.RichTextElementParts.Link(url="https://x.example", text="x"),
                    models.RichTextElementParts.User(user_id="U0SAM"),
                    models.RichTextElementParts.Emoji(name="tada"),
                ]
            ),
            models.RichTextPreformattedElement(elements=[models.RichTextElementParts.Text(text="code")]),
        ]
    ),
    models.ImageBlock(image_url="https://x.example/a.png", alt_text="a chart"),
    models.ContextActionsBlock(
        elements=[
            models.FeedbackButtonsElement(
                action_id="csat",
                positive_button=models.FeedbackButtonObject(text="Good", value="up"),
                negative_button=models.FeedbackButtonObject(text="Bad", value="down"),
            )
        ]
    ),
]


@pytest.mark.parametrize("block", RIGHT_BLOCKS, ids=lambda block: block.type)
def test_what_slacks_own_builders_make_is_accepted(block: models.Block):
    (stored,) = accept_message_blocks([block.to_dict()])

    assert stored["block_id"]


def test_missing_ids_are_filled_in():
    element = {"type": "button", "text": plain("Go")}
    first, second = accept_message_blocks([{"type": "actions", "elements": [element]}, {"type": "divider"}])

    assert first["elements"][0]["action_id"]
    assert first["block_id"] != second["block_id"]


WRONG_MESSAGES = {
    "nothing": ({}, "no_text"),
    "only spaces": ({"text": "  "}, "no_text"),
    "long text": ({"text": "x" * 40_001}, "msg_too_long"),
    "blocks that are no JSON": ({"text": "x", "blocks": "[{"}, "invalid_blocks_format"),
    "markdown beside text": ({"text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
    "long markdown": ({"markdown_text": "x" * 12_001}, "msg_too_long"),
    "metadata as list": ({"text": "x", "metadata": []}, "invalid_metadata_format"),
    "metadata without payload": ({"text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_format"),
    "metadata with more": (
        {"text": "x", "metadata": {"event_type": "a", "event_payload": {}, "k": 1}},
        "invalid_metadata_format",
    ),
    "large metadata": (
        {"text": "x", "metadata": {"event_type": "a", "event_payload": {"k": "x" * 9000}}},
        "metadata_too_large",
    ),
    "attachments as text": ({"text": "x", "attachments": "[1]"}, "invalid_attachments"),
}


@pytest.mark.parametrize("name", WRONG_MESSAGES)
def test_wrong_messages_are_refused(name: str):
    arguments, error = WRONG_MESSAGES[name]

    with refusing(error):
        read_draft(Args(arguments))


WRONG_VIEWS = {
    "long title": (modal(title=plain("x" * 25)), "less than 25"),
    "long submit": (modal(submit=plain("x" * 25)), "less than 25"),
    "no title": ({"type": "modal", "blocks": []}, "missing required field: title"),
    "inputs without submit": ({k: v for k, v in modal().items() if k != "submit"}, "`submit` is required"),
    "large private_metadata": (modal(private_metadata="x" * 3001), "less than 3001"),
    "101 blocks": (modal(*[{"type": "divider"}] * 101), "no more than 100"),
    "home as modal": ({"type": "home", "blocks": []}, "unsupported type: home"),
    "markdown in modal": (modal({"type": "markdown", "text": "x"}), "unsupported type: markdown"),
    "foreign field": (modal(colour="red"), "invalid additional property: colour"),
    "no view": (None, "must be an object"),
}


@pytest.mark.parametrize("name", WRONG_VIEWS)
def test_wrong_views_are_refused(name: str):
    view, complaint = WRONG_VIEWS[name]

    with refusing("invalid_arguments") as refusal:
        accept_view(view, "modal")
    assert any(complaint in each for each in refusal.details["errors"])
