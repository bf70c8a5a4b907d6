"""The SMTP and LMTP door: says 250 when, and only when, the mail is committed."""

import asyncio
import contextlib
import hashlib
import json
import logging
import shutil
import ssl
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiosmtpd.smtp import Envelope, Session

from channels.base import Accept, Raw
from channels.mail.config import MailConfig, SmtpInConfig
from channels.mail.smtp_session import FoundByName, HardenedLMTP, HardenedSMTP

log = logging.getLogger(__name__)

CHANNEL = "mail"

_POSTMASTER = "postmaster"
_TRY_AGAIN = "451 4.3.0 Not stored, please try again later"


@dataclass(slots=True)
class DoorFacts:
    """What the door has seen since it opened: connections, those turned away at once, mails stored and put off."""

    port: int = 0
    open_connections: int = 0
    connections: int = 0
    turned_away: int = 0
    stored: int = 0
    put_off: int = 0
    last_mail_at: datetime | None = None


class SmtpDoor:
    """A server for other mail servers. `port` is the real one once `opened` is set."""

    def __init__(self, config: MailConfig, limits: SmtpInConfig):
        self.port = 0
        self.facts = DoorFacts()
        self.opened = asyncio.Event()
        self._config = config
        self._limits = limits
        self._tls = _tls_context(limits)
        self._sessions: set[HardenedSMTP] = set()
        self._by_ip: Counter[str] = Counter()
        self._empty = asyncio.Event()

    async def run(self, accept: Accept) -> None:
        """Serve until cancelled; then take no new connection, and let mail that is on its way finish."""
        handler = _Handler(self._config, self._limits, accept, self.facts)
        server = await asyncio.get_running_loop().create_server(
            lambda: _Gate(self, handler), self._limits.host, self._limits.port
        )
        self.port = self.facts.port = server.sockets[0].getsockname()[1]
        self.opened.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.opened.clear()
            server.close()
            await self._drain()

    def admit(self, ip: str) -> str | None:
        """Why one more connection from `ip` is too many; None when it is welcome."""
        self.facts.connections += 1
        refusal = None
        if len(self._sessions) >= self._limits.max_connections:
            refusal = "421 4.7.0 Too many connections"
        elif self._by_ip[ip] >= self._limits.per_ip:
            refusal = "421 4.7.0 Too many connections from your address"
        self.facts.turned_away += refusal is not None
        return refusal

    def session(self, ip: str, handler: object) -> HardenedSMTP:
        """A session for a connection that was admitted."""
        kind = HardenedLMTP if self._limits.protocol == "lmtp" else HardenedSMTP
        session = kind(
            handler,
            limits=self._limits,
            hostname=self._config.domain,
            tls=self._tls,
            gone=self._forget,
        )
        session.ip = ip
        self._sessions.add(session)
        self._by_ip[ip] += 1
        self.facts.open_connections = len(self._sessions)
        return session

    def _forget(self, session: HardenedSMTP) -> None:
        if session in self._sessions:
            self._sessions.remove(session)
            self._by_ip -= Counter([session.ip])  # drops the address when nothing of it is left
        self.facts.open_connections = len(self._sessions)
        if not self._sessions:
            self._empty.set()

    async def _drain(self) -> None:
        for session in tuple(self._sessions):
            session.drain()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.drain_seconds):
                while self._sessions:
                    self._empty.clear()
                    await self._empty.wait()
        for session in tuple(self._sessions):
            session.abort()


class _Gate(asyncio.Protocol):
    """Turns a connection away before a session exists, or hands it over to one."""

    def __init__(self, door: SmtpDoor, handler: object):
        self._door = door
        self._handler = handler

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        peer = transport.get_extra_info("peername")
        ip = str(peer[0]) if peer else ""
        refusal = self._door.admit(ip)
        if refusal is not None:
            transport.write(refusal.encode("ascii") + b"\r\n")
            transport.close()
            return
        session = self._door.session(ip, self._handler)
        transport.set_protocol(session)
        session.connection_made(transport)


