"""A URL decides the home, and a wrong one is explained."""

from pathlib import Path

import pytest

from storage.db import UnknownDatabase
from storage.jobs_embedded import EmbeddedJobs
from storage.jobs_postgres import PostgresJobs
from storage.open import open_storage


async def test_a_file_is_a_home_with_embedded_jobs(tmp_path: Path) -> None:
    storage = await open_storage(f"sqlite:///{tmp_path}/new/folder/helpdesk.db")

    assert isinstance(storage.jobs, EmbeddedJobs)
    assert storage.db.dialect == "sqlite"
    assert (tmp_path / "new/folder/helpdesk.db").exists()
    await storage.close()


async def test_postgresql_is_a_home_with_procrastinate(postgres_url: str) -> None:
    storage = await open_storage(postgres_url)

    assert isinstance(storage.jobs, PostgresJobs)
    assert storage.db.dialect == "postgresql"
    await storage.close()


@pytest.mark.parametrize("url", ["mysql://root:secret@db/helpdesk", "helpdesk.db", "", "sqlite:///:memory:"])
async def test_any_other_url_is_refused_with_what_is_expected(url: str) -> None:
    with pytest.raises(UnknownDatabase, match=r"sqlite:///.*") as refused:
        await open_storage(url)
    assert "secret" not in str(refused.value)
