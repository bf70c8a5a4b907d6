"""The mail channel: its doors, its reading and its sending in one port."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from imapclient.exceptions import IMAPClientError

from channels.base import Accept, Inbound, PermanentChannelError, Raw, Reply, TemporaryChannelError, Unreadable
from channels.mail.config import MailConfig, SmtpOutConfig
from channels.mail.imap import Cursor, ImapDoor, PollFacts
from channels.mail.imap_census import Census
from channels.mail.imap_mailbox import append_once, find_message
from channels.mail.inbound import to_inbound
from channels.mail.oauth import Tokens
from channels.mail.parse import ParsedMail, read_mail
from channels.mail.proof import Lookup, prove, system_lookup
from channels.mail.relay_log import RelayLogError, relay_took
from channels.mail.sign import sign
from channels.mail.smtp import CHANNEL, DoorFacts, SmtpDoor
from channels.mail.submit import submit
from channels.mail.tokens import message_id
from channels.mail.worker import ParserPool
from channels.mail.write import NoRecipient, Outgoing, write_mail

log = logging.getLogger(__name__)

_PARSE_SECONDS = 30.0
_PAUSES = (1, 2, 5, 15, 60)
_MOST_DOUBT = 20


def _utc_now() -> datetime:
    return datetime.now(UTC)


class MailChannel:
    """Mail as a Channel. Doors whose settings are missing stay closed.

    Without `sent` or `relay_log` doubts cannot be cleared.

    The external id of a mail we sent is its Message-ID without brackets. That of a mail we received is made of
    its content (`inbound.content_id`); its Message-ID is in `facts["message_id"]`. `parsers` read mail in
    processes that can be killed; without them it is read in a thread. `dns` makes the Lookup for one mail.
    """

    name = CHANNEL

    def __init__(
        self,
        config: MailConfig,
        *,
        cursor: Cursor | None = None,
        now: Callable[[], datetime] = _utc_now,
        parsers: ParserPool | None = None,
        dns: Callable[[], Lookup] = system_lookup,
    ):
        if config.imap and cursor is None:
            raise ValueError("mailboxes need a cursor")
        # A folder that only we put mail into knows nothing of a mail whose sending was cut short.
        self.knows_sent = config.relay_log is not None or (config.sent is not None and not config.sent.append)
        self._tokens = Tokens()
        self._parsers = parsers
        self._dns = dns
        self.smtp = SmtpDoor(config, config.smtp_in) if config.smtp_in else None
        lane = f"{CHANNEL}:{config.address.lower()}"
        self.mailboxes = tuple(
            ImapDoor(name, mailbox, cursor=cursor, lane=lane, tokens=self._tokens)
            for name, mailbox in config.imap.items()
            if cursor
        )
        self._config = config
        self._now = now
        self._started = now()
        self._doubts: dict[str, datetime | None] = {}

    async def run(self, accept: Accept) -> None:
        """All doors at once until cancelled. A server that cannot open its port ends it with that error."""
        async with asyncio.TaskGroup() as doors:
            if self.smtp is not None:
                doors.create_task(self.smtp.run(accept))
            for mailbox in self.mailboxes:
                doors.create_task(mailbox.run(accept))
            await asyncio.Event().wait()

    @property
    def door(self) -> DoorFacts | None:
        """How our own SMTP or LMTP door is; None when there is none, or another process holds it."""
        return self.smtp.facts if self.smtp is not None and self.smtp.opened.is_set() else None

    def health(self) -> Mapping[str, PollFacts]:
        """How reading each mailbox goes, by its name; only the process that holds the door knows."""
        return {mailbox.name: mailbox.facts for mailbox in self.mailboxes}

    def tokens_end(self) -> Mapping[str, datetime]:
        """When the right to fetch access tokens ends, for each account of which its provider has said so."""
        servers = {**self._config.imap, "smtp_out": self._config.smtp_out}
        known = {name: self._tokens.ends(server.oauth) for name, server in servers.items() if server and server.oauth}
        return {name: ends for name, ends in known.items() if ends is not None}

    async def read(self, raw: Raw) -> Inbound:
        """Understand stored bytes and prove their sender, for which the DNS may be asked."""
        mail = await self._parse(raw)
        auth = await asyncio.to_thread(prove, self._config, raw.body, raw.envelope, mail, self._dns())
        return to_inbound(self._config, raw, replace(mail, auth=auth))

    async def understand(self, raw: Raw, *, proven: Mapping[str, Any] | None = None) -> Inbound:
        """The same without asking anybody: as far as the bytes alone tell, so that it can be repeated years later.

        `proven` is what was found out about the sender when the mail came; it holds while the From is still read so.
        """
        mail = await self._parse(raw)
        domain = mail.from_.address.rpartition("@")[2].lower() if mail.from_ else ""
        if proven and domain and proven.get("from_domain", domain) == domain:
            mail = replace(mail, auth=dict(proven))
        return to_inbound(self._config, raw, mail)

    async def attachment(self, raw: Raw, sha256: str) -> bytes | None:
        """The content of one file of a stored mail; None when it is not in it. Raises OSError when nobody can read."""
        if self._parsers is not None:
            return await self._parsers.content(raw.body, sha256)
        mail = await asyncio.to_thread(read_mail, raw.body)
        return next((one.content for one in mail.attachments if one.sha256 == sha256), None)

    async def census(self, name: str) -> Census:
        """What a mailbox holds right now. Raises TemporaryChannelError."""
        try:
            return await self._mailbox(name).census()
        except (OSError, IMAPClientError) as error:
            raise TemporaryChannelError(f"mailbox {name}: {error}") from error

    async def messages(self, name: str, uids: Sequence[int], uidvalidity: int) -> list[Raw]:
        """These messages of a mailbox as deliveries, nothing marked. Raises TemporaryChannelError."""
        try:
            return await self._mailbox(name).fetch(uids, uidvalidity)
        except (OSError, IMAPClientError) as error:
            raise TemporaryChannelError(f"mailbox {name}: {error}") from error

    def _mailbox(self, name: str) -> ImapDoor:
        return next(mailbox for mailbox in self.mailboxes if mailbox.name == name)

    async def _parse(self, raw: Raw) -> ParsedMail:
        """Slow input costs a process or a thread, never the desk."""
        if not raw.body:
            raise Unreadable("the mail server could not give us this message")
        try:
            if self._parsers is not None:
                return await self._parsers.read(self._config, raw.body, raw.envelope)
            async with asyncio.timeout(_PARSE_SECONDS):
                return await asyncio.to_thread(
                    read_mail,
                    raw.body,
                    envelope=raw.envelope,
                    trusted_authserv_ids=self._config.trusted_authserv_ids,
                    own_addresses=self._config.addresses,
                )
        except TimeoutError as error:
            raise Unreadable(f"not understood within {_PARSE_SECONDS:.0f} seconds") from error
        except OSError as error:
            raise TemporaryChannelError(str(error)) from error

    async def send(self, reply: Reply) -> str:
        """Submit the mail and return its Message-ID. A repeat sends the same bytes, which most mailboxes show once."""
        settings = self._config.smtp_out
        if settings is None:
            raise PermanentChannelError("mail.smtp_out is not set: nothing can be sent")
        mail = self._written(settings, reply)
        try:
            await submit(settings, mail, hostname=self._config.domain, tokens=self._tokens)
        except TemporaryChannelError as error:
            self._doubts[reply.key] = self._now() if error.in_doubt else None
            raise self._later(settings, reply, error) from error
        self._doubts.pop(reply.key, None)
        await self._keep_copy(mail)
        return mail.message_id

    def _written(self, settings: SmtpOutConfig, reply: Reply) -> Outgoing:
        """The mail as it leaves. Raises PermanentChannelError: writing it again would end the same."""
        try:
            mail = write_mail(self._config, reply, verp=settings.verp)
            if self._config.dkim is None:
                return mail
            return replace(mail, content=sign(self._config.dkim, mail.content, reply.created_at))
        except (NoRecipient, ValueError, OSError) as error:
            raise PermanentChannelError(str(error)) from error

    def _later(
        self, settings: SmtpOutConfig, reply: Reply, error: TemporaryChannelError
    ) -> TemporaryChannelError | PermanentChannelError:
        """When to come back: soon after a doubt, else ever later, until a person must see to it."""
        waited = (self._now() - reply.first_tried_at).total_seconds() if reply.first_tried_at else 0.0
        pause = next_pause(waited, settings.first_retry_seconds)
        if error.in_doubt:
            # Each such try may have arrived: not many of them.
            if waited >= _MOST_DOUBT * settings.first_retry_seconds:
                return PermanentChannelError(f"it may have arrived, or not: {error}")
            soon = self._config.doubt_seconds if waited <= self._config.doubt_seconds else pause
            return TemporaryChannelError(str(error), retry_after=soon, in_doubt=True)
        if waited >= settings.give_up_seconds:
            return PermanentChannelError(f"tried for {waited / 3600:.1f} hours: {error}")
        return TemporaryChannelError(str(error), retry_after=pause)

    async def _keep_copy(self, mail: Outgoing) -> None:
        """Into the Sent folder, where people look for it. The mail is on its way, so a failure changes nothing."""
        sent = self._config.sent
        if sent is None or not sent.append:
            return
        try:
            await asyncio.to_thread(append_once, sent.imap, sent.folder, mail.message_id, mail.content, self._tokens)
        except (OSError, IMAPClientError) as error:
            log.warning("no copy of %s in %s: %s", mail.message_id, sent.folder, error)

    async def find_sent(self, reply: Reply) -> str | None:
        """Its Message-ID when the relay's log or the Sent folder has it.

        Not there, but tried a moment ago: it may still appear, so TemporaryChannelError asks to come back. Always
        None when neither is set (`knows_sent` is False then).
        """
        if (self._config.sent is None and self._config.relay_log is None) or reply.first_tried_at is None:
            return None
        identity = message_id(self._config, reply.ticket_id, reply.key)
        if await self._relay_took(identity) or await self._in_sent_folder(identity):
            self._doubts.pop(reply.key, None)
            return identity
        self._wait_out_doubt(reply.key, reply.first_tried_at)
        return None

    async def _relay_took(self, identity: str) -> bool:
        if self._config.relay_log is None:
            return False
        try:
            return await asyncio.to_thread(relay_took, self._config.relay_log, identity)
        except RelayLogError as error:
            raise TemporaryChannelError(f"cannot look into the relay's log: {error}", in_doubt=True) from error

    async def _in_sent_folder(self, identity: str) -> bool:
        sent = self._config.sent
        if sent is None:
            return False
        try:
            return await asyncio.to_thread(find_message, sent.imap, sent.folder, identity, self._tokens)
        except (OSError, IMAPClientError) as error:
            raise TemporaryChannelError(f"cannot look into {sent.folder}: {error}", in_doubt=True) from error

    def _wait_out_doubt(self, key: str, first_tried_at: datetime) -> None:
        # A try we do not remember was made before this process began, at the latest.
        last_try = self._doubts.get(key, max(first_tried_at, self._started))
        if last_try is None:  # the server itself told us that it did not take the mail
            return
        rest = timedelta(seconds=self._config.doubt_seconds) - (self._now() - last_try)
        if rest > timedelta(0):
            raise TemporaryChannelError(
                "sent a moment ago, it may still appear", retry_after=rest.total_seconds(), in_doubt=True
            )


def next_pause(waited: float, first: float) -> float:
    """Seconds until the next try of a mail that was first tried `waited` seconds ago: 1, 2, 5, 15, then 60 `first`."""
    begins = 0.0
    for factor in _PAUSES:
        begins += factor * first
        if waited < begins * 0.9:  # the tries before this one took some time themselves
            return factor * first
    return _PAUSES[-1] * first
