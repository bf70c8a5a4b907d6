"""Everything the program says in Slack, against the types of Slack's own Node client: an outside witness."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.staff.shortcuts import SHORTCUTS
from channels.cards import Button, Card, Field, Form, Overview, Row
from channels.slack.home import home_view
from channels.slack.manifest import manifest
from channels.slack.render import render
from channels.slack.staff_room import whispered
from channels.slack.views import card_blocks, form_view, linked_card
from tests.journeys import slack_tour
from tests.journeys.slack_desk import SlackDesk, having
from tests.slack_types import Sample, install, wrong

SENT = {
    "chat.postMessage": "Post",
    "chat.update": "Update",
    "views.open": "Open",
    "views.publish": "Publish",
    "assistant.threads.setStatus": "Status",
}
"""What our calls are called in slack_types.HEAD; the other methods send no JSON."""

WORDS = """# Refund

We **did** *it* ~~twice~~ `once`, see [the policy](https://shop.example/policy) & <!channel> <@U1>:

1. one
   - nested
2. two

> quoted **words**

| a | b |
|---|---|
| 1 | 2 |

```
code
```
"""


@pytest.fixture(scope="module")
def types() -> None:
    if missing := install():
        pytest.skip(f"NOT RUN: {missing}")


@pytest.mark.slack_mode("socket")
@having(**slack_tour.SECTIONS)
async def test_slacks_own_types_accept_everything_a_day_at_the_desk_sends(
    types: None, desk: SlackDesk, tmp_path: Path
) -> None:
    stops = [stop async for stop in slack_tour.walk(desk)]
    calls = [call for call in await desk.town.calls() if call["method"] in SENT]

    sent = [sample for call in calls for sample in _samples(call)]
    assert stops == list(slack_tour.STOPS)
    assert {call["method"] for call in calls} == set(SENT)
    assert wrong([*sent, *built()], tmp_path) == []


def test_what_slack_would_not_take_is_seen(types: None, tmp_path: Path) -> None:
    bad = [
        Sample("Blocks", [{"type": "section", "txt": {"type": "plain_text", "text": "x"}}], "a misspelt field"),
        Sample("Blocks", [{"type": "carrousel"}], "no block of Slack's"),
        Sample("Modal", {"type": "modal", "blocks": []}, "a modal without a title"),
        Sample("Manifest", {**manifest("Helpdesk", mode="socket"), "settings": {"socket": True}}, "a wrong setting"),
    ]
    found = wrong(bad, tmp_path)

    assert all(any(line.startswith(sample.name) for line in found) for sample in bad), found


def _samples(call: dict[str, Any]) -> Iterator[Sample]:
    """The call as it was sent, and its blocks once more, strictly."""
    name, args = f"{call['method']} {call['n']}", call["args"]
    yield Sample(SENT[call["method"]], args, name)
    if "blocks" in args:
        yield Sample("Blocks", args["blocks"], name)
    if "view" in args:
        yield Sample("Modal" if call["method"] == "views.open" else "Home", args["view"], name)


def built() -> Iterator[Sample]:
    """What the builders can make besides what happened on that day: every kind of field, everything at its longest."""
    buttons = tuple(
        Button("do", "Do", "v:1:h", style, confirm) for style in ("", "primary", "danger") for confirm in ("", "?")
    )
    source = {"channel": "C0ACME", "thread_ts": "1700000000.000100"}
    url = "https://northwind.slack.com/"
    long = "long words " * 2_000
    card = Card("card_1", long, long, ((long, long),) * 40, long, long, long, buttons, long, None, source)
    for part in (card_blocks(card, url), *render(WORDS, ((long, long),) * 12, "tkt_1"), *render(long)):
        yield Sample("Blocks", part.blocks, "a message of ours")
    yield Sample(
        "Whisper", {"channel": "C1", "user": "U1", **whispered(long, linked_card("C1", "1.2", url))}, "whisper"
    )
    fields = (
        Field("a", long, long, long, long=True),
        Field("b", "b", optional=True),
        Field("c", "c", initial="1", choices=(("1", "One"), ("2", long))),
        Field("d", "d", choices=(("1", "One"),), optional=True),
        Field("e", "e", initial="U0SAM", person=True, optional=True),
    )
    for form in (Form("v", "x", long, "Send", fields, long, WORDS), Form("v", "", "Why?", "", (), long)):
        yield Sample("Modal", form_view(form), form.title[:20])
    rows = tuple(Row(long, buttons, source) for _ in range(60))
    yield Sample("Home", home_view(Overview("Desk", (("All", rows), ("None", ())), buttons, long, long), url), "home")
    for mode in ("socket", "http"):
        made = manifest(
            "Helpdesk", mode=mode, request_url="https://x.example", shortcuts=SHORTCUTS, console_url="https://x.example"
        )
        yield Sample("Manifest", made, f"manifest {mode}")
