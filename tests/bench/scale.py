"""How large a run of the benches is, where it may write, and the database servers it may use."""

import contextlib
import itertools
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tests.postgres import NoPostgres, PostgresServer, running_server

T = TypeVar("T")


@dataclass(slots=True)
class Scale:
    """`folder` lies on the disk that is measured and is emptied afterwards. The PostgreSQL server starts when asked."""

    folder: Path
    stack: ExitStack
    quick: bool = False
    full: bool = False
    _server: PostgresServer | NoPostgres | None = None
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def pick(self, quick: T, usual: T, full: T | None = None) -> T:
        """The size that fits this run."""
        if self.quick:
            return quick
        return full if self.full and full is not None else usual

    def new_file(self) -> str:
        """The URL of a SQLite file nobody uses yet."""
        return f"sqlite:///{self.folder / f'desk-{next(self._numbers)}.db'}"

    def postgres(self) -> PostgresServer:
        """The one server of this run. Raises NoPostgres when there is none here."""
        if self._server is None:
            try:
                self._server = self.stack.enter_context(running_server())
            except NoPostgres as error:
                self._server = error
        if isinstance(self._server, NoPostgres):
            raise self._server
        return self._server


@contextlib.contextmanager
def open_scale(*, quick: bool, full: bool, disk: Path | None) -> Iterator[Scale]:
    """A scale whose folder is in `disk` (None: where temporary files go) and gone at the end."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="helpdesk-bench-", dir=disk))
        yield Scale(Path(folder), stack, quick=quick, full=full)
