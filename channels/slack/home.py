"""An Overview as the app's home tab: every text literal, at most a hundred blocks. Pure."""

from collections.abc import Iterator

from channels.base import Overview, Row
from channels.slack.links import Element
from channels.slack.render import literal
from channels.slack.views import actions_rows, plain_text

MOST_BLOCKS = 100
LONGEST_ROW = 600
LONGEST_FOOTER = 300


def home_view(overview: Overview) -> Element:
    """The home tab; lists that do not fit say how much is left out."""
    blocks: list[Element] = [{"type": "header", "text": plain_text(overview.title, 150)}]
    blocks += actions_rows(overview.buttons)
    for heading, rows in overview.sections:
        room = (MOST_BLOCKS - len(blocks) - 4) // 2
        blocks += _section(heading, rows, max(0, room))
    if overview.footer:
        blocks.append({"type": "context", "elements": [plain_text(overview.footer, LONGEST_FOOTER)]})
    return {"type": "home", "blocks": blocks[:MOST_BLOCKS]}


def _section(heading: str, rows: tuple[Row, ...], room: int) -> Iterator[Element]:
    yield {"type": "divider"}
    yield {"type": "header", "text": plain_text(f"{heading} ({len(rows)})", 150)}
    for row in rows[:room]:
        yield literal(row.text[:LONGEST_ROW])
        yield from actions_rows(row.buttons)
    if len(rows) > room:
        yield literal(f"… and {len(rows) - room} more")
