"""What every home of passages promises: memory, SQLite (FTS5) and PostgreSQL (tsvector) find the same."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agents_team.config import SAMPLE_KNOWLEDGE
from agents_team.knowledge import Knowledge, Passage, PassageStore
from agents_team.knowledge.memory_store import MemoryPassages
from agents_team.knowledge.store import indexed
from bot.knowledge.index import DeskPassages
from storage.open import open_storage


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[PassageStore]:
    if request.param == "memory":
        yield MemoryPassages()
        return
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    opened = await open_storage(url)
    yield DeskPassages(opened.db)
    await opened.close()


ANSWERS = (
    ("How do I export data to CSV?", "troubleshooting.md", "Export data to CSV"),
    ("I forgot my password", "troubleshooting.md", "Reset your password"),
    ("what is the refund policy for annual subscriptions", "return-policy.md", "Annual subscriptions"),
    ("how long do refunds take", "return-policy.md", "How long refunds take and how they are paid"),
    ("how much is the Pro plan", "pricing-guide.md", "Plans and prices"),
    ("how much does Pro cost", "pricing-guide.md", "Plans and prices"),
    ("what does error 429 mean in the API", "troubleshooting.md", "API errors"),
    ("discount for charities", "pricing-guide.md", "Discounts"),
)


async def test_the_sample_answers_come_first_in_every_home(store: PassageStore) -> None:
    knowledge = Knowledge(SAMPLE_KNOWLEDGE, store=store)

    for question, document, section in ANSWERS:
        [best, *_] = await knowledge.find(question)
        assert (best.passage.document, best.passage.section.split(" > ")[-1]) == (document, section), question


async def test_below_the_floor_nothing_is_found_in_any_home(store: PassageStore) -> None:
    knowledge = Knowledge(SAMPLE_KNOWLEDGE, store=store)

    for question in ("what is the weather in Oslo", "who won the match", "' OR zq=zq --", '"*" AND (', "\\ ''", ""):
        assert await knowledge.find(question) == [], question


async def test_a_changed_document_is_searched_at_once_and_a_deleted_one_forgotten(
    store: PassageStore, tmp_path: Path
) -> None:
    (tmp_path / "old.md").write_text("# Old\n\nZebras are striped.")
    (tmp_path / "page.html").write_text("<h1>Opening</h1><p>The shop opens at <b>nine</b>.</p>")
    (tmp_path / "plain.txt").write_text("PARKING\n\nCyclists park behind the house.\n")
    knowledge = Knowledge(tmp_path, store=store, look_every=0)
    for question in ("striped zebras", "when does the shop open", "where do cyclists park"):
        assert await knowledge.find(question), question

    (tmp_path / "old.md").unlink()
    (tmp_path / "new.md").write_text("# New\n\nGiraffes are tall.")

    assert not await knowledge.find("striped zebras")
    assert [hit.passage for hit in await knowledge.find("tall giraffes")] == [
        Passage("new.md", "New", "Giraffes are tall.")
    ]


async def test_what_another_process_indexed_is_not_indexed_again(store: PassageStore, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\nZebras.")
    await Knowledge(tmp_path, store=store).find("zebras")
    before = await store.everything()

    assert await Knowledge(tmp_path, store=store).find("zebras")
    assert await store.everything() == before


async def test_vectors_are_kept_by_model(store: PassageStore) -> None:
    await store.put("a.md", "1", [indexed(Passage("a.md", "A", "Zebras."))])
    await store.keep_vectors("one", {"key": b"\x00\x01"})
    await store.keep_vectors("one", {"key": b"\x00\x01"})

    assert dict(await store.vectors("one")) == {"key": b"\x00\x01"}
    assert not await store.vectors("other")


async def test_with_embeddings_a_passage_is_found_that_shares_no_word(store: PassageStore, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Money back\n\nRefunds arrive in five days.")
    (tmp_path / "b.md").write_text("# Zoo\n\nZebras are striped.")
    asked: list[list[str]] = []

    async def embed(texts: list[str]) -> list[list[float]]:
        asked.append(texts)
        return [[1.0, 0.0] if "Refund" in text or "Rückzahlung" in text else [0.0, 1.0] for text in texts]

    for _ in range(2):
        knowledge = Knowledge(tmp_path, store=store)
        knowledge.use_embeddings(embed, "test")
        [hit] = await knowledge.find("Wie lange dauert eine Rückzahlung?")
        assert hit.passage.document == "a.md"

    assert [len(texts) for texts in asked] == [2, 1, 1], "passages are embedded once, also over a restart"


async def test_the_vectors_of_passages_that_are_gone_are_dropped(store: PassageStore, tmp_path: Path) -> None:
    async def embed(texts: list[str]) -> list[list[float]]:
        return [[1.0, 0.0] for _ in texts]

    (tmp_path / "a.md").write_text("# A\n\nZebras are striped.")
    (tmp_path / "b.md").write_text("# B\n\nGiraffes are tall.")
    knowledge = Knowledge(tmp_path, store=store, look_every=0)
    knowledge.use_embeddings(embed, "m")
    await store.keep_vectors("router:m", {"of another use": b"\x00"})
    await knowledge.find("zebras")
    assert len(await store.vectors("m")) == 2

    (tmp_path / "b.md").unlink()
    await knowledge.find("zebras")

    assert len(await store.vectors("m")) == 1
    assert len(await store.vectors("router:m")) == 1


async def test_two_processes_with_different_folders_do_not_overwrite_one_another_in_turns(
    store: PassageStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name, text in (("one", "Zebras are striped."), ("two", "Giraffes are tall.")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.md").write_text(f"# A\n\n{text}")
    one, two = (Knowledge(tmp_path / name, store=store, look_every=0) for name in ("one", "two"))
    await one.refresh()
    await two.refresh()
    kept = await store.everything()
    for _ in range(4):
        await one.refresh()
        await two.refresh()

    assert await store.everything() == kept, "the one that began last wins, and stays"
    assert caplog.text.count("give every process the same knowledge.folder") == 1

    (tmp_path / "one" / "a.md").write_text("# A\n\nZebras are black and white.")
    assert await one.find("zebras black"), "whose folder changes brings it"
