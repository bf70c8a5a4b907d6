"""The knowledge grows by what staff approve, and says which answers a changed document overtook."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from agents_team.config import TeamConfig
from agents_team.knowledge import Knowledge
from agents_team.team import Team
from bot.cli import cli
from bot.desk import Desk
from bot.knowledge.drafts import BLANK, ApprovedArticles, propose_from_tickets
from bot.knowledge.index import DeskPassages
from bot.knowledge.news import look_for_changes
from channels.cards import Card
from channels.memory import pressed
from storage.models import Escalation, KnowledgeProposal, Ticket
from tests.desks import hand_in, room_of, rows, settle, slack_of, with_parts, write

NOBODY_KNOWS = "Hi, how do I export the zebra report to Parquet?"
ANSWER = "Open the zebra report, choose Share, then Parquet. It takes about 5 minutes."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "documents"
    made.mkdir()
    (made / "returns.md").write_text("# Returns\n\n## Annual subscriptions\n\nRefunds of annual plans take 14 days.\n")
    return made


@pytest.fixture
async def learning(desk: Desk, folder: Path) -> AsyncIterator[Desk]:
    """A desk whose team searches the desk's own index of `folder`, and the approved articles."""
    knowledge = Knowledge(folder, store=DeskPassages(desk.db), articles=ApprovedArticles(desk.db), look_every=0)
    team = Team(TeamConfig(), desk.shop, knowledge)
    yield with_parts(desk, team=team)
    await team.close()


async def press(desk: Desk, card: Card, verb: str, key: str, **inputs: str) -> None:
    value = next(button.value for button in card.buttons)
    await hand_in(desk, pressed(key, verb, value, at=desk.now(), inputs=inputs))
    await settle(desk)


def card_of(desk: Desk, title: str) -> Card:
    return next(card for card in room_of(desk).cards.values() if title in card.title)


async def proposed(desk: Desk) -> Card:
    await desk.db.write(lambda tx: propose_from_tickets(tx, desk))
    await settle(desk)
    return card_of(desk, "Proposed article")


async def test_a_question_without_an_answer_is_proposed_written_approved_and_quoted(learning: Desk) -> None:
    await write(learning, "t1", "1", NOBODY_KNOWS)
    await settle(learning)
    card = await proposed(learning)
    assert BLANK in card.proposed
    assert card.title.endswith("how do I export the zebra report to Parquet?")

    await press(learning, card, "article_approve", "p1")
    assert "no answer yet" in room_of(learning).whispers[-1][1]
    text = f"# Export the zebra report to Parquet\n\n{ANSWER}"
    await press(learning, card, "article_save", "p2", text=text)
    assert "approved" in card_of(learning, "Export the zebra report").state
    await write(learning, "t2", "2", "How do I export the zebra report to Parquet?", by="T0ACME/U0ALICE")
    await settle(learning)

    said = slack_of(learning).sent[-1]
    assert "choose Share, then Parquet" in said.text
    assert said.citations == (("learned/export-the-zebra-report-to-parquet.md", "Export the zebra report to Parquet"),)


async def test_what_a_colleague_answered_is_proposed_once_without_what_is_personal(learning: Desk) -> None:
    await write(learning, "t1", "1", NOBODY_KNOWS)
    await settle(learning)
    await proposed(learning)
    await write(learning, "t1", "2", "I want to talk to a human")
    await settle(learning)
    asked = card_of(learning, "A person is needed")
    text = f"{ANSWER} I did it for ORD-1001 and wrote to alice@example.com."
    await press(learning, asked, "reply_preview", "p1", text=text)
    form = room_of(learning).forms[-1]
    await hand_in(learning, pressed("p2", form.verb, form.value, at=learning.now(), inputs={"text": text}))
    await settle(learning)

    card = await proposed(learning)
    assert "choose Share, then Parquet" in card.proposed
    assert not any(word in card.proposed for word in (BLANK, "ORD-1001", "alice@example.com"))
    assert not await learning.db.write(lambda tx: propose_from_tickets(tx, learning))
    await press(learning, card, "article_reject", "p3")
    [proposal] = await rows(learning, KnowledgeProposal)
    assert proposal.state == "rejected"


async def test_a_changed_document_lists_the_answers_that_relied_on_it(learning: Desk, folder: Path) -> None:
    await look_for_changes(learning)
    await write(learning, "t1", "1", "How long do refunds of annual subscriptions take?")
    await settle(learning)
    assert "14 days" in slack_of(learning).sent[-1].text

    (folder / "returns.md").write_text(
        "# Returns\n\n## Annual subscriptions\n\nRefunds of annual\nplans take 14 days.\n"
    )
    assert await look_for_changes(learning) == 0, "the same words, wrapped differently"
    (folder / "returns.md").write_text(
        "# Returns\n\n## Annual subscriptions\n\nRefunds of annual plans take 30 days.\n"
    )
    assert await look_for_changes(learning) == 1
    assert await look_for_changes(learning) == 0

    await settle(learning)
    [ticket] = await rows(learning, Ticket)
    [news] = [each for each in await rows(learning, Escalation) if each.cause.startswith("knowledge:")]
    assert "returns.md changed; 1 answers" in news.reason
    assert ticket.id in news.summary
    assert card_of(learning, "returns.md changed")


async def test_staff_move_a_ticket_from_its_card_and_the_router_learns_it_at_once(learning: Desk) -> None:
    text = "my flux capacitor hums so loudly"
    await write(learning, "t1", "1", f"{text}, a person please")
    await settle(learning)
    card = card_of(learning, "A person is needed")

    await press(learning, card, "lane_move", "m1")
    assert ("technical", "technical") in room_of(learning).forms[-1].fields[0].choices
    await press(learning, card, "lane_move_to", "m2", lane="technical")

    [ticket] = await rows(learning, Ticket)
    assert ticket.lane == "technical"
    assert "answered by technical now" in room_of(learning).whispers[-1][1]


def test_proposals_are_decided_at_the_command_line_too(tmp_path: Path) -> None:
    config = tmp_path / "helpdesk.toml"
    config.write_text(f'[database]\nurl = "sqlite:///{tmp_path}/desk.db"\n')
    run = CliRunner().invoke

    found = run(cli, ["knowledge", "search", "how long do refunds take", "--config", str(config)])
    assert "return-policy.md" in found.output
    refused = run(cli, ["knowledge", "approve", "kpr_nothing", "--config", str(config)])
    assert refused.exit_code == 1
    assert "There is no proposal kpr_nothing" in refused.output
    assert run(cli, ["knowledge", "stale", "--json", "--config", str(config)]).output.strip() == "[]"
