"""Fetches the bytes of a file that stayed with its channel, and keeps them once per content."""

import asyncio
import hashlib

from sqlmodel import Session

from bot.audit import record
from bot.desk import Desk
from bot.errors import NeedsAPerson, RetryLater
from bot.keeping import harmless_file
from channels.base import FetchesFiles, PermanentChannelError, TemporaryChannelError
from storage.models import Attachment, Blob, Message

MOST_BYTES = 100 * 1024 * 1024
"""Whatever the channel's own limit says; a database row holds no more."""


async def fetch_file(desk: Desk, attachment_id: str) -> None:
    """Ask the channel for the file, once; what cannot be had is noted on the attachment."""
    attachment, channel_name = await desk.db.read(lambda tx: _look(tx, attachment_id))
    channel = desk.channels.get(channel_name)
    if attachment.stored or not attachment.source or not isinstance(channel, FetchesFiles):
        return
    try:
        body, content_type = await channel.fetch(attachment.source, MOST_BYTES)
    except TemporaryChannelError as error:
        raise RetryLater(str(error)) from error
    except PermanentChannelError as error:
        raise NeedsAPerson(str(error)) from error
    kept = await asyncio.to_thread(harmless_file, content_type, body)
    await desk.db.write(lambda tx: _keep(tx, desk, attachment_id, kept, content_type))


def _look(tx: Session, attachment_id: str) -> tuple[Attachment, str]:
    attachment = tx.get_one(Attachment, attachment_id)
    return attachment, tx.get_one(Message, attachment.message_id).channel


def _keep(tx: Session, desk: Desk, attachment_id: str, body: bytes, content_type: str) -> None:
    digest = hashlib.sha256(body).hexdigest()
    if tx.get(Blob, digest) is None:
        tx.add(Blob(sha256=digest, body=body, size=len(body), content_type=content_type[:255], created_at=desk.now()))
        tx.flush()
    attachment = tx.get_one(Attachment, attachment_id)
    if not attachment.source:
        return
    attachment.sha256, attachment.size, attachment.stored = digest, len(body), True
    attachment.content_type = content_type[:255] or attachment.content_type
    tx.add(attachment)


async def give_up_fetching(desk: Desk, attachment_id: str, why: str) -> None:
    """The file stays where it is; staff see its name and why it was not fetched."""

    def change(tx: Session) -> None:
        attachment = tx.get_one(Attachment, attachment_id)
        attachment.note = why[:300]
        tx.add(attachment)
        record(tx, desk, "bot", "file_not_fetched", attachment_id, {"why": why})

    await desk.db.write(change)