class _Handler(FoundByName):
    """Our answers to the commands; aiosmtpd finds them by their names."""

    def __init__(self, config: MailConfig, limits: SmtpInConfig, accept: Accept, facts: DoorFacts):
        self._config = config
        self._limits = limits
        self._accept = accept
        self._facts = facts

    async def handle_EHLO(
        self, server: HardenedSMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Offer everything aiosmtpd can but logins: nobody has an account here."""
        session.host_name = hostname
        return [line for line in responses if not line.startswith("250-AUTH")]

    async def handle_MAIL(
        self, server: HardenedSMTP, session: Session, envelope: Envelope, address: str, options: Sequence[str]
    ) -> str:
        """Take a sender when there is room on the disk for what follows."""
        if shutil.disk_usage(self._limits.disk_path).free < self._limits.min_free_disk:
            return "452 4.3.1 Insufficient system storage"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: HardenedSMTP, session: Session, envelope: Envelope, address: str, options: Sequence[str]
    ) -> str:
        """Take our own addresses, and no others."""
        refusal = refuse_recipient(self._config, address)
        if refusal is not None:
            return refusal
        if len(envelope.rcpt_tos) >= self._limits.recipients:
            return "452 4.5.3 Too many recipients"
        # A bounce has one recipient. For now, so that the rest of a legitimate one comes by itself.
        if envelope.mail_from == "<>" and envelope.rcpt_tos:
            return "452 4.5.3 One recipient for mail without a sender"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: HardenedSMTP, session: Session, envelope: Envelope) -> str:
        """250 after the commit; 451 whenever we do not know."""
        try:
            async with asyncio.timeout(self._limits.accept_seconds):
                await self._accept(_raw(self._config, self._limits, session, envelope))
        except Exception:
            # At this rim any failure means "not committed": the sender keeps the mail and comes again.
            log.exception("mail not stored, sender asked to try again")
            self._facts.put_off += 1
            return _TRY_AGAIN
        self._facts.stored += 1
        self._facts.last_mail_at = datetime.now(UTC)
        return "250 2.0.0 Stored"

    async def handle_exception(self, error: Exception) -> str:
        """Never tell a stranger what went wrong inside."""
        log.error("SMTP session failed", exc_info=error)
        return _TRY_AGAIN


def refuse_recipient(config: MailConfig, address: str) -> str | None:
    """The refusal for a recipient that is not ours (RFC 3463 codes); None for one that is.

    Ours are the support address and its aliases, their plus-addresses, the bounce addresses of what we sent, and
    postmaster, which RFC 5321 section 4.5.1 wants to exist, also without a domain.
    """
    local, _, domain = address.lower().rpartition("@")
    name, plus, _ = local.partition("+")
    if address.lower() == _POSTMASTER or f"{name}@{domain}" in config.addresses:
        return None
    if domain not in {ours.rpartition("@")[2] for ours in config.addresses}:
        return "550 5.7.1 Relaying denied"
    if local == _POSTMASTER or (plus and name == "bounce" and domain == config.domain):
        return None
    return "550 5.1.1 No such address here"


def delivery_key(mail_from: str, recipients: Sequence[str], body: bytes) -> str:
    """Equal for every retry of one hop, because a mail server repeats the bytes and the envelope exactly."""
    envelope = json.dumps([mail_from, sorted(recipients)]).encode()
    return "smtp:" + hashlib.sha256(envelope + b"\0" + body).hexdigest()


def _raw(config: MailConfig, limits: SmtpInConfig, session: Session, envelope: Envelope) -> Raw:
    body = envelope.original_content or b""
    mail_from = "" if envelope.mail_from in (None, "<>") else str(envelope.mail_from)
    details: dict[str, Any] = {
        "transport": limits.protocol,
        "peer": session.peer[0] if session.peer else "",
        "helo": _plain(session.host_name or ""),
        "tls": session.ssl is not None,
        "mail_from": mail_from,
        "rcpt_to": list(envelope.rcpt_tos),
        "received_at": datetime.now(UTC).isoformat(),
    }
    key = delivery_key(mail_from, envelope.rcpt_tos, body)
    return Raw(CHANNEL, key, f"mail:{config.address.lower()}", body, details)


def _plain(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text[:255])


def _tls_context(limits: SmtpInConfig) -> ssl.SSLContext | None:
    if limits.tls_certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(limits.tls_certificate, limits.tls_key)
    return context
