"""Commands say in one line what is wrong, change nothing by accident, and are quick to answer."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def helpdesk(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")}
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
    )


def test_trouble_with_the_database_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    done = helpdesk("db", "status", folder=tmp_path)

    assert done.returncode == 1
    assert done.stderr.startswith("The database: ")
    assert len(done.stderr.splitlines()) == 1


def test_an_unknown_database_and_an_unreachable_one_are_told_without_their_password(tmp_path: Path) -> None:
    for url in ("mysql://root:hunter2@db/x", "postgresql://u:hunter2@127.0.0.1:9/x"):
        done = helpdesk("status", folder=tmp_path, HELPDESK_DATABASE__URL=url)
        assert done.returncode in (1, 2)
        assert "Traceback" not in done.stderr
        assert "hunter2" not in done.stderr


def test_a_round_trip_of_backup_and_restore(tmp_path: Path) -> None:
    assert helpdesk("db", "upgrade", folder=tmp_path).returncode == 0
    remember(tmp_path, "before")
    made = helpdesk("backup", "--to", "copy.db", folder=tmp_path)
    assert made.returncode == 0, made.stderr
    remember(tmp_path, "after")

    checked = helpdesk("restore", "--verify", "copy.db", folder=tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert remembered(tmp_path) == ["after", "before"], "checking changes nothing"
    assert helpdesk("restore", "--yes", "copy.db", folder=tmp_path).returncode == 0
    assert remembered(tmp_path) == ["before"]

    (tmp_path / "copy.db").write_bytes(b"not a database")
    assert helpdesk("restore", "--verify", "copy.db", folder=tmp_path).returncode == 1


def remember(folder: Path, name: str) -> None:
    with closing(sqlite3.connect(folder / "helpdesk.db")) as database, database:
        database.execute("INSERT INTO control VALUES (?, '', '', '2030-01-01 00:00:00.000000')", (name,))


def remembered(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "helpdesk.db")) as database:
        return [name for (name,) in database.execute("SELECT name FROM control ORDER BY name")]


def test_help_needs_none_of_the_program(tmp_path: Path) -> None:
    code = "import sys; sys.argv = ['helpdesk', '--help']\n"
    code += "try:\n from bot.cli import main; main()\nexcept SystemExit: pass\n"
    code += "print([m for m in ('sqlalchemy', 'agents', 'slack_sdk', 'storage', 'stripe') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"
    assert "doctor" in done.stdout


def test_the_json_schema_of_the_settings_knows_every_section(tmp_path: Path) -> None:
    import json

    done = helpdesk("config", "schema", folder=tmp_path)

    assert {"database", "slack", "mail", "alarms", "retention"} <= json.loads(done.stdout)["properties"].keys()


def test_a_look_at_the_desk_needs_neither_the_sdk_nor_the_engine_of_many(tmp_path: Path) -> None:
    """`helpdesk status` and the processes that only hold doors start without what only a worker needs."""
    code = (
        "import bot.app, sys; print([m for m in ('agents', 'openai', 'procrastinate', 'stripe') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"
