"""The mail channel: its doors, its reading and its sending in one port."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from imapclient.exceptions import IMAPClientError

from channels.base import Accept, Inbound, PermanentChannelError, Raw, Reply, TemporaryChannelError, Unreadable
from channels.mail.config import MailConfig
from channels.mail.imap import Cursor, ImapDoor
from channels.mail.imap_mailbox import find_message
from channels.mail.inbound import to_inbound
from channels.mail.parse import read_mail
from channels.mail.smtp import CHANNEL, SmtpDoor
from channels.mail.submit import submit
from channels.mail.tokens import message_id
from channels.mail.write import NoRecipient, write_mail

_PARSE_SECONDS = 30.0


def _utc_now() -> datetime:
    return datetime.now(UTC)


class MailChannel:
    """Mail as a Channel. Doors whose settings are missing stay closed; without `sent`, doubts cannot be cleared.

    The external id of a mail we sent is its Message-ID without brackets. That of a mail we received is made of
    its content (`inbound.content_id`); its Message-ID is in `facts["message_id"]`.
    """

    name = CHANNEL

    def __init__(self, config: MailConfig, *, cursor: Cursor | None = None, now: Callable[[], datetime] = _utc_now):
        if config.imap and cursor is None:
            raise ValueError("mailboxes need a cursor")
        self.knows_sent = config.sent is not None
        self.smtp = SmtpDoor(config, config.smtp_in) if config.smtp_in else None
        lane = f"{CHANNEL}:{config.address.lower()}"
        self.mailboxes = tuple(
            ImapDoor(name, mailbox, cursor=cursor, lane=lane) for name, mailbox in config.imap.items() if cursor
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

    async def read(self, raw: Raw) -> Inbound:
        """Understand stored bytes; slow input costs its own thread and ends as Unreadable."""
        if not raw.body:
            raise Unreadable("the mail server could not give us this message")
        try:
            async with asyncio.timeout(_PARSE_SECONDS):
                mail = await asyncio.to_thread(
                    read_mail,
                    raw.body,
                    envelope=raw.envelope,
                    trusted_authserv_ids=self._config.trusted_authserv_ids,
                    own_addresses=(self._config.address,),
                )
        except TimeoutError as error:
            raise Unreadable(f"not understood within {_PARSE_SECONDS:.0f} seconds") from error
        return to_inbound(self._config, raw, mail)

    async def send(self, reply: Reply) -> str:
        """Submit the mail and return its Message-ID. A repeat sends the same bytes, which most mailboxes show once."""
        settings = self._config.smtp_out
        if settings is None:
            raise PermanentChannelError("mail.smtp_out is not set: nothing can be sent")
        try:
            mail = write_mail(self._config, reply, verp=settings.verp)
        except NoRecipient as error:
            raise PermanentChannelError(str(error)) from error
        try:
            await submit(settings, mail, hostname=self._config.domain)
        except TemporaryChannelError as error:
            self._doubts[reply.key] = self._now() if error.in_doubt else None
            raise
        self._doubts.pop(reply.key, None)
        return mail.message_id

    async def find_sent(self, reply: Reply) -> str | None:
        """Its Message-ID when the Sent folder has it.

        Not there, but tried a moment ago: the copy may be on its way, so TemporaryChannelError asks to come
        back. Always None when no Sent folder is set (`knows_sent` is False then).
        """
        sent = self._config.sent
        if sent is None or reply.first_tried_at is None:
            return None
        identity = message_id(self._config, reply.ticket_id, reply.key)
        try:
            found = await asyncio.to_thread(find_message, sent.imap, sent.folder, identity)
        except (OSError, IMAPClientError) as error:
            raise TemporaryChannelError(f"cannot look into {sent.folder}: {error}", in_doubt=True) from error
        if found:
            self._doubts.pop(reply.key, None)
            return identity
        self._wait_out_doubt(reply.key, reply.first_tried_at)
        return None

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
