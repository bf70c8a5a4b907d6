"""The last look: what Slack would refuse, and what must never leave."""

import pytest

from channels.slack.gate import Refused, validate_message


def section(*elements):
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def words(text="hi"):
    return {"type": "text", "text": text}


def button(**fields):
    return {
        "type": "button",
        "text": {"type": "plain_text", "text": "Go"},
        "action_id": "hd:go",
        "value": "1",
        **fields,
    }


def actions(*buttons):
    return {"type": "actions", "elements": list(buttons)}


def test_a_plain_message_passes():
    validate_message([{**section(words()), "block_id": "hd:msg_1"}, actions(button())], "hi")


@pytest.mark.parametrize(
    ("blocks", "text", "why"),
    [
        ([], "hi", "0 blocks"),
        ([section(words())] * 51, "hi", "51 blocks"),
        ([{**section(words()), "block_id": "a"}] * 2, "hi", "used twice"),
        ([{**section(words()), "block_id": "a" * 256}], "hi", "block_id"),
        ([section(words("x" * 10_001))], "hi", "10000 characters"),
        ([section(words())], "", "fallback"),
        ([section(words())], "x" * 4_001, "fallback"),
        ([section(words())], "<!channel>", "not escaped"),
        ([section(words(""))], "hi", "empty text"),
        ([section()], "hi", "empty rich_text_section"),
        ([section({"type": "broadcast", "range": "channel"})], "hi", "broadcast"),
        ([section({"type": "usergroup", "usergroup_id": "S1"})], "hi", "usergroup"),
        ([section({"type": "user", "user_id": "U1"})], "hi", "user"),
        ([section({"type": "link", "url": "javascript:x"})], "hi", "neither https nor mailto"),
        ([section({"type": "link", "url": "http://a.example"})], "hi", "neither https nor mailto"),
        ([{"type": "section", "text": {"type": "mrkdwn", "text": "<!channel>"}}], "hi", "not plain_text"),
        ([{"type": "markdown", "text": "x"}], "hi", "markdown"),
        ([{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}], "hi", "longer than 150"),
        ([{"type": "context", "elements": []}], "hi", "0 elements"),
        ([actions()], "hi", "0 elements"),
        ([actions(button(), button())], "hi", "action_id is used twice"),
        ([actions(button(action_id=""))], "hi", "action_id"),
        ([actions(button(style="loud"))], "hi", "style"),
        ([actions(button(value="x" * 2_001))], "hi", "value"),
        ([actions(button(confirm={"title": {"type": "plain_text", "text": "x" * 101}}))], "hi", "longer than 100"),
    ],
)
def test_what_must_not_leave_is_refused_with_the_reason(blocks, text, why):
    with pytest.raises(Refused, match=why):
        validate_message(blocks, text)
