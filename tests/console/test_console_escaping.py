"""Whatever people and models write stays text on every page: no element, no attribute comes of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.responses import Response

from bot.console import charts
from bot.console.actions import Line, Whole
from bot.console.around import Around
from bot.console.page import Visitor
from bot.console.press import Asked
from bot.console.quarantine import Kept
from bot.console.queue import CHANNELS, LISTS, OWNERS, PRIORITIES, Found, Row, Wanted
from bot.console.render import render
from bot.console.run import Trace, _shown
from bot.console.ticket import Said, ShortRun, Story
from channels.cards import Card, Field
from storage.models import (
    Action,
    ActionState,
    Attachment,
    Decision,
    Direction,
    Escalation,
    KnowledgeProposal,
    Message,
    Person,
    Run,
    Step,
    StepKind,
    Ticket,
)
from tests.console.browsing import Page

AT = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
BREAKING = "<>&\"'/=`{}%#;-!\\\n\t\0\u202e abcdefghijklmnopqrstuvwxyz"
KNOWN = st.sampled_from(
    ["</div><script>x</script>", '" onfocus="x', "</textarea>", "</title>", "<!--", "{{ 7*7 }}", "{% raw %}",
     "&lt;b&gt;", "</svg><img src=x onerror=x>", "javascript:x", "]]>", "'><a href=x>"]
)  # fmt: skip
NASTY = st.builds(lambda one, two: f"x{one}{two}", st.text(BREAKING, max_size=40) | st.text(max_size=40), KNOWN)


def page(template: str, **values: Any) -> Page:
    """The page as a browser takes it apart."""
    around = {"around": Around(["all"], 1, 1, 1), "desk_name": "Desk", "here": "/console", "now": AT}
    visitor = Visitor("T1/U1", "Sam", "secret", True)
    answer: Response = render(template, **{**around, "visitor": visitor, "title": "t", **values})
    return Page(bytes(answer.body).decode("utf-8", "surrogatepass"))


def message(text: str, direction: Direction) -> Message:
    return Message(
        id=f"msg_{direction}", ticket_id="tkt_1", direction=direction, channel="mail", role="requester", text=text,
        author_name=text, full_text=f"whole {text}", sent_at=AT, created_at=AT, trust=0, run_id="run_1",
        facts={"citations": [{"document": text, "section": text, "passage": text}]},
    )  # fmt: skip


def ticket(text: str) -> Ticket:
    return Ticket(
        id="tkt_1", channel="mail", thread_key="t", requester_id="psn_1", subject=text, reply_to={}, created_at=AT,
        updated_at=AT, tags=[text], owner=text, customer_id=text,
    )  # fmt: skip


def action(text: str) -> Action:
    return Action(
        id="act_1", ticket_id="tkt_1", kind="refund", terms={text: text}, terms_hash="h", facts={"a": text},
        verdict={"for_staff": text}, state=ActionState.PENDING, created_at=AT, decided_by=text,
    )  # fmt: skip


def of_ticket(text: str) -> Page:
    file = Attachment(id="att_1", message_id="m", filename=text, content_type=text, size=1, sha256="s", note=text)
    run = Run(id="run_1", ticket_id="tkt_1", newest_message_id="m", route=[text], started_at=AT)
    story = Story(ticket(text), Person(name=text, created_at=AT), text, [text])
    story.said = [Said(message(text, direction), [file]) for direction in Direction]
    story.runs, story.actions = [ShortRun(run, [text])], [(action(text), text)]
    story.escalations = [Escalation(id="esc_1", cause="c", reason=text, summary=text, created_at=AT)]
    story.related = [ticket(text)]
    return page("ticket.html", story=story, did=text)


def of_run(text: str) -> Page:
    run = Run(
        id="run_1", ticket_id="tkt_1", newest_message_id="m", route=[text], note=text, handled_by=text, started_at=AT
    )
    said = {"type": "message", "content": [{"text": text}]}
    called = {"type": "function_call", "name": text, "arguments": text}
    steps = [
        Step(
            id="stp_1", run_id="r", kind=StepKind.MODEL, agent=text, name=text, at=AT, data={"output": [said, called]}
        ),
        Step(id="stp_2", run_id="r", kind=StepKind.TOOL, name=text, at=AT, data={"arguments": text, "result": text}),
        Step(id="stp_3", run_id="r", kind=StepKind.HANDOFF, name=text, at=AT, data={"reason": text, "ids": [text]}),
        Step(id="stp_4", run_id="r", kind=StepKind.GUARDRAIL, name=text, at=AT, data={"draft": text}),
    ]
    sent = message(text, Direction.OUTBOUND)
    trace = Trace(run, ticket(text), [sent], [_shown(step) for step in steps], [sent], [(action(text), text)])
    return page("run.html", trace=trace)


def of_action(text: str) -> Page:
    card = Card("k", text, text, ((text, text),), text, text, text, (), text)
    decision = Decision(verb=text, by=text, by_name=text, won=True, source="s", answer=text, reason=text, at=AT)
    fields = (
        Field("a", text, text, text),
        Field("b", text, text, long=True),
        Field("c", text, choices=((text, text),)),
    )
    form = Asked("deny", "act_1:1:h", text, "danger", text, fields, text)
    whole = Whole(action(text), card, [decision], action(text), [form], decision)
    return page("action.html", whole=whole, press="p")


def of_lists(text: str) -> Page:
    row = Row(ticket(text), text, text, text, timedelta(hours=1))
    choices = {"lists": LISTS, "channels": CHANNELS, "owners": OWNERS, "priorities": PRIORITIES}
    shown = page("queue.html", wanted=Wanted(words=text, after=text), found=Found([row], text, AT), **choices)
    proposal = KnowledgeProposal(id="kpr_1", source="s", text=text, by=text, at=AT)
    for more in (
        page("actions.html", found=[Line(action(text), text)], everything=False, more=text),
        page("quarantine.html", found=[Kept("dlv_1", text, AT, text, 5)], more=True, again=text),
        page("knowledge.html", found=[(proposal, text)], more="", state="open", states={"open": "Open"}, done=text),
        page("told.html", title=text, words=text),
    ):
        shown.elements += more.elements
    return shown


def of_charts(text: str) -> Page:
    drawn = charts.bars(text, text, [(text, (1, 2))], [text]) + charts.lines(
        "n", text, [text], [charts.Line(text, [1])], unit=text
    )
    return Page(str(drawn))


@settings(max_examples=25, deadline=None)
@given(text=NASTY)
def test_no_words_become_elements_or_attributes(text: str) -> None:
    for make in (of_ticket, of_run, of_action, of_lists, of_charts):
        plain, nasty = make("word"), make(text)
        shape = [(tag, sorted(given)) for tag, given in plain.elements]
        assert [(tag, sorted(given)) for tag, given in nasty.elements] == shape, make.__name__
        links = [given["href"] for tag, given in nasty.elements if tag == "a"]
        assert [link for link in links if not link.startswith(("/console", "#"))] == []


def test_no_template_turns_escaping_off() -> None:
    from importlib.resources import files

    folder = files("bot.console").joinpath("templates")
    texts = {file.name: file.read_text("utf-8") for file in folder.iterdir()}

    assert len(texts) > 10
    assert [name for name, text in texts.items() if "|safe" in text.replace(" ", "") or "autoescape" in text] == []
    assert [name for name, text in texts.items() if "<script" in text or " style=" in text or " onclick" in text] == []
