"""What both databases mean by a transaction: how it runs, what it leaves behind, how it fails."""

import inspect
import logging
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sqlmodel import Session

import storage.insert_order  # noqa: F401  (it teaches every session)

T = TypeVar("T")
Change = Callable[[Session], T]
"""A plain function of a session. It may run several times and only its last run counts, so it does nothing but SQL."""

_AFTER_COMMIT = "after_commit"
_log = logging.getLogger(__name__)


class StorageError(Exception):
    """Something is wrong with the database itself; the message says what and what to do."""


class StorageBusy(StorageError):
    """The database stayed locked or contended for too long; nothing was changed, trying again later is safe."""


class StorageUnreachable(StorageError):
    """There is no connection to the database, or it broke; trying again later may help."""


class StorageClosed(StorageError):
    """The database is not open, or no longer."""


class UnknownDatabase(StorageError):
    """The database URL names something we cannot use."""


def after_commit(tx: Session, callback: Callable[[], None]) -> None:
    """Call back once the transaction has really been committed, never otherwise; from any thread, so be thread-safe."""
    tx.info.setdefault(_AFTER_COMMIT, []).append(callback)


def run_callbacks(callbacks: Iterable[Callable[[], None]]) -> None:
    """Call each; one that fails is logged, for the change is committed and its caller must hear so."""
    for callback in callbacks:
        try:
            callback()
        except Exception:
            _log.exception("a callback after a commit failed")


def callbacks_of(session: Session) -> list[Callable[[], None]]:
    """What `after_commit` collected in this session."""
    callbacks: list[Callable[[], None]] = session.info.get(_AFTER_COMMIT, [])
    return callbacks


def applied(change: Change[T], session: Session) -> T:
    """The result of the change, flushed into the open transaction."""
    try:
        result = change(session)
    except StopIteration as error:  # no future can carry it, and its caller would wait for ever
        raise RuntimeError("a change raised StopIteration") from error
    _refuse_coroutine(result)
    session.flush()
    return result


def _refuse_coroutine(result: Any) -> None:
    if inspect.iscoroutine(result):
        result.close()
        raise TypeError("a transaction is a plain function: it may be run again, so it cannot await anything")
