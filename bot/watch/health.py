"""How the desk is: one line for each part, with its reason; the same for /readyz, `helpdesk status` and alarms."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, func, select

from bot import notes
from bot.controls import pauses
from bot.desk import Desk
from bot.settings import Settings
from storage.models import Action, ActionState, Delivery, Message, Note, Outcome, Sending

SILENT = timedelta(seconds=30)
"""A part that has noted nothing for so long is taken for dead."""
FEWEST_POLLS = 5
STARTING = timedelta(minutes=2)
ROOM = "pulse:room"
TOLD_LATELY = timedelta(days=1)
"""What a provider said about a token holds so long; a new token may have no end."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: `why` says what is wrong, or what was seen. Without a `needed` part the desk is not ready."""

    name: str
    ok: bool
    why: str
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """All parts. `ready`: traffic may be sent here. `ok`: nothing at all is wrong."""

    parts: tuple[Part, ...]
    paused: tuple[str, ...]

    @property
    def ready(self) -> bool:
        return all(part.ok for part in self.parts if part.needed)

    @property
    def ok(self) -> bool:
        return all(part.ok for part in self.parts)

    def as_json(self) -> dict[str, Any]:
        """For /readyz and --json."""
        parts = {part.name: {key: value for key, value in asdict(part).items() if key != "name"} for part in self.parts}
        return {"ready": self.ready, "ok": self.ok, "paused": list(self.paused), "parts": parts}


def health(tx: Session, desk: Desk) -> Health:
    """Look at everything, in one picture of the database."""
    parts = tuple(part for look in PARTS for part in look(tx, desk))
    return Health(parts, tuple(pauses(tx)))


def _database(tx: Session, desk: Desk) -> Iterator[Part]:
    # That this runs at all is the proof; the schema was brought up to date when the database was opened.
    yield Part("database", True, f"{desk.db.dialect} answers", needed=True)


def _worker(tx: Session, desk: Desk) -> Iterator[Part]:
    pulse = notes.find(tx, "pulse:worker")
    if pulse is None:
        yield Part("worker", False, "no worker has run yet: helpdesk run --role worker")
    else:
        yield _beating("worker", pulse, desk.now(), "it works")


def _beating(name: str, pulse: Note, now: datetime, seen: str, *, needed: bool = False) -> Part:
    age = now - pulse.at
    if age > SILENT:
        return Part(name, False, f"no sign of life for {_words(age)}", needed=needed)
    return Part(name, True, seen, needed=needed)


def _slack(tx: Session, desk: Desk) -> Iterator[Part]:
    if "slack" not in desk.channels:
        return
    if desk.settings.slack.mode == "http":
        yield Part("slack", True, "http mode: Slack calls us")
        return
    pulse = notes.find(tx, "pulse:slack")
    if pulse is None:
        yield Part("slack", False, "no socket was ever opened: helpdesk run --role slack", needed=True)
        return
    connected, wanted = int(pulse.value["connected"]), int(pulse.value["wanted"])
    if not connected:
        why = f"none of {wanted} sockets is connected ({pulse.value['failed_attempts']} failed attempts)"
        yield Part("slack", False, why, needed=True)
        return
    yield _beating("slack", pulse, desk.now(), f"{connected} of {wanted} sockets are connected", needed=True)


def _mail(tx: Session, desk: Desk) -> Iterator[Part]:
    if "mail" not in desk.channels:
        return
    for name, box in desk.settings.mail.imap.items():
        pulse = notes.find(tx, f"pulse:mail:{name}")
        if pulse is None:
            yield Part(f"mail {name}", False, "this mailbox was never read: helpdesk run --role mail")
        else:
            yield _mailbox(name, box.poll_seconds, pulse, desk.now())
    if desk.settings.mail.smtp_in is not None:
        pulse = notes.find(tx, "pulse:mail door")
        if pulse is None:
            yield Part("mail door", False, "it was never opened: helpdesk run --role mail")
        else:
            yield _beating("mail door", pulse, desk.now(), _door(pulse.value, desk.now()))


def _door(facts: Mapping[str, Any], now: datetime) -> str:
    """What our own SMTP or LMTP door has seen since it opened."""
    last = facts.get("last_mail_at")
    mail = f"last mail {_words(now - datetime.fromisoformat(last))} ago" if last else "no mail yet"
    counts = f"{facts['open_connections']} connections now, {facts['connections']} in all, {facts['stored']} mails"
    troubles = ((facts["turned_away"], "turned away"), (facts["put_off"], "put off"))
    told = "".join(f", {count} {what}" for count, what in troubles if count)
    return f"port {facts['port']}: {counts}{told}; {mail}"


def _mailbox(name: str, poll_seconds: float, pulse: Note, now: datetime) -> Part:
    polled = pulse.value.get("last_poll_at")
    age = now - datetime.fromisoformat(polled) if polled else None
    # A server that pushes lets one wait last up to 29 minutes (RFC 2177), but polling goes on all the same.
    longest = timedelta(seconds=max(60.0, FEWEST_POLLS * poll_seconds))
    if pulse.value.get("error"):
        seen = f"last read {_words(age)} ago" if age is not None else "never read"
        return Part(f"mail {name}", False, f"{pulse.value['error']} ({pulse.value['failures']} times; {seen})")
    if age is None or age > longest:
        return Part(f"mail {name}", False, f"last read {_words(age)} ago" if age is not None else "not read yet")
    return _beating(f"mail {name}", pulse, now, f"last read {_words(age)} ago")


