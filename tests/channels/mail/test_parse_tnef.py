"""A winmail.dat gives its files, their names and its text, and no damaged one stops the desk."""

import base64
import struct

from hypothesis import given
from hypothesis import strategies as st

from channels.mail.parse import read_mail
from channels.mail.parse.rtf import decompress, read_rtf
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


def packed_rtf(rtf: bytes) -> bytes:
    """A winmail.dat whose only body is RTF, in the container for streams that are not compressed."""
    stored = struct.pack("<IIII", len(rtf) + 12, len(rtf), 0x414C454D, 0) + rtf
    value = struct.pack("<HHII", 0x0102, 0x1009, 1, len(stored)) + stored + b"\0" * (-len(stored) % 4)
    return struct.pack("<IH", SIGNATURE, 1) + attribute(1, PROPS, properties(value))


def test_compressed_rtf_is_read():
    """The two streams that the format's own document spells out."""
    hello = "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    crossing = "1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0"

    assert decompress(bytes.fromhex(hello)) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert decompress(bytes.fromhex(crossing)) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"
    assert decompress(b"something else that is long enough") == b""


def test_mail_that_is_nothing_but_packed_rtf_is_read():
    rtf = (
        rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Arial;}{\f1\fcharset204 Arial Cyr;}}{\*\generator Outlook;}"
        rb"Hello,\par my lamp \b broke\b0 .{\v nobody sees this}\par Gr\'fc\'dfe, {\f1 \'c0\'ed\'ed\'e0} \u8364?5}"
    )

    assert read_mail(mail(packed_rtf(rtf))).visible == "Hello,\nmy lamp broke.\nGrüße, Анна €5"


def test_html_that_was_wrapped_in_packed_rtf_is_read_with_its_quotation():
    rtf = (
        rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0 Arial;}}"
        rb"{\*\htmltag64 <p>}\htmlrtf \f0\b \htmlrtf0 Yes please.\htmlrtf\par nobody\htmlrtf0 {\*\htmltag72 </p>}"
        rb"{\*\htmltag84 <blockquote type=cite>}Shall we send it?{\*\htmltag92 </blockquote>}}"
    )
    found = read_mail(mail(packed_rtf(rtf)))

    assert (found.visible, found.quoted) == ("Yes please.", "> Shall we send it?")


@given(st.binary(max_size=300))
def test_no_rtf_makes_reading_fail(noise):
    read_rtf(b"{\\rtf1" + noise)
    decompress(struct.pack("<III", 0, 0, 0x75465A4C) + noise)
