"""Markdown becomes rich_text that cannot ping, format by accident or disguise a link."""

import json
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.slack.gate import validate_message
from channels.slack.links import target_of
from channels.slack.render import render, rich_text


def elements(markdown):
    (part,) = render(markdown)
    return part.blocks[0]["elements"]


def texts(markdown):
    return [element for block in elements(markdown) for element in block["elements"]]


def walk(value):
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from walk(one)
    elif isinstance(value, list):
        for one in value:
            yield from walk(one)


def test_marks_become_styles():
    assert texts("a **b** *c* ~~d~~ `e`") == [
        {"type": "text", "text": "a "},
        {"type": "text", "text": "b", "style": {"bold": True}},
        {"type": "text", "text": " "},
        {"type": "text", "text": "c", "style": {"italic": True}},
        {"type": "text", "text": " "},
        {"type": "text", "text": "d", "style": {"strike": True}},
        {"type": "text", "text": " "},
        {"type": "text", "text": "e", "style": {"code": True}},
    ]


def test_headings_are_bold_and_paragraphs_are_apart():
    assert texts("# Title\n\none\ntwo\n\nthree") == [
        {"type": "text", "text": "Title", "style": {"bold": True}},
        {"type": "text", "text": "\n\none\ntwo\n\nthree"},
    ]


def said(block):
    return "".join(element["text"] for element in block["elements"])


def test_nested_lists_keep_indent_and_numbers():
    first, nested, rest = elements("1. a\n   - b\n   - c\n2. d\n3. e")

    assert (nested["style"], nested["indent"], len(nested["elements"])) == ("bullet", 1, 2)
    assert (said(first), said(rest)) == ("1. a", "2. d\n3. e")


def test_an_uninterrupted_list_is_numbered_by_slack():
    (block,) = elements("1. a\n2. b")
    assert (block["type"], block["style"], len(block["elements"])) == ("rich_text_list", "ordered", 2)


def test_a_list_may_start_at_any_number_and_hold_code():
    first, code, second = elements("5. a\n\n   ```\n   x = 1\n   ```\n6. b")

    assert (said(first), said(second)) == ("5. a", "6. b")
    assert code == {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x = 1"}]}


def test_nothing_is_sent_that_slacks_own_type_definitions_do_not_know():
    found = elements("3. a\n4. b\n   1. c\n\n      > d\n   2. e\n\n1. f\n2. g\n\n- h")
    lists = [one for one in walk(found) if one.get("type") == "rich_text_list"]
    assert all(set(one) <= {"type", "style", "indent", "border", "elements"} for one in lists)


def test_code_is_kept_to_the_letter():
    (block,) = elements("```html\n<!channel> &amp; *x*\n  y\n```")
    assert block["elements"] == [{"type": "text", "text": "<!channel> &amp; *x*\n  y"}]


def test_quotes_and_tables_are_readable():
    quote, table = elements("> said\n> - this\n\n| a | long |\n|---|---|\n| 1 | 2 |")

    assert quote == {"type": "rich_text_quote", "elements": [{"type": "text", "text": "said\n• this"}]}
    assert table["elements"][0]["text"] == "a  long\n-  ----\n1  2"


@pytest.mark.parametrize(
    "shout",
    [
        "<!channel>",
        "<!here|here>",
        "&lt;!everyone&gt;",
        "@channel",
        "<@U123>",
        "<!subteam^S1>",
        "<#C1>",
        "\\<!channel>",
    ],
)
def test_nothing_pings(shout):
    (part,) = render(f"Dear {shout}, **{shout}**\n\n- {shout}\n\n> {shout}")

    kinds = {element["type"] for element in walk(part.blocks) if "type" in element}
    assert kinds <= {"rich_text", "rich_text_section", "rich_text_list", "rich_text_quote", "text"}
    assert "<" not in part.text


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("[https://a.example/x](https://a.example/x)", [("https://a.example/x", None)]),
        ("[a.example](https://a.example/)", [("https://a.example/", None)]),
        ("<https://a.example/x>", [("https://a.example/x", None)]),
        ("see https://a.example/x.", ["see ", ("https://a.example/x", None), "."]),
        ("(https://a.example/b_(c))", ["(", ("https://a.example/b_(c)", None), ")"]),
        ("[docs](https://a.example/x)", [("https://a.example/x", "docs"), " (a.example)"]),
        ("[docs at a.example](https://a.example/x)", [("https://a.example/x", "docs at a.example")]),
        # The label names another host: it is not the link, the address is.
        ("[https://b.example](https://evil.example)", ["https://b.example (", ("https://evil.example", None), ")"]),
        ("[a.example](https://a.example.evil.example)", ["a.example (", ("https://a.example.evil.example", None), ")"]),
        ("[write us](mailto:a@b.example?subject=x)", [("mailto:a@b.example", "write us"), " (a@b.example)"]),
        ("<a@b.example>", [("mailto:a@b.example", "a@b.example")]),
        ("![shot](https://a.example/p.png)", [("https://a.example/p.png", "shot"), " (a.example)"]),
        # No link at all: other schemes, user names that pose as hosts, look-alike characters.
        ("[x](http://a.example)", ["x (http://a.example)"]),
        ("[x](ftp://a.example)", ["x (ftp://a.example)"]),
        ("[x](/local)", ["x (/local)"]),
        ("[x](javascript:alert)", ["[x](javascript:alert)"]),
        ("[bank](https://bank.example@evil.example)", ["bank (https://bank.example@evil.example)"]),
        ("`https://a.example`", ["https://a.example"]),
    ],
)  # fmt: skip
def test_a_link_says_where_it_leads(markdown, shown):
    got = [(one["url"], one.get("text")) if one["type"] == "link" else one["text"] for one in texts(markdown)]
    assert got == shown


