"""Looks through a whole folder on a connection of its own, so that nobody who reads it is disturbed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from channels.mail.config import ImapConfig
from channels.mail.imap_mailbox import Fetched, Mailbox, close, connect
from channels.mail.oauth import Tokens


@dataclass(frozen=True, slots=True)
class Census:
    """Every message of a folder: UID and arrival."""

    uidvalidity: int
    arrived: Mapping[int, datetime]


def take_census(config: ImapConfig, tokens: Tokens) -> Census:
    """Blocks. Raises OSError or IMAPClientError."""
    client = connect(config, tokens)
    try:
        mailbox = Mailbox(client, config)
        uidvalidity = mailbox.select(readonly=True)
        return Census(uidvalidity, mailbox.arrived(mailbox.uids_after(0)))
    finally:
        close(client)


def fetch_some(config: ImapConfig, tokens: Tokens, uids: Sequence[int], uidvalidity: int) -> list[Fetched]:
    """These messages, without marking any; none when they have been numbered anew. Blocks, raises as above."""
    client = connect(config, tokens)
    try:
        mailbox = Mailbox(client, config)
        if mailbox.select(readonly=True) != uidvalidity:
            return []
        return [message for sizes in mailbox.batches(uids) for message in mailbox.fetch(sizes)]
    finally:
        close(client)
