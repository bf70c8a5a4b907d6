"""One-time links and sessions: made, redeemed once, looked up and ended; what is stored is only a hash."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from sqlmodel import Session, col, delete

from bot.audit import record
from bot.desk import Desk
from storage.models import ConsoleKey

LINK, SESSION = "link", "session"
LINK_LASTS = timedelta(minutes=10)
_BYTES = 32


def make_link(tx: Session, desk: Desk, who: str, name: str) -> str:
    """The secret of a link that signs this person in once within ten minutes."""
    secret = _keep(tx, desk, LINK, who, name, LINK_LASTS)
    record(tx, desk, who, "console_link_made", None, {})
    return secret


def redeem_link(tx: Session, desk: Desk, secret: str) -> str | None:
    """The secret of a new session; None when the link was used before, has expired, or never was."""
    link = tx.get(ConsoleKey, digest_of(secret))
    if link is None or link.kind != LINK:
        return None
    used = tx.exec(delete(ConsoleKey).where(col(ConsoleKey.digest) == link.digest))
    if used.rowcount != 1 or link.expires_at <= desk.now():
        return None
    return begin_session(tx, desk, link.who, link.name, how="link")


def begin_session(tx: Session, desk: Desk, who: str, name: str, *, how: str) -> str:
    """The secret of a session of this person, for their cookie. What has expired is cleared away."""
    tx.exec(delete(ConsoleKey).where(col(ConsoleKey.expires_at) <= desk.now()))
    record(tx, desk, who, "console_signed_in", None, {"how": how})
    return _keep(tx, desk, SESSION, who, name, timedelta(hours=desk.settings.console.session_hours))


def session_of(tx: Session, desk: Desk, secret: str) -> ConsoleKey | None:
    """The session of this secret, while it lasts."""
    known = tx.get(ConsoleKey, digest_of(secret))
    return known if known is not None and known.kind == SESSION and known.expires_at > desk.now() else None


def end_session(tx: Session, desk: Desk, secret: str) -> None:
    """Nobody is signed in by this secret any more."""
    known = session_of(tx, desk, secret)
    if known is not None:
        record(tx, desk, known.who, "console_signed_out", None, {})
        tx.exec(delete(ConsoleKey).where(col(ConsoleKey.digest) == known.digest))


def digest_of(secret: str) -> str:
    """What is stored of a secret. It has 256 random bits, so one round of hashing is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def token_of(secret: str, purpose: str) -> str:
    """A text only a page of ours, shown to whoever holds `secret` in a cookie, can carry. For forms and for Slack."""
    return hmac.new(secret.encode(), purpose.encode(), "sha256").hexdigest()


def new_secret() -> str:
    """256 random bits as text."""
    return secrets.token_urlsafe(_BYTES)


def _keep(tx: Session, desk: Desk, kind: str, who: str, name: str, lasts: timedelta) -> str:
    secret, now = new_secret(), desk.now()
    tx.add(
        ConsoleKey(
            digest=digest_of(secret), kind=kind, who=who, name=name[:200], created_at=now, expires_at=now + lasts
        )
    )
    return secret


def same(given: str, expected: str) -> bool:
    """Whether two secrets are equal, in a time that tells nothing about them."""
    return hmac.compare_digest(given.encode(), expected.encode())
