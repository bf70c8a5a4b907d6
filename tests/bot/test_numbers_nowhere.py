"""A card, social security or bank number that somebody sends is in no table, file, index or journal at any time."""

import base64
import json
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.deliveries import raw_of
from bot.desk import Desk
from bot.keeping import harmless, harmless_file
from bot.sealing import MARK, opened, seal
from channels.base import Raw, Unreadable
from channels.mail.config import MailConfig
from channels.mail.parse import read_mail
from channels.mail.send import MailChannel
from storage.models import Attachment, Delivery, Message
from tests.desks import hand_in, open_test_desk, rows, settle, with_parts, write

CARD, SSN, IBAN = "4532-1234-5678-9012", "123-45-6789", "DE89 3704 0044 0532 0130 00"
SAID = f"My card is {CARD}, my SSN {SSN} and my account {IBAN}, please refund me."
FORMS = [form.encode() for form in (CARD, CARD.replace("-", ""), SSN, IBAN, IBAN.replace(" ", ""))]
SECRETS = {"mail": {"address": "support@shop.example", "secret": "a long random text"}}


def mail(encoding: str, *, html: str = "", file: str = "", subject: str = "refund", number: int = 1) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Message-ID"] = (
        "alice@example.com",
        "support@shop.example",
        f"<m{number}@example.com>",
    )
    made["Subject"] = subject
    made.set_content(SAID + " Größe 42.", cte=encoding)
    if html:
        made.add_alternative(html, subtype="html", cte=encoding)
    if file:
        made.add_attachment(file, filename="numbers.txt", cte=encoding)
    return made.as_bytes()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
async def desk(database_url: str, town: Any) -> AsyncIterator[Desk]:
    async with open_test_desk(database_url, town.url, **SECRETS) as made:
        config = MailConfig(address="support@shop.example", name="Shop", secret="a long random text", check_dkim=False)
        yield with_parts(made, channels={**made.channels, "mail": MailChannel(config)})


def everything_on_disk(desk: Desk, url: str) -> bytes:
    """SQLite's file with its journals; every row of every table of PostgreSQL, its indexes' words included."""
    if desk.db.dialect == "sqlite":
        return b"".join(file.read_bytes() for file in Path(desk.db.file).parent.glob(f"{desk.db.file.name}*"))
    found: list[bytes] = []
    with psycopg.connect(url.replace("postgresql+psycopg:", "postgresql:")) as connection:
        for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
            for row in connection.execute(f'SELECT * FROM "{name}"').fetchall():
                found += [bytes(one) if isinstance(one, memoryview | bytes) else str(one).encode() for one in row]
    return b"\n".join(found)


def found_in(kept: bytes) -> list[bytes]:
    decoded = read_mail(kept).text.encode() if b"Message-ID" in kept else b""
    return [form for form in FORMS if form in kept or form in decoded]


async def test_neither_before_nor_after_it_is_understood(desk: Desk, database_url: str) -> None:
    await write(desk, "1.0", "1", SAID)
    for number, encoding in enumerate(("7bit", "quoted-printable", "base64")):
        body = mail(encoding if encoding != "7bit" else "8bit", html=f"<p>{SAID}</p>", file=f"{SAID}\n", number=number)
        await hand_in(desk, Raw("mail", f"m{number}", "mail:x", body, {"mail_from": "alice@example.com"}))
    assert not found_in(everything_on_disk(desk, database_url)), "sealed while it waits"
    assert {row.body.startswith(MARK) for row in await rows(desk, Delivery)} == {True}

    await settle(desk)

    assert not found_in(everything_on_disk(desk, database_url))
    kept = await rows(desk, Delivery)
    assert not [row.id for row in kept if row.body.startswith(MARK)], "masked, so it need not be sealed"
    for row in kept:
        assert not found_in(raw_of(desk, row).body)
        assert row.channel != "mail" or "[card ending 9012]" in read_mail(row.body).text
    assert not [row.note for row in await rows(desk, Attachment) if row.note], "the files of a mail are in the mail"
    texts = [row.text for row in await rows(desk, Message)]
    assert len([text for text in texts if "[card ending 9012]" in text]) >= 4


