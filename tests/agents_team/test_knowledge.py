"""Documents are found by what they say, cited by where they say it, and silent about the rest."""

import os
from pathlib import Path

import pytest

from agents_team.knowledge import Knowledge
from agents_team.knowledge.passages import LONGEST, passages_of


@pytest.mark.parametrize(
    ("question", "document", "section"),
    [
        ("How do I export data to CSV?", "troubleshooting.md", "Export data to CSV"),
        ("I forgot my password", "troubleshooting.md", "Reset your password"),
        ("what is the refund policy for annual subscriptions", "return-policy.md", "Annual subscriptions"),
        ("how many days do I have to return an item", "return-policy.md", "Physical goods"),
        ("how long do refunds take", "return-policy.md", "How long refunds take and how they are paid"),
        ("how much does Pro cost", "pricing-guide.md", "Plans and prices"),
        ("how much is the Pro plan", "pricing-guide.md", "Plans and prices"),
        ("how long does standard delivery take", "shipping.md", "How long delivery takes"),
        ("what does error 429 mean in the API", "troubleshooting.md", "API errors"),
        ("discount for charities", "pricing-guide.md", "Discounts"),
        ("my app is slow", "troubleshooting.md", "The app is slow or does not load"),
        ("do you offer express shipping and what does it cost", "shipping.md", "Shipping costs"),
    ],
)
async def test_the_passage_that_answers_comes_first(
    knowledge: Knowledge, question: str, document: str, section: str
) -> None:
    best = (await knowledge.find(question))[0].passage

    assert (best.document, best.section.split(" > ")[-1]) == (document, section)


@pytest.mark.parametrize(
    "question",
    [
        "what is the weather in Oslo",
        "tell me a joke about penguins",
        "which shipping firm sank",
        "what is the price of gold today",
        "xyzzy",
        "",
        "?",
    ],
)
async def test_what_nobody_wrote_down_is_not_found(knowledge: Knowledge, question: str) -> None:
    assert await knowledge.find(question) == []


async def test_a_changed_file_is_read_again_and_a_deleted_one_forgotten(tmp_path: Path) -> None:
    (tmp_path / "old.md").write_text("# Old\n\nZebras are striped.")
    knowledge = Knowledge(tmp_path, look_every=0)
    assert await knowledge.find("zebras striped")

    (tmp_path / "old.md").unlink()
    (tmp_path / "new.md").write_text("# New\n\nGiraffes are tall.")

    assert await knowledge.find("zebras striped") == []
    [found] = await knowledge.find("tall giraffes")
    (tmp_path / "new.md").write_text("# New\n\nGiraffes are very tall animals.")
    os.utime(tmp_path / "new.md", ns=(1, 1))
    assert (await knowledge.find("tall giraffes"))[0] != found


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Knowledge(tmp_path / "nowhere")


def test_passages_carry_the_path_of_their_headings() -> None:
    text = "---\ntitle: x\n---\n# A\n\nOne.\n\n## B\n\nTwo.\n\n```\n# no heading\n```\n\n# C\n\nThree."

    found = [(passage.section, passage.text) for passage in passages_of("d.md", text)]

    assert found == [("A", "One."), ("A > B", "Two.\n\n```\n# no heading\n```"), ("C", "Three.")]


def test_long_sections_are_cut_between_paragraphs() -> None:
    paragraph = "word " * 60

    found = passages_of("d.md", "# A\n\n" + "\n\n".join([paragraph] * 6))

    assert len(found) > 1
    assert all(len(passage.text) <= LONGEST for passage in found)
