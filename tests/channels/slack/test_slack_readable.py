"""Slack's text codes become what a person would read."""

import pytest

from channels.slack.readable import mentioned, readable, without_leading_mention

NAMES = {"U1": "Ann", "W2": "Bob"}


@pytest.mark.parametrize(
    ("coded", "read"),
    [
        ("plain", "plain"),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("<@U1> and <@W2>", "@Ann and @Bob"),
        ("<@U9>", "@U9"),
        ("<@U9|nina>", "@nina"),
        ("<#C1|general> <#C2>", "#general #C2"),
        ("<!here> <!channel> <!everyone|everyone>", "@here @channel @everyone"),
        ("<!subteam^S1|@support> <!subteam^S2>", "@support @S2"),
        ("<!date^1700000000^{date}|14 Nov 2023>", "14 Nov 2023"),
        ("<https://a.example/x>", "https://a.example/x"),
        ("<https://a.example/x|a.example/x>", "https://a.example/x"),
        ("<https://a.example/?a=1&amp;b=2|here>", "here (https://a.example/?a=1&b=2)"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<mailto:a@b.example|write me>", "write me (a@b.example)"),
        ("<tel:+4912|+4912>", "+4912"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<>", "<>"),
        ("<odd>", "<odd>"),
        # What somebody typed as text never becomes a code.
        ("&lt;@U1&gt; &lt;!channel&gt;", "<@U1> <!channel>"),
        ("&amp;lt; &copy;", "&lt; &copy;"),
    ],
)
def test_codes_are_read(coded, read):
    assert readable(coded, NAMES) == read


def test_mentions_are_found_only_where_slack_made_them():
    assert mentioned("<@U1> <@W2|bob> &lt;@U3&gt; @U4") == {"U1", "W2"}


@pytest.mark.parametrize("text", ["<@UBOT> hi", "<@UBOT>, hi", "  <@UBOT|help>: hi", "hi"])
def test_calling_the_bot_is_not_part_of_what_is_said(text):
    assert without_leading_mention(text, "UBOT") == "hi"


def test_calling_somebody_else_is():
    assert without_leading_mention("<@U1> hi", "UBOT") == "<@U1> hi"
