"""A Card as Slack blocks: every text literal, every length kept, what the model said marked as such. Pure."""

import re
from collections.abc import Iterator

from channels.base import Json
from channels.cards import Button, Card, Field, Form
from channels.moments import Moment
from channels.slack.clicks import ACTION_PREFIX
from channels.slack.escape import cut, escaped
from channels.slack.gate import characters
from channels.slack.links import Element, date_element, link_element, target_of, text_element
from channels.slack.render import Part, literal, rich_text

LONGEST_TITLE = 150
LONGEST_STATE = 300
LONGEST_LABEL = 60
LONGEST_FACT = 400
ROOM_FOR_FACTS = 3_000
LONGEST_QUOTE = 2_000
LONGEST_PROPOSED = 1_200
LONGEST_VERDICT = 800
LONGEST_FOOTER = 300
LONGEST_FORM_TITLE = 24
LONGEST_INPUT_LABEL = 150
LONGEST_INPUT = 1_000
LONGEST_TYPED = 3_000
LONGEST_NOTE = 2_500
MOST_SHOWN = 60
MOST_CHOICES = 100
LONGEST_BUTTON = 75
LONGEST_CONFIRM = 200
BUTTONS_A_ROW = 25
MOST_BUTTONS = 8
ROOM = 9_900
SHORTEST_QUOTE = 200
STYLES = ("primary", "danger")
USER = re.compile(r"[UW][A-Z0-9]{2,20}")
TS = re.compile(r"\d{1,12}\.\d{1,9}")


def card_blocks(card: Card, workspace_url: str = "") -> Part:
    """The card, with whatever is too long cut at "…"; at most 10,000 characters in all.

    With the workspace's address the card links to the conversation in Slack it is about.

    The requester's words and the model's sentence are each under their own heading, so that neither
    can pass for a fact. Buttons come back as `Clicked` with their verb and value.
    """
    head = [
        {"type": "header", "text": plain_text(card.title or "Card", LONGEST_TITLE)},
        _rich([*_head(card), *link_to(card.source, workspace_url)]),
    ]
    tail = [
        *(
            [_rich(_words(f"Proposed by {cut(card.proposed_by, LONGEST_LABEL)}", card.proposed, LONGEST_PROPOSED))]
            if card.proposed
            else []
        ),
        *([_rich([_line("Verdict", card.verdict, LONGEST_VERDICT)])] if card.verdict else []),
        *actions_rows(card.buttons[:MOST_BUTTONS]),
        *([{"type": "context", "elements": [plain_text(card.footer, LONGEST_FOOTER)]}] if card.footer else []),
    ]
    # The rest is bounded; a long story of the requester gives way to it.
    room = max(SHORTEST_QUOTE, min(LONGEST_QUOTE, ROOM - characters([*head, *tail])))
    quote = [_rich(_words("Customer wrote", card.quote, room))] if card.quote else []
    blocks = [*head, *quote, *tail]
    return Part(blocks, escaped(cut(f"{card.title}: {card.state}", 1_000)))


def _head(card: Card) -> list[Element]:
    lines = [_line("Status", card.state or "—", LONGEST_STATE)]
    room = ROOM_FOR_FACTS
    for number, (label, value) in enumerate(card.facts):
        line = _line(cut(label, LONGEST_LABEL), value or "—", LONGEST_FACT)
        room -= characters(line)
        if room < 0:
            lines.append(_line("…", f"{len(card.facts) - number} more facts: see the ticket", LONGEST_FACT))
            break
        lines.append(line)
    return lines


def linked_card(channel: str, ts: str, workspace_url: str) -> list[Element]:
    """A block with a link to a card in the staff channel; none when we cannot make one."""
    lines = list(_linked(channel, ts, workspace_url, "Open the newest card"))
    return [_rich(lines)] if lines else []


def link_to(source: Json, workspace_url: str) -> Iterator[Element]:
    """Our own link to the thread; only ids we understand go into it."""
    channel, ts = str(source.get("channel") or ""), str(source.get("thread_ts") or "")
    return _linked(channel, ts, workspace_url, "Open the conversation")


def _linked(channel: str, ts: str, workspace_url: str, label: str) -> Iterator[Element]:
    """Our own link to a message; only ids we understand go into it."""
    target = target_of(f"{workspace_url}archives/{channel}/p{ts.replace('.', '')}")
    if workspace_url and channel.isalnum() and TS.fullmatch(ts) and target is not None:
        yield {"type": "rich_text_section", "elements": [link_element(target, label, {})]}


