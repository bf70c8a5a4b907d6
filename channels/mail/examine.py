"""Asks mail servers what `doctor` wants to know; no mail is read, marked or sent."""

import contextlib
from dataclasses import dataclass

import aiosmtplib

from channels.mail.config import ImapConfig, SmtpOutConfig
from channels.mail.imap_mailbox import close, connect
from channels.mail.submit import submission_client


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