def _tokens(tx: Session, desk: Desk) -> Iterator[Part]:
    """What ends by itself one day, by the operator's word or by the provider's: nobody notices until mail stops."""
    soon = timedelta(days=desk.settings.alarms.token_days)
    for name, ends in token_ends(tx, desk.settings, desk.now()).items():
        left = ends - desk.now()
        why = (
            f"it ends in {_words(left)}, on {ends:%Y-%m-%d}" if left > timedelta(0) else f"it ended on {ends:%Y-%m-%d}"
        )
        yield Part(f"token {name}", left > soon, why)


def token_ends(tx: Session | None, settings: Settings, now: datetime) -> dict[str, datetime]:
    """When the right of each mail account to fetch access tokens ends, where that is known; the earlier date counts.

    What providers said is in the database; without `tx` only the operator's word counts.
    """
    accounts = {name: box.oauth for name, box in settings.mail.imap.items()}
    if settings.mail.smtp_out is not None:
        accounts["smtp_out"] = settings.mail.smtp_out.oauth
    found: dict[str, datetime] = {}
    for name, oauth in accounts.items():
        if oauth is None:
            continue
        told = notes.find(tx, f"pulse:token:{name}") if tx is not None else None
        ends = [datetime.combine(oauth.expires_on, time.min, UTC)] if oauth.expires_on else []
        ends += [datetime.fromisoformat(told.value["ends_at"])] if told and now - told.at < TOLD_LATELY else []
        if ends:
            found[name] = min(ends)
    return found


def _jobs(tx: Session, desk: Desk) -> Iterator[Part]:
    now, waiting = desk.now(), desk.jobs.waiting(tx)
    late = max((now - due for _, due in waiting), default=timedelta(0))
    longest = timedelta(minutes=desk.settings.alarms.jobs_minutes)
    words = f"{len(waiting)} wait" + (f", the oldest is {_words(late)} late" if late > timedelta(seconds=1) else "")
    yield Part("jobs", late <= longest or bool(pauses(tx)), words)


def _outbox(tx: Session, desk: Desk) -> Iterator[Part]:
    unsent = col(Message.sending).in_([Sending.READY, Sending.SENDING])
    count, oldest = tx.exec(select(func.count(), func.min(Message.created_at)).where(unsent)).one()
    age = desk.now() - oldest if oldest else timedelta(0)
    longest = timedelta(minutes=desk.settings.alarms.outbox_minutes)
    words = f"{count} wait to leave" + (f", the oldest for {_words(age)}" if count else "")
    yield Part("outbox", age <= longest, words)


def _approvals(tx: Session, desk: Desk) -> Iterator[Part]:
    pending = col(Action.state) == ActionState.PENDING
    count, oldest = tx.exec(select(func.count(), func.min(Action.created_at)).where(pending)).one()
    age = desk.now() - oldest if oldest else timedelta(0)
    longest = timedelta(minutes=desk.settings.alarms.approvals_minutes)
    words = f"{count} wait for a person" + (f", the oldest for {_words(age)}" if count else "")
    yield Part("approvals", age <= longest, words)


def _quarantine(tx: Session, desk: Desk) -> Iterator[Part]:
    count = tx.exec(select(func.count()).where(col(Delivery.outcome) == Outcome.QUARANTINED)).one()
    yield Part("quarantine", True, f"{count} could not be read and wait for a person")


def _servers(tx: Session, desk: Desk) -> Iterator[Part]:
    for name in ("model", "payments"):
        pulse = notes.find(tx, f"pulse:{name}")
        why = str(pulse.value.get("error") or "") if pulse else ""
        yield Part(name, not why, why or ("it answers" if pulse else "not asked yet"))


def _mcp(tx: Session, desk: Desk) -> Iterator[Part]:
    """A server that is down is left out of the team's tools, and said here."""
    for name in desk.settings.team.mcp:
        pulse = notes.find(tx, f"pulse:mcp:{name}")
        why = str(pulse.value.get("error") or "") if pulse else ""
        yield Part(f"mcp {name}", not why, why or ("it answers" if pulse else "not asked yet"))


def _room(tx: Session, desk: Desk) -> Iterator[Part]:
    """Whether the staff channel is staff's alone: as long as it is not, no card is shown and no press counts."""
    if desk.staff_room is None:
        return
    pulse = notes.find(tx, ROOM)
    why = str(pulse.value.get("error") or "") if pulse else ""
    yield Part("staff room", not why, why or ("it is private" if pulse else "not asked yet"))


def _disk(tx: Session, desk: Desk) -> Iterator[Part]:
    place = desk.db.file.absolute().parent if desk.db.dialect == "sqlite" else Path.cwd()
    free = shutil.disk_usage(place).free // 2**20
    yield Part("disk", free >= desk.settings.alarms.disk_free_megabytes, f"{free} MB are free")


PARTS: tuple[Callable[[Session, Desk], Iterator[Part]], ...] = (
    _database,
    _worker,
    _slack,
    _mail,
    _tokens,
    _jobs,
    _outbox,
    _approvals,
    _quarantine,
    _servers,
    _room,
    _mcp,
    _disk,
)
"""Every part that is looked at, in the order in which it is shown."""

UNREADY: Mapping[str, Any] = {"ready": False, "ok": False, "paused": [], "parts": {}}


def without_database(why: str) -> dict[str, Any]:
    """What is said when the database does not answer: nothing else can be known."""
    return {**UNREADY, "parts": {"database": {"ok": False, "why": why, "needed": True}}}


def _words(span: timedelta) -> str:
    seconds = max(0, int(span.total_seconds()))
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
