"""A winmail.dat gives its files, their names and its text, and no damaged one stops the desk."""

import base64
import struct

from hypothesis import given
from hypothesis import strategies as st

from channels.mail.parse import read_mail
from channels.mail.parse.tnef import SIGNATURE, read_tnef

TITLE, DATA, RENDERING, ATTACH_PROPS, BODY, PROPS = 0x018010, 0x06800F, 0x069002, 0x069005, 0x02800C, 0x069003


def attribute(level: int, name: int, data: bytes) -> bytes:
    kind = 0x00010000 * (name >> 16)
    return struct.pack("<BII", level, kind | name & 0xFFFF, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def unicode_property(name: int, text: str) -> bytes:
    value = (text + "\0").encode("utf-16-le")
    return struct.pack("<HHII", 0x001F, name, 1, len(value)) + value + b"\0" * (-len(value) % 4)


def number_property(name: int) -> bytes:
    return struct.pack("<HHI", 0x0003, name, 7)


def properties(*each: bytes) -> bytes:
    return struct.pack("<I", len(each)) + b"".join(each)


STREAM = (
    struct.pack("<IH", SIGNATURE, 1)
    + attribute(1, BODY, "Grüße aus dem Büro".encode("cp1252") + b"\0")
    + attribute(1, PROPS, properties(number_property(0x0017), number_property(0x0E08)))
    + attribute(2, RENDERING, b"\0" * 14)
    + attribute(2, TITLE, b"RECHNU~1.PDF\0")
    + attribute(2, DATA, b"%PDF-1.4 invoice")
    + attribute(2, ATTACH_PROPS, properties(number_property(0x0E20), unicode_property(0x3707, "Rechnung März.pdf")))
    + attribute(2, RENDERING, b"\0" * 14)
    + attribute(2, TITLE, b"notes.txt\0")
    + attribute(2, DATA, b"two lamps")
)


def mail(stream: bytes, text: str = "") -> bytes:
    body = f"--B\r\nContent-Type: text/plain\r\n\r\n{text}\r\n" if text else ""
    return (
        'From: a@x.example\r\nTo: us@y.example\r\nContent-Type: multipart/mixed; boundary="B"\r\n\r\n'
        + body
        + "--B\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(stream).decode()
        + "\r\n--B--\r\n"
    ).encode()


def test_packed_files_are_listed_under_their_real_names_instead_of_the_winmail_dat():
    found = read_mail(mail(STREAM, "See the files."))

    assert [(one.filename, one.content_type, one.content) for one in found.attachments] == [
        ("Rechnung März.pdf", "application/pdf", b"%PDF-1.4 invoice"),
        ("notes.txt", "text/plain", b"two lamps"),
    ]
    assert found.visible == "See the files."
    assert "tnef" in found.flags


def test_packed_text_is_read_when_the_mail_has_no_other():
    assert read_mail(mail(STREAM)).visible == "Grüße aus dem Büro"


def test_a_stream_that_cannot_be_read_stays_a_file():
    [one] = read_mail(mail(b"no tnef at all", "See the files.")).attachments

    assert (one.filename, one.content) == ("winmail.dat", b"no tnef at all")


def test_what_stands_before_a_damage_is_kept():
    cut = read_tnef(STREAM[:-5])

    assert [one.name for one in cut.files] == ["Rechnung März.pdf"]
    assert not cut.whole


@given(st.integers(0, len(STREAM) - 1), st.binary(max_size=12), st.integers(0, 12))
def test_no_damage_makes_reading_fail(at, noise, dropped):
    read_tnef(STREAM[:at] + noise + STREAM[at + dropped :])


@given(st.binary(max_size=400))
def test_no_bytes_behind_the_signature_make_reading_fail(noise):
    read_tnef(struct.pack("<IH", SIGNATURE, 1) + noise)
