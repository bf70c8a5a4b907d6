"""Checks of the desk at work: its port, its alarms, its switches, and what lies around unfinished."""

import asyncio
import socket
from collections.abc import Sequence
from datetime import timedelta

import httpx
from sqlmodel import Session, col, func, select

from bot.controls import pauses
from bot.desk import utc_now
from bot.doctor.findings import Finding, Patient, error, note, ok, warning
from bot.numbers.certificate import certify
from bot.policy.hours import after_open_hours
from bot.sealing import opened, secrets_of
from channels.base import Unreadable
from channels.mail.parse import read_mail
from storage.models import Delivery, Message, Outcome, Sending

NO_ROWS = note("there is no database yet")
LATE = timedelta(minutes=5)
LONGEST_CLOSED = timedelta(days=14)
MAILS_READ = 2


async def http_port(patient: Patient) -> list[Finding]:
    """Free for us, or ours already; open to others only on purpose."""
    chosen = patient.settings.http
    found = []
    if chosen.port:
        found.append(await _who_listens(chosen.host, chosen.port))
    if chosen.host not in ("127.0.0.1", "::1", "localhost"):
        what = f"the HTTP port listens on {chosen.host}: /metrics and /readyz can be read by whoever reaches it"
        found.append(note(what, "put a proxy before it that lets only /slack/events through; see deploy/SLACK.md"))
    return found or [ok("any free port is taken")]


async def _who_listens(host: str, port: int) -> Finding:
    near = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    if await asyncio.to_thread(_is_free, near, port):
        return ok(f"{host}:{port} is free for `helpdesk run`")
    try:
        async with httpx.AsyncClient(timeout=3, trust_env=False) as client:
            answer = await client.get(f"http://{near}:{port}/livez")
    except httpx.HTTPError:
        answer = None
    if answer is not None and answer.status_code == 200 and answer.text.strip() == "ok":
        return ok(f"a helpdesk runs on {host}:{port}")
    return error(f"{host}:{port} belongs to another program", "set http.port")


def _is_free(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=2):
            return False
    except OSError:
        return True


async def alarm_paths(patient: Patient) -> list[Finding]:
    """Somebody hears an alarm, by two ways."""
    chosen = patient.settings
    room = chosen.slack.bot_token is not None and bool(chosen.slack.staff_channel)
    mail = bool(chosen.alarms.mail_to)
    if mail and chosen.mail.smtp_out is None:
        return [error("alarms.mail_to is set, and no mail can leave", "set mail.smtp_out")]
    if not room and not mail:
        return [warning("nobody hears an alarm", "set slack.staff_channel, and alarms.mail_to as the second path")]
    if not mail:
        return [note("alarms go to the staff channel alone", 'set alarms.mail_to = ["you@yourcompany"]')]
    return [ok("alarms go to " + ("the staff channel and " if room else "") + ", ".join(chosen.alarms.mail_to))]


async def switches(patient: Patient) -> list[Finding]:
    """Whether somebody has paused the bot."""
    if patient.storage is None:
        return [NO_ROWS]
    paused = await patient.storage.db.read(pauses)
    return [warning(f"paused: {scope}", f"helpdesk resume {scope}") for scope in paused] or [ok("nothing is paused")]


async def outbox(patient: Patient) -> list[Finding]:
    """Nothing waits too long to leave, and nothing failed for good."""
    if patient.storage is None:
        return [NO_ROWS]
    return await patient.storage.db.read(_outbox)


def _outbox(tx: Session) -> list[Finding]:
    unsent = col(Message.sending).in_([Sending.READY, Sending.SENDING])
    late = tx.exec(select(func.count()).where(unsent, col(Message.created_at) < utc_now() - LATE)).one()
    failed = tx.exec(select(func.count()).where(col(Message.sending) == Sending.FAILED)).one()
    found = []
    if late:
        found.append(warning(f"{late} replies have waited for more than 5 minutes", "helpdesk status; is it running?"))
    if failed:
        what = f"{failed} replies could not be delivered"
        found.append(warning(what, "helpdesk queue; answer these customers another way"))
    return found or [ok("no reply waits")]


async def quarantine(patient: Patient) -> list[Finding]:
    """What nobody could read waits for a person."""
    if patient.storage is None:
        return [NO_ROWS]

    def look(tx: Session) -> int:
        return tx.exec(select(func.count()).where(col(Delivery.outcome) == Outcome.QUARANTINED)).one()

    count = await patient.storage.db.read(look)
    if count:
        return [warning(f"{count} deliveries could not be read", "helpdesk certificate lists them with the reason")]
    return [ok("nothing is in quarantine")]


async def certificate(patient: Patient) -> list[Finding]:
    """Received = accounted for, over the last thirty days."""
    if patient.storage is None:
        return [NO_ROWS]
    jobs = patient.storage.jobs
    found = await patient.storage.db.read(lambda tx: certify(tx, jobs, utc_now(), days=30))
    if not found.balanced:
        return [error(f"{len(found.lost)} things are not accounted for", "helpdesk certificate")]
    return [ok(f"{found.received} received, all accounted for")]


async def hours(patient: Patient) -> list[Finding]:
    """Somebody is there now and then, or deadlines for people never come."""
    chosen = patient.settings.policy.hours
    now = utc_now()
    opens = after_open_hours(now, timedelta(minutes=1), chosen.calendar)
    if opens - now > LONGEST_CLOSED:
        what = f"by policy.hours nobody is there before {opens:%Y-%m-%d}"
        return [error(what, "correct policy.hours: days, opens, closes and holidays")]
    if chosen.calendar.always:
        what = "people are there day and night (policy.hours): deadlines run at night as well"
        return [
            note(what, 'set policy.hours = { days = "mon-fri", opens = "09:00", closes = "17:30", timezone = "…" }')
        ]
    return [ok(f"people are there {chosen.days}, {chosen.opens:%H:%M} to {chosen.closes:%H:%M} ({chosen.timezone})")]


async def reading(patient: Patient) -> list[Finding]:
    """The newest stored mails can be read again: what is kept is the truth, and this program understands it."""
    if patient.storage is None:
        return [NO_ROWS]
    secrets = secrets_of(patient.settings)
    mails = await patient.storage.db.read(_newest_mails)
    broken = [key for key, body in mails if not await asyncio.to_thread(_can_be_read, body, secrets)]
    if broken:
        what = f"stored mail cannot be read: {', '.join(broken)}"
        return [warning(what, "helpdesk mail reparse; send us the mail it names, with names masked")]
    return [ok(f"the newest {len(mails)} stored mails can be read again")]


def _can_be_read(body: bytes, secrets: Sequence[str]) -> bool:
    try:
        return not read_mail(opened(body, secrets)).error
    except Unreadable:
        return False


def _newest_mails(tx: Session) -> list[tuple[str, bytes]]:
    newest = select(Delivery.id, Delivery.body).where(Delivery.channel == "mail", col(Delivery.body) != b"")
    return [(key, body) for key, body in tx.exec(newest.order_by(col(Delivery.received_at).desc()).limit(MAILS_READ))]