async def test_what_holds_no_such_number_is_kept_byte_for_byte(desk: Desk) -> None:
    body = b"From: alice@example.com\r\nTo: support@shop.example\r\nSubject: hi\r\n\r\nWhere is ORD-1001?\r\n"
    await hand_in(desk, Raw("mail", "m", "mail:x", body, {"mail_from": "alice@example.com"}))
    await settle(desk)

    [row] = await rows(desk, Delivery)
    assert row.body == body


@pytest.mark.parametrize(
    "page",
    [
        f"<p>{SAID}</p>",
        "<p>my card: 4532<b>1234</b>5678<i>9012</i></p>",
        "<p>my card: &#52;532-1234-5678-90&#49;2</p>",
        "<table><tr><td>4532</td><td>-1234-5678-9012</td></tr></table>",
    ],
)
@pytest.mark.parametrize("encoding", ["quoted-printable", "base64", "8bit"])
def test_a_page_is_masked_however_it_is_written(page: str, encoding: str) -> None:
    body = mail(encoding, html=f"<p>Größe 42</p>{page}", subject=f"card {CARD}")

    kept = harmless("mail", body, ())

    again = read_mail(kept)
    assert not [form for text in (again.text, again.visible, again.subject) for form in FORMS if form in text.encode()]
    assert "9012" in again.text
    assert "Größe 42" in again.text
    assert (again.message_id, again.from_) == (read_mail(body).message_id, read_mail(body).from_)


def test_a_number_that_cannot_be_masked_where_it_stands_stays_sealed() -> None:
    inner = EmailMessage()
    inner["Subject"] = "the old one"
    inner.set_content(SAID)
    outer = (
        b"From: a@example.com\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(inner.as_bytes())
    )

    with pytest.raises(Unreadable, match="encoded as a whole"):
        harmless("mail", outer, ())


def test_times_and_ids_of_slack_are_left_alone_and_words_are_masked() -> None:
    event: dict[str, Any] = {
        "type": "message",
        "ts": "4532123456.789012",
        "text": f"card {CARD}",
        "blocks": [{"type": "rich_text", "elements": [{"type": "text", "text": "4532-1234-"}]}],
        "files": [{"id": "F4532123456789012", "name": f"{CARD}.png", "url_private": "https://x/4532123456789012"}],
    }
    view = {"state": {"values": {"a": {"b": {"type": "plain_text_input", "value": f"paid with {CARD}"}}}}}

    kept = json.loads(harmless("slack", json.dumps({"event": event, "view": view}).encode(), ()))

    assert kept["event"]["ts"] == event["ts"]
    assert kept["event"]["files"][0]["id"] == event["files"][0]["id"]
    assert (kept["event"]["text"], "blocks" in kept["event"]) == ("card [card ending 9012]", False)
    assert kept["view"]["state"]["values"]["a"]["b"]["value"] == "paid with [card ending 9012]"
    assert CARD not in json.dumps(kept)


def test_what_is_sealed_opens_with_any_of_the_doors_secrets_and_says_so_when_none_fits() -> None:
    sealed = seal(b"bytes\xff", ("first",))

    assert b"bytes" not in sealed
    assert sealed != seal(b"bytes\xff", ("first",))
    assert opened(sealed, ("other", "first")) == b"bytes\xff"
    with pytest.raises(Unreadable, match=r"mail\.secret"):
        opened(sealed, ("other",))
    with pytest.raises(Unreadable):
        opened(sealed[:-1] + b"x", ("first",))


def test_a_file_of_text_is_kept_masked_and_a_picture_as_it_is() -> None:
    assert harmless_file("text/csv", f"a;{CARD}\nb;2\n".encode()) == b"a;[card ending 9012]\nb;2\n"
    assert harmless_file("text/plain; charset=utf-8", "Größe 42".encode()) == "Größe 42".encode()
    assert harmless_file("text/plain", f"Größe {CARD}".encode("cp1252")) == "Größe [card ending 9012]".encode("cp1252")
    assert harmless_file("image/png", CARD.encode()) == CARD.encode()
