"""One walk through everything staff and customers can be shown in Slack; tests look at what Slack was sent on it."""

from collections.abc import AsyncIterator
from typing import Any

from tests.journeys.slack_desk import ACME, ALICE, BOT, NIA, ORDER, SAM, STAFF, SlackDesk

HALL = "C0HALL"
PERSON = "I want to talk to a human please"
REFUND = "Please refund order ORD-1002, I was charged twice."
SECTIONS: dict[str, Any] = {"replies": {"channels": {HALL: {"mode": "draft"}}}}
"""Settings with which the walk meets every kind of card."""

STOPS = (
    "answer", "refund-card", "deny", "change", "ask", "home-approvals", "done-card", "person-card", "reply", "preview",
    "why", "specialist", "look-after", "home", "draft-card", "article-card", "article", "edited-card", "invited-card",
    "command",
)  # fmt: skip


async def walk(desk: SlackDesk) -> AsyncIterator[str]:
    """Do all of it; yields the name of each stop while what it is about is on SAM's screen."""
    async for stop in _money(desk):
        yield stop
    async for stop in _people(desk):
        yield stop
    async for stop in _drafts_and_knowledge(desk):
        yield stop
    async for stop in _places(desk):
        yield stop


async def _money(desk: SlackDesk) -> AsyncIterator[str]:
    question = await desk.town.say(ACME, ALICE, ORDER)
    await desk.answered(question)
    yield "answer"
    await desk.town.say(ACME, ALICE, REFUND)
    card = await desk.card("efund", saying="pending")
    yield "refund-card"
    for verb, title, stop in (
        ("deny_form", "Deny", "deny"),
        ("amend_form", "Change", "change"),
        ("ask_form", "Ask the customer", "ask"),
    ):
        await desk.press(SAM, card, verb)
        form = await desk.modal(SAM, title)
        yield stop
        await desk.town.act("close", user=SAM, view_id=form["id"])
    await home(desk, "Waiting for a decision (1)")
    yield "home-approvals"
    await desk.press(SAM, await desk.card("efund", saying="pending"), "approve")
    await desk.card("efund", saying="done")
    yield "done-card"


async def _people(desk: SlackDesk) -> AsyncIterator[str]:
    await command(desk, "canned save closing Is there anything else we can do for you?")
    question = await desk.town.say(ACME, ALICE, PERSON)
    card = await desk.card("A person is needed")
    await desk.answered(question)
    yield "person-card"
    await desk.press(SAM, card, "reply")
    form = await desk.modal(SAM, "Reply to customer")
    yield "reply"
    await desk.submit(SAM, form["id"], text="We are **on it**:\n\n1. a new one leaves today\n2. `1Z999` is its number")
    preview = await desk.modal(SAM, "Send this?")
    yield "preview"
    await desk.town.act("close", user=SAM, view_id=preview["id"])
    for verb, title, stop in (
        ("ticket_explain", "Why?", "why"),
        ("lane_move", "Other specialist", "specialist"),
        ("tend", "Look after it", "look-after"),
    ):
        await desk.press(SAM, card, verb)
        form = await desk.modal(SAM, title)
        yield stop
        await desk.town.act("close", user=SAM, view_id=form["id"])
    await home(desk, "Waiting for a person (1)")
    yield "home"


async def _drafts_and_knowledge(desk: SlackDesk) -> AsyncIterator[str]:
    await desk.town.add_channel(id=HALL, name="hall", teams=["T0NORTHWIND", "T0ACME"], members=[ALICE, SAM, BOT])
    await desk.town.say(HALL, ALICE, ORDER)
    await desk.card("Draft answer", saying="waiting for you")
    yield "draft-card"
    question = await desk.town.say(ACME, ALICE, "Does the dock charge my laptop while it sleeps?")
    await desk.answered(question)
    await desk.town.shortcut(SAM, "knowledge_add", ACME, question)
    card = await desk.card("Proposed article")
    yield "article-card"
    await desk.press(SAM, card, "article_edit")
    form = await desk.modal(SAM, "Edit the article")
    yield "article"
    await desk.town.act("close", user=SAM, view_id=form["id"])


async def _places(desk: SlackDesk) -> AsyncIterator[str]:
    question = await desk.town.say(ACME, ALICE, ORDER)
    await desk.answered(question)
    await desk.town.edit(ACME, ALICE, question, "Where is my order ORD-1003?")
    await desk.card("edited a message")
    yield "edited-card"
    await desk.town.act("join", channel="C0WATER", user=BOT)
    await desk.card("invited into a channel")
    yield "invited-card"
    await command(desk, "help")
    await desk.town.say(STAFF, NIA, "lunch?")
    yield "command"


async def command(desk: SlackDesk, text: str) -> None:
    """Type it after /helpdesk and wait for the answer."""
    before = len(await desk.town.ephemerals(SAM))
    await desk.town.slash(STAFF, SAM, "/helpdesk", text)
    await desk.until(lambda: desk.town.ephemerals(SAM), lambda seen: len(seen) > before)


async def home(desk: SlackDesk, saying: str) -> None:
    """Open the home tab and wait until it says so."""
    await desk.town.home(SAM)
    await desk.town.until(lambda world: saying in str(world["homes"].get(SAM)))