def test_a_host_in_another_script_is_shown_as_the_resolver_sees_it():
    target = target_of("https://аpple.example/x")
    assert target is not None
    assert target.place == "xn--pple-43d.example"
    assert target.url == "https://xn--pple-43d.example/x"


@pytest.mark.parametrize(
    "url",
    [
        *("https://", "https://a b", "https://a\\@b", "https://a|b", "https://a>b", "https://u:p@a.example"),
        *("https://[x", "https://a:99999", "https://a:0", "https://..", "https://" + "a" * 3000, "HTTPS:a"),
        *("http://a.example", "data:text/html,x", "//a.example", ""),
    ],
)
def test_odd_addresses_are_no_links(url):
    assert target_of(url) is None


def test_direction_overrides_and_control_characters_are_removed():
    assert texts("a\u202egnp.exe\u2066b\x07c") == [{"type": "text", "text": "agnp.exebc"}]


def test_citations_are_a_context_block_of_plain_text():
    (part,) = render("Yes.", [("Refund policy", "Window"), ("<!here>", "")])
    assert part.blocks[-1] == {
        "type": "context",
        "elements": [
            {"type": "plain_text", "text": "1. Refund policy › Window", "emoji": False},
            {"type": "plain_text", "text": "2. <!here>", "emoji": False},
        ],
    }


def test_many_citations_are_counted_not_dropped_silently():
    (part,) = render("Yes.", [(f"Doc {number}", "") for number in range(30)])
    shown = part.blocks[-1]["elements"]
    assert (len(shown), shown[-1]["text"]) == (10, "… and 21 more")


def test_a_long_reply_becomes_numbered_parts_with_every_word_once():
    words = [f"word{number}" for number in range(4_000)]
    parts = render(" ".join(words), [("Doc", "")])

    assert len(parts) == 5
    said = "".join(e["text"] for part in parts for e in walk(part.blocks[0]) if e.get("type") == "text")
    for number in range(1, 6):
        said = said.replace(f"({number}/5)\n", "")
    assert said.split() == words
    assert [len(part.blocks) for part in parts] == [1, 1, 1, 1, 2]


def test_a_long_list_keeps_its_numbers_across_the_cut():
    parts = render("\n".join(f"{number}. {'x' * 300}" for number in range(1, 61)))
    lines = [line for part in parts for block in part.blocks[0]["elements"] for line in said(block).split("\n")]

    assert len(parts) > 1
    assert [line.partition(" ")[0] for line in lines if "x" in line] == [f"{number}." for number in range(1, 61)]


def test_the_fallback_text_is_short_and_never_cut_inside_an_entity():
    (part,) = render("&" * 2_000)
    assert len(part.text) <= 3_900
    assert part.text.replace("&amp;", "") == "…"


def test_nothing_to_say_is_an_error():
    with pytest.raises(ValueError, match="nothing to say"):
        render(" \n ")


def test_text_that_markdown_would_swallow_is_shown():
    assert texts("[note]: https://a.example")[0]["text"].startswith("[note]")


def test_the_same_text_gives_the_same_bytes():
    assert json.dumps([p.blocks for p in render("# a\n- b")]) == json.dumps([p.blocks for p in render("# a\n- b")])


PIECES = st.sampled_from(
    [
        *("<!channel>", "&lt;!here&gt;", "<@U1>", "@here", "&amp;", "[a](", "](https://x.example)", "](javascript:x)"),
        *(
            "https://",
            "![",
            "<https://a.example>",
            "mailto:",
            "**",
            "~~",
            "`",
            "```\n",
            "> ",
            "- ",
            "1. ",
            "\n",
            "\n\n",
        ),
        *("|a|b|\n|-|-|\n", "\\", "\u202e", "\ud800", "\x00", "    "),
    ]
)
MARKDOWN = st.lists(PIECES | st.text(max_size=12), max_size=30).map("".join)


@settings(deadline=None, max_examples=300)
@given(MARKDOWN)
def test_whatever_goes_in_only_text_and_honest_links_come_out(markdown):
    try:
        parts = render(markdown)
    except ValueError:
        assert not rich_text(markdown)
        return
    for part in parts:
        validate_message(part.blocks, part.text)
        assert "<" not in part.text
        for element in walk(part.blocks):
            assert element.get("type") not in ("broadcast", "usergroup", "user", "channel", "mrkdwn")
            if element.get("type") == "link":
                assert urlsplit(element["url"]).scheme in ("https", "mailto")
        json.dumps(part.blocks, ensure_ascii=False).encode()
