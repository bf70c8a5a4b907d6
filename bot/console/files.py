"""Files people sent, handed out so that a browser saves them and never runs or shows them as a page of ours."""

import re
from urllib.parse import quote

from sqlmodel import Session
from starlette.responses import Response

from bot.console.page import Ask, Told, not_there
from bot.deliveries import raw_of
from bot.desk import Desk
from channels.base import Raw, Unreadable
from channels.mail.send import MailChannel
from storage.models import Attachment, Blob, Delivery, Message

HARMLESS = {"Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'"}
GONE = "The bytes of this file are not kept any more (retention), or were never fetched."


async def send_file(ask: Ask) -> Response:
    """One attachment: from where it was fetched to, or out of the mail it came in."""
    attachment, blob, delivery = await ask.desk.db.read(lambda tx: _find(tx, ask.path("id")))
    try:
        body = blob if blob is not None else await _from_mail(ask.desk, attachment, delivery)
    except OSError as error:
        raise Told(503, "Please try again", f"The mail it came in cannot be read just now: {error}") from error
    if body is None:
        raise Told(410, "Not kept", f"{GONE} {attachment.note}".strip())
    return saved(body, attachment.filename)


async def send_original(ask: Ask) -> Response:
    """A delivery as it came in, byte for byte; numbers that may not be kept are masked in it."""
    delivery = await ask.desk.db.read(lambda tx: tx.get(Delivery, ask.path("id")))
    if delivery is None:
        raise not_there()
    if not delivery.body:
        raise Told(410, "Not kept", GONE)
    return saved(_opened(ask.desk, delivery).body, f"{delivery.id}.{'eml' if delivery.channel == 'mail' else 'json'}")


def _opened(desk: Desk, delivery: Delivery) -> Raw:
    try:
        return raw_of(desk, delivery)
    except Unreadable as error:
        raise Told(410, "Sealed", str(error)) from error


def saved(body: bytes, filename: str) -> Response:
    """An answer every browser saves under this name (RFC 6266, RFC 8187) and none believes to be anything."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", filename).lstrip(".")[:120] or "file"
    named = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename[:120], safe='')}"
    headers = {**HARMLESS, "Content-Disposition": named}
    return Response(body, media_type="application/octet-stream", headers=headers)


def _find(tx: Session, attachment_id: str) -> tuple[Attachment, bytes | None, Delivery | None]:
    attachment = tx.get(Attachment, attachment_id)
    if attachment is None:
        raise not_there()
    blob = tx.get(Blob, attachment.sha256) if attachment.stored else None
    message = tx.get_one(Message, attachment.message_id)
    delivery = tx.get(Delivery, message.delivery_id) if message.delivery_id else None
    return attachment, blob.body if blob else None, delivery


async def _from_mail(desk: Desk, attachment: Attachment, delivery: Delivery | None) -> bytes | None:
    channel = desk.channels.get("mail")
    if delivery is None or not delivery.body or not isinstance(channel, MailChannel):
        return None
    raw = _opened(desk, delivery)
    return await channel.attachment(raw, attachment.sha256)
