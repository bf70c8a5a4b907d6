"""An Overview as the app's home tab: every text literal, at most a hundred blocks. Pure."""

from collections.abc import Iterator

from channels.cards import Overview, Row
from channels.slack.escape import cut
from channels.slack.links import Element, date_element, text_element
from channels.slack.views import actions_rows, link_to, plain_text

MOST_BLOCKS = 100
LONGEST_ROW = 600
LONGEST_FOOTER = 300


def home_view(overview: Overview, workspace_url: str = "") -> Element:
    """The home tab; lists that do not fit say how much is left out. Rows link to their messages in the workspace."""
    blocks: list[Element] = [{"type": "header", "text": plain_text(overview.title, 150)}]
    if notice := cut(overview.notice, LONGEST_ROW).strip():
        blocks.append(_line([text_element(notice, {"bold": True})]))
    blocks += actions_rows(overview.buttons)
    for heading, rows in overview.sections:
        room = (MOST_BLOCKS - len(blocks) - 4) // 2
        blocks += _section(heading, rows, max(0, room), workspace_url)
    if overview.footer:
        blocks.append({"type": "context", "elements": [plain_text(overview.footer, LONGEST_FOOTER)]})
    return {"type": "home", "blocks": blocks[:MOST_BLOCKS]}


def _section(heading: str, rows: tuple[Row, ...], room: int, workspace_url: str) -> Iterator[Element]:
    yield {"type": "divider"}
    yield {"type": "header", "text": plain_text(heading, 150)}
    for row in rows[:room]:
        yield _row(row, workspace_url)
        yield from actions_rows(row.buttons)
    if len(rows) > room:
        yield _line([text_element(f"… and {len(rows) - room} more", {})])


def _row(row: Row, workspace_url: str) -> Element:
    """The first line in bold, the rest below it, what is due when, and where to read it all."""
    first, _, rest = (cut(row.text, LONGEST_ROW).strip() or "…").partition("\n")
    parts = [text_element(first, {"bold": True}), *([text_element(f"\n{rest}", {})] if rest else [])]
    links = [link for section in link_to(row.source, workspace_url) for link in section["elements"]]
    for label, moment in row.times:
        parts += [text_element(f"\n{label} ", {}), date_element(moment)]
    return _line([*parts, *([text_element("\n", {}), *links] if links else [])])


def _line(elements: list[Element]) -> Element:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}
