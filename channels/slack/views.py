"""A Card as Slack blocks: every text literal, every length kept, what the model said marked as such. Pure."""

from collections.abc import Iterator

from channels.base import Button, Card
from channels.slack.clicks import ACTION_PREFIX
from channels.slack.escape import cut, escaped
from channels.slack.links import Element, text_element
from channels.slack.render import Part

LONGEST_TITLE = 150
LONGEST_STATE = 300
LONGEST_LABEL = 60
LONGEST_FACT = 400
ROOM_FOR_FACTS = 3_000
LONGEST_QUOTE = 2_000
LONGEST_PROPOSED = 1_200
LONGEST_VERDICT = 800
LONGEST_FOOTER = 300
LONGEST_BUTTON = 75
LONGEST_CONFIRM = 300
BUTTONS_A_ROW = 25
STYLES = ("primary", "danger")


def card_blocks(card: Card) -> Part:
    """The card, with whatever is too long cut at "…"; at most 10,000 characters in all.

    The requester's words and the model's sentence are each under their own heading, so that neither
    can pass for a fact. Buttons come back as `Clicked` with their verb and value.
    """
    blocks = [
        {"type": "header", "text": _plain(card.title or "Card", LONGEST_TITLE)},
        _rich(_head(card)),
        *([_rich(_words("Customer wrote", card.quote, LONGEST_QUOTE))] if card.quote else []),
        *([_rich(_words("Proposed by AI", card.proposed, LONGEST_PROPOSED))] if card.proposed else []),
        *([_rich([_line("Verdict", card.verdict, LONGEST_VERDICT)])] if card.verdict else []),
        *_rows(card.buttons),
    ]
    if card.footer:
        blocks.append({"type": "context", "elements": [_plain(card.footer, LONGEST_FOOTER)]})
    return Part(blocks, escaped(cut(f"{card.title}: {card.state}", 1_000)))


def _head(card: Card) -> list[Element]:
    lines = [_line("Status", card.state or "—", LONGEST_STATE)]
    room = ROOM_FOR_FACTS
    for number, (label, value) in enumerate(card.facts):
        line = _line(cut(label, LONGEST_LABEL), value or "—", LONGEST_FACT)
        room -= sum(len(element["text"]) for element in line["elements"])
        if room < 0:
            lines.append(_line("…", f"{len(card.facts) - number} more facts: see the ticket", LONGEST_FACT))
            break
        lines.append(line)
    return lines


def _line(label: str, value: str, limit: int) -> Element:
    return {
        "type": "rich_text_section",
        "elements": [text_element(f"{label}: ", {"bold": True}), text_element(f"{cut(value, limit)}\n", {})],
    }


def _words(heading: str, words: str, limit: int) -> list[Element]:
    return [
        {"type": "rich_text_section", "elements": [text_element(heading, {"italic": True})]},
        {"type": "rich_text_quote", "elements": [text_element(cut(words, limit) or " ", {})]},
    ]


def _rows(buttons: tuple[Button, ...]) -> Iterator[Element]:
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
        "text": _plain(button.label, LONGEST_BUTTON),
        "action_id": f"{ACTION_PREFIX}{button.verb}{again}",
        "value": button.value,
    }
    if button.style in STYLES:
        element["style"] = button.style
    if button.confirm:
        element["confirm"] = {
            "title": _plain("Are you sure?", 100),
            "text": _plain(button.confirm, LONGEST_CONFIRM),
            "confirm": _plain(button.label, 30),
            "deny": _plain("Go back", 30),
        }
    return element


def _rich(elements: list[Element]) -> Element:
    return {"type": "rich_text", "elements": elements}


def _plain(text: str, limit: int) -> Element:
    return {"type": "plain_text", "text": cut(text, limit) or " ", "emoji": False}
