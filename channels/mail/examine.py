"""Asks mail servers what `doctor` wants to know; nothing is marked, and only `mail_ourselves` sends one mail."""

import asyncio
import contextlib
import email.parser
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import aiosmtplib

from channels.base import Reply
from channels.mail.config import ImapConfig, MailConfig, SmtpOutConfig
from channels.mail.imap_mailbox import close, connect
from channels.mail.submit import submission_client, submit
from channels.mail.tokens import message_id
from channels.mail.write import write_mail


@dataclass(frozen=True, slots=True)
class MailboxFacts:
    """One folder as the server describes it to us."""

    messages: int
    uidvalidity: int
    idle: bool
    writable: bool


@dataclass(frozen=True, slots=True)
class SubmissionFacts:
    """What the submission server offers after our login."""

    largest: int | None
    utf8: bool
    encrypted: bool


def look_into_folder(config: ImapConfig, folder: str) -> MailboxFacts:
    """Log in and select the folder. Blocks; raises OSError or IMAPClientError with the server's words."""
    client = connect(config)
    try:
        told = client.select_folder(folder, readonly=True)
        return MailboxFacts(
            messages=int(told.get(b"EXISTS", 0)),
            uidvalidity=int(told.get(b"UIDVALIDITY", 0)),
            idle=bool(client.has_capability("IDLE")),
            writable=b"READ-ONLY" not in told or bool(told.get(b"PERMANENTFLAGS")),
        )
    finally:
        close(client)


async def log_in_to_submit(config: SmtpOutConfig, *, hostname: str) -> SubmissionFacts:
    """Connect, log in and leave. Raises SMTPException or OSError with the server's words."""
    client = submission_client(config, hostname)
    try:
        await client.connect()
        if not client.last_ehlo_response:
            await client.ehlo()
        size = client.esmtp_extensions.get("size", "")
        facts = SubmissionFacts(
            largest=int(size) if size.isdigit() else None,
            utf8=client.supports_extension("smtputf8"),
            encrypted=config.tls != "none",
        )
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await client.quit(timeout=2)
    finally:
        client.close()
    return facts


# ------------------------------------------------------------------ a mail to ourselves

LOOK_EVERY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """A mail that came back: after how long, into which mailbox, and what its Authentication-Results say."""

    seconds: float
    mailbox: str
    results: tuple[str, ...]


async def mail_ourselves(config: MailConfig, *, seconds: float) -> RoundTrip | None:
    """Send one mail to our own address and wait for it; None when it does not come within `seconds`.

    It bears our own mark, so that a desk that reads it knows it for its own and answers nothing. Raises
    TemporaryChannelError or PermanentChannelError when it cannot leave, OSError or IMAPClientError when nobody lets
    us look.
    """
    assert config.smtp_out is not None
    key, ticket = f"doctor-{secrets.token_hex(8)}", "tkt_doctor"
    words = "This is a test of the way mail takes. Nobody needs to answer it, and it may be deleted."
    reply = Reply(key, ticket, {"to": config.address}, words, datetime.now(UTC), subject="Test by helpdesk doctor")
    started = time.monotonic()
    await submit(config.smtp_out, write_mail(config, reply, verp=config.smtp_out.verp), hostname=config.domain)
    identity = message_id(config, ticket, key)
    while time.monotonic() - started < seconds:
        for name, box in config.imap.items():
            results = await asyncio.to_thread(_results_of, box, identity)
            if results is not None:
                return RoundTrip(time.monotonic() - started, name, results)
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    return None


def _results_of(box: ImapConfig, identity: str) -> tuple[str, ...] | None:
    """The Authentication-Results (RFC 8601) of the mail, topmost first; None while it is not there. Blocks."""
    client = connect(box)
    try:
        for folder in (box.folder, *([box.done_folder] if box.done_folder else [])):
            client.select_folder(folder, readonly=True)
            for uid in client.search(["HEADER", "Message-ID", identity]):
                raw = client.fetch([uid], ["BODY.PEEK[HEADER]"])[uid][b"BODY[HEADER]"]
                found = email.parser.BytesHeaderParser().parsebytes(raw)
                return tuple(" ".join(str(one).split()) for one in found.get_all("Authentication-Results", []))
        return None
    finally:
        close(client)
