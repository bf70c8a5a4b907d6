"""Writes the audit log, and seals it: each sealed event is a link of a chain that no later change survives unseen."""

import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists
from sqlmodel import Session, col, func, select

from bot.desk import Desk
from storage.models import Event, Seal

MOST_AT_ONCE = 1_000
FIRST = "0" * 64
ERASED = "erased"
"""The one key of the data of an event whose content was erased on a person's wish."""


def record(tx: Session, desk: Desk, actor: str, kind: str, subject_id: str | None, data: dict[str, Any]) -> None:
    """Append one line: who did what to which row."""
    tx.add(Event(at=desk.now(), actor=actor, kind=kind, subject_id=subject_id, data=data))


# ------------------------------------------------------------------ the chain


def seal_events(tx: Session, desk: Desk) -> int:
    """Link every event that has no seal yet, oldest first; returns how many.

    Sealing is a sweep of its own and not part of `record`: a chain grows at one end, and every transaction that
    records something would wait there for every other.
    """
    last = tx.exec(select(Seal).order_by(col(Seal.n).desc()).limit(1)).first()
    n, chain = (last.n, last.hash) if last else (0, FIRST)
    events = _unsealed(tx, tx.exec(select(func.count()).select_from(Event)).one() - n)
    for event in events:
        n, salt = n + 1, secrets.token_hex(32)
        content = content_hash(salt, event)
        chain = link_hash(chain, n, event, content)
        tx.add(Seal(n=n, event_id=event.id, salt=salt, content_hash=content, hash=chain, at=desk.now()))
    return len(events)


def _unsealed(tx: Session, missing: int) -> list[Event]:
    """The oldest events without a seal. They are nearly always among the newest: only when not, all are looked at."""
    if missing == 0:
        return []
    sealed = exists().where(col(Seal.event_id) == col(Event.id))
    wanted = select(Event).where(~sealed).order_by(col(Event.at), col(Event.id)).limit(MOST_AT_ONCE)
    newest = select(Event.id).order_by(col(Event.id).desc()).limit(max(missing, 0) + MOST_AT_ONCE)
    found = list(tx.exec(wanted.where(col(Event.id).in_(newest))))
    return found if len(found) >= min(missing, MOST_AT_ONCE) > 0 else list(tx.exec(wanted))


def content_hash(salt: str, event: Event) -> str:
    """Of what may be erased one day. Without the salt, which is erased with it, nobody can try out guesses."""
    return _digest([salt, event.actor, event.data])


def link_hash(before: str, n: int, event: Event, content: str) -> str:
    """Of everything that stays, and of the link before."""
    return _digest([before, n, event.id, event.at.isoformat(), event.kind, event.subject_id, content])


def _digest(parts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=True, default=str).encode()).hexdigest()


# ------------------------------------------------------------------ checking it


@dataclass(frozen=True, slots=True)
class Verdict:
    """`head` is the hash of the last link: whoever kept an older one can check that it is still in the chain."""

    sealed: int
    unsealed: int
    erased: int
    head: str
    breaks: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing was changed, dropped or put in between."""
        return not self.breaks


def verify(tx: Session, *, known_hash: str | None = None) -> Verdict:
    """Walk the chain from its first link. `known_hash`: one that was written down elsewhere, such as in a digest."""
    breaks: list[str] = []
    chain, n, erased, known = FIRST, 0, 0, known_hash is None
    for seal, event in _links(tx):
        n += 1
        if seal.n != n:
            breaks.append(f"link {n} is missing (the next is {seal.n})")
            n = seal.n
        if event is None:
            breaks.append(f"link {n}: the event {seal.event_id} is gone")
            chain = seal.hash
            continue
        erased += event.data.keys() == {ERASED}
        if wrong := _wrong(tx, seal, event, chain):
            breaks.append(f"link {n}: {wrong}")
        chain = seal.hash
        known = known or chain.startswith(str(known_hash))
    if not known:
        breaks.append(
            f"the known hash {known_hash} is not in the chain: its end was cut off, or all of it was rewritten"
        )
    unsealed = len(tx.exec(select(Event.id).where(~exists().where(col(Seal.event_id) == col(Event.id)))).all())
    return Verdict(n, unsealed, erased, chain, tuple(breaks))


def _links(tx: Session) -> Iterator[tuple[Seal, Event | None]]:
    rows = tx.exec(
        select(Seal, Event).join(Event, col(Event.id) == col(Seal.event_id), isouter=True).order_by(col(Seal.n))
    )
    yield from rows


def _wrong(tx: Session, seal: Seal, event: Event, chain: str) -> str:
    """Why this link does not hold; "" when it does."""
    if link_hash(chain, seal.n, event, seal.content_hash) != seal.hash:
        return f"the event {event.id} was changed, or the chain before it"
    if event.data.keys() == {ERASED}:
        by = tx.get(Event, str(event.data[ERASED]))
        return "" if by is not None and by.kind == ERASED else f"the content of {event.id} was removed without a record"
    if content_hash(seal.salt, event) != seal.content_hash:
        return f"the content of {event.id} was changed"
    return ""