def _line(label: str, value: str, limit: int) -> Element:
    shown = [date_element(value), text_element("\n", {})] if isinstance(value, Moment) else []
    return {
        "type": "rich_text_section",
        "elements": [
            text_element(f"{label}: ", {"bold": True}),
            *(shown or [text_element(f"{cut(value, limit)}\n", {})]),
        ],
    }


def _words(heading: str, words: str, limit: int) -> list[Element]:
    return [
        {"type": "rich_text_section", "elements": [text_element(heading, {"italic": True})]},
        {"type": "rich_text_quote", "elements": [text_element(cut(words, limit) or " ", {})]},
    ]


def actions_rows(buttons: tuple[Button, ...]) -> Iterator[Element]:
    """Rows of buttons; action ids must differ within a row, so a verb used again gets a number."""
    for start in range(0, len(buttons), BUTTONS_A_ROW):
        row = buttons[start : start + BUTTONS_A_ROW]
        used: dict[str, int] = {}
        elements = []
        for button in row:
            used[button.verb] = used.get(button.verb, 0) + 1
            elements.append(_button(button, used[button.verb]))
        yield {"type": "actions", "elements": elements}


def _button(button: Button, number: int) -> Element:
    again = f"#{number}" if number > 1 else ""
    element: Element = {
        "type": "button",
        "text": plain_text(button.label, LONGEST_BUTTON),
        "action_id": f"{ACTION_PREFIX}{button.verb}{again}",
        "value": button.value,
    }
    if button.style in STYLES:
        element["style"] = button.style
    if button.confirm:
        element["confirm"] = {
            "title": plain_text("Are you sure?", 100),
            "text": plain_text(button.confirm, LONGEST_CONFIRM),
            "confirm": plain_text(button.label, 30),
            "deny": plain_text("Go back", 30),
        }
    return element


def form_view(form: Form) -> Element:
    """The form as a modal; submitting it comes back as `Clicked` with the form's verb and value.

    A form without `submit` only tells, and can only be closed.
    """
    note = [literal(cut(form.note, LONGEST_NOTE))]
    elements = rich_text(form.shown)[:MOST_SHOWN]
    shown = [{"type": "divider"}, _rich(elements), {"type": "divider"}] if elements else []
    view: Element = {
        "type": "modal",
        "callback_id": f"{ACTION_PREFIX}{form.verb}",
        "private_metadata": form.value,
        "title": plain_text(form.title, LONGEST_FORM_TITLE),
        "close": plain_text("Go back" if form.submit else "Close", LONGEST_FORM_TITLE),
        "blocks": [
            *(note if form.note else []),
            *shown,
            *(_input(field) for field in form.fields),
        ],
    }
    if form.submit:
        view["submit"] = plain_text(form.submit, LONGEST_FORM_TITLE)
    return view


def _input(field: Field) -> Element:
    block: Element = {
        "type": "input",
        "block_id": f"{ACTION_PREFIX}{field.name}",
        "label": plain_text(field.label, LONGEST_INPUT_LABEL),
        "optional": field.optional,
        "element": _person(field) if field.person else _choice(field) if field.choices else _typed(field),
    }
    if field.hint:
        block["hint"] = plain_text(field.hint, LONGEST_INPUT_LABEL)
    return block


def _typed(field: Field) -> Element:
    limit = LONGEST_TYPED if field.long else LONGEST_INPUT
    element: Element = {
        "type": "plain_text_input",
        "action_id": f"{ACTION_PREFIX}{field.name}",
        "multiline": field.long,
        "max_length": limit,
    }
    if field.initial:
        element["initial_value"] = cut(field.initial, limit)
    return element


def _choice(field: Field) -> Element:
    """One of at most a hundred: more than that nobody reads in a menu."""
    options = [{"text": plain_text(label, 75), "value": value} for value, label in field.choices[:MOST_CHOICES]]
    element: Element = {"type": "static_select", "action_id": f"{ACTION_PREFIX}{field.name}", "options": options}
    chosen = next((option for option in options if option["value"] == field.initial), None)
    return {**element, "initial_option": chosen} if chosen else element


def _person(field: Field) -> Element:
    """Slack's own list of people, with search; it holds others' people too, so whoever reads the choice checks it."""
    element: Element = {"type": "users_select", "action_id": f"{ACTION_PREFIX}{field.name}"}
    return {**element, "initial_user": field.initial} if USER.fullmatch(field.initial) else element


def _rich(elements: list[Element]) -> Element:
    return {"type": "rich_text", "elements": elements}


def plain_text(text: str, limit: int) -> Element:
    return {"type": "plain_text", "text": cut(text, limit) or " ", "emoji": False}
