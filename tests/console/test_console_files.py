"""Files people sent: handed out to be saved, never to be shown or run as a page of ours."""

from collections.abc import Callable
from email.message import EmailMessage

import pytest
from sqlmodel import Session

from bot.desk import Desk
from channels.mail.config import MailConfig
from channels.mail.send import MailChannel
from channels.mail.worker import ParserPool
from storage.models import Attachment, Blob, Delivery, Message, Ticket
from tests.bot.refunds import asked
from tests.console.browsing import SAM, Browser
from tests.desks import rows, settle, with_parts, write

PAGE = b"<html><script>alert(document.cookie)</script></html>"


async def with_file(desk: Desk, filename: str, content: bytes) -> str:
    """A message with a stored file; its id."""
    await write(desk, "T0ACME:C1:1.0", "1", "Here is the page")
    await settle(desk)
    (message,) = [one for one in await rows(desk, Message) if one.role == "requester"]

    def add(tx: Session) -> str:
        tx.add(Blob(sha256="a" * 64, body=content, size=len(content), created_at=desk.now()))
        file = Attachment(message_id=message.id, filename=filename, content_type="text/html", size=len(content),
                          sha256="a" * 64, stored=True)  # fmt: skip
        tx.add(file)
        tx.flush()
        return file.id

    return await desk.db.write(add)


@pytest.mark.parametrize(
    ("filename", "plain"),
    [
        ("page.html", 'filename="page.html"'),
        ('a"; filename="b.exe', 'filename="a___filename__b.exe"'),
        ("../../etc/passwd", 'filename="_.._etc_passwd"'),
        ("Rechnung Ä.pdf\r\nSet-Cookie: x=1", "Rechnung"),
        ("", 'filename="file"'),
    ],
)
async def test_a_file_is_saved_under_a_harmless_name_and_never_shown(
    desk: Desk, sam: Browser, filename: str, plain: str
) -> None:
    file = await with_file(desk, filename, PAGE)

    answer = await sam.get(f"/console/files/{file}")

    said = answer.headers["content-disposition"]
    assert answer.content == PAGE
    assert said.startswith("attachment; ")
    assert plain in said
    assert "\n" not in said
    assert "set-cookie" not in answer.headers
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_the_file_of_a_mail_comes_out_of_the_mail_as_it_was(
    desk: Desk, open_browser: Callable[..., Browser]
) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "alice@example.com", "support@example.com", "A file"
    mail.set_content("See the file.")
    mail.add_attachment(bytes(range(256)), maintype="application", subtype="octet-stream", filename="all.bin")
    action = await asked(desk)
    sha256 = "40aff2e9d2d8922e47afd4648e6967497158785fbd1da870e7110266bf944880"

    def add(tx: Session) -> str:
        ticket = tx.get_one(Ticket, action.ticket_id)
        delivery = Delivery(channel="mail", key="k", lane="l", body=mail.as_bytes(), envelope={},
                            received_at=desk.now())  # fmt: skip
        tx.add(delivery)
        tx.flush()
        message = Message(ticket_id=ticket.id, direction="inbound", channel="mail", role="requester", text="See",
                          sent_at=desk.now(), created_at=desk.now(), delivery_id=delivery.id)  # fmt: skip
        tx.add(message)
        tx.flush()
        file = Attachment(message_id=message.id, filename="all.bin", content_type="x/y", size=256, sha256=sha256)
        tx.add(file)
        tx.flush()
        return file.id

    file = await desk.db.write(add)
    pool = ParserPool(processes=1)
    channel = MailChannel(MailConfig(address="support@example.com", secret="s"), parsers=pool)
    browser = open_browser(desk=with_parts(desk, channels={**desk.channels, "mail": channel}))
    await browser.sign_in(SAM, "Sam")
    answer = await browser.get(f"/console/files/{file}")
    await pool.close()

    assert answer.content == bytes(range(256))


async def test_what_is_not_kept_any_more_says_so(desk: Desk, sam: Browser) -> None:
    await write(desk, "T0ACME:C1:1.0", "1", "Hello there, where is ORD-1003?")
    await settle(desk)
    delivery = (await rows(desk, Delivery))[0]

    kept = await sam.get(f"/console/originals/{delivery.id}")
    assert kept.content == delivery.body
    assert "attachment" in kept.headers["content-disposition"]

    def remove(tx: Session) -> None:
        row = tx.get_one(Delivery, delivery.id)
        row.body = b""
        tx.add(row)

    await desk.db.write(remove)
    gone = await sam.get(f"/console/originals/{delivery.id}")
    assert gone.status_code == 410
    assert "not kept" in gone.text
