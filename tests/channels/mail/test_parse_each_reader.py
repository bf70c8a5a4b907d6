"""Every reader of one thing takes any text or bytes a stranger may put there, and says what it promises to say."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.mail.parse import charsets, dates, flowed, headers, invites
from channels.mail.parse.addresses import read_addresses, read_spoken_mailbox, read_spoken_mailboxes
from channels.mail.parse.attachments import real_type, safe_name
from channels.mail.parse.auth import parse_results
from channels.mail.parse.header_labels import read_bare_block, read_block, split_run_on
from channels.mail.parse.quote_markers import attribution_span, is_attribution
from channels.mail.parse.signatures import is_device_line, signature_start
from channels.mail.relay_log import accepted_in

PIECES = st.sampled_from(
    [
        "<",
        ">",
        "@",
        ",",
        ";",
        ":",
        '"',
        "(",
        ")",
        "\\",
        "=?utf-8?B?",
        "?=",
        "a@b.c",
        "Von",
        "From: ",
        "\r\n ",
        "4 Jun",
        "2024",
        "08:01",
        "+0200",
        "Z",
        "--",
        "wrote:",
        "|",
        "\u202e",
        "�",
        "\x00",
        "é",
        "発",
        "spf=pass",
        " header.d=x",
    ]
)
WRITING = st.lists(PIECES | st.text(max_size=8), max_size=30).map("".join)
READERS: dict[str, Callable[[str], Any]] = {
    "addresses": read_addresses,
    "spoken mailbox": read_spoken_mailbox,
    "spoken mailboxes": read_spoken_mailboxes,
    "date": dates.read_date,
    "encoded words": headers.decode_words,
    "message ids": headers.message_ids,
    "proof": parse_results,
    "flowed text": lambda text: flowed.unflow(text, True),
    "invitation": invites.describe_invite,
    "printed headers": lambda text: read_block(text.split("\n") or [""], 0),
    "printed headers in a table": lambda text: read_bare_block(text.split("\n") or [""], 0),
    "run-on headers": split_run_on,
    "attribution": is_attribution,
    "attribution over lines": lambda text: attribution_span(text.split("\n"), 0, ()),
    "signature": lambda text: signature_start(text.split("\n")),
    "device line": is_device_line,
    "relay log": lambda text: accepted_in(text.split("\n"), "a@b.c"),
    "charset": lambda text: charsets.decode(text.encode("utf-8", "surrogatepass"), text[:20]),
    "type": lambda text: real_type(text.encode("utf-8", "surrogatepass"), "application/octet-stream", text),
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@settings(max_examples=60)
@given(text=WRITING)
def test_no_writing_makes_a_reader_fail(read, text):
    read(text)


@given(WRITING, st.sampled_from(["", "text/plain", "image/png"]))
def test_a_file_name_is_always_one_that_can_be_written(name, kind):
    safe = safe_name(name, kind)

    assert 0 < len(safe) <= 120
    assert not set(safe) & set('/\\\0\n\r:"<>|?*')
