"""Accounts, folders and mail, and the book of everything that was accepted."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from itertools import count

from bot.sandbox.feed import Feed
from bot.sandbox.mail.tokens import TokenOffice

INBOX = "INBOX"
SENT = "Sent"


@dataclass(slots=True, eq=False)
class Stored:
    """One mail in one folder."""

    uid: int
    raw: bytes
    flags: set[str]
    arrived: datetime


@dataclass(slots=True, eq=False)
class Folder:
    """Mail by UID, ascending. A folder made anew under an old name gets a new `uidvalidity`."""

    name: str
    uidvalidity: int
    uidnext: int = 1
    mails: dict[int, Stored] = field(default_factory=dict)

    def add(self, raw: bytes, flags: Iterable[str], arrived: datetime) -> int:
        """Store and return the UID, which is never used again."""
        uid = self.uidnext
        self.uidnext += 1
        self.mails[uid] = Stored(uid, raw, set(flags), arrived)
        return uid


@dataclass(slots=True, eq=False)
class Account:
    """One person's mailbox."""

    address: str
    password: str
    folders: dict[str, Folder] = field(default_factory=dict)


class PostOffice:
    """Every mailbox of this world. The desk's is there from the start, a customer's from the first mail to it."""

    def __init__(self, desk_address: str, password: str) -> None:
        self.desk_address = desk_address.lower()
        self.password = password
        self.feed = Feed()
        self.tokens = TokenOffice()
        self.accounts: dict[str, Account] = {}
        self.accepted: Counter[str] = Counter()
        # Larger than any of an earlier run, so that a client notices that this is another server.
        self._validities = count(int(datetime.now(UTC).timestamp()))
        self.account(self.desk_address)

    @property
    def domain(self) -> str:
        return self.desk_address.rpartition("@")[2]

    def account(self, address: str) -> Account:
        """The account of `address`, opened when it is new."""
        key = self.mailbox_of(address)
        if key not in self.accounts:
            self.accounts[key] = Account(key, self.password)
            for name in (INBOX, SENT):
                self.create_folder(self.accounts[key], name)
        return self.accounts[key]

    def create_folder(self, account: Account, name: str) -> Folder:
        """A new, empty folder."""
        account.folders[name] = Folder(name, next(self._validities))
        return account.folders[name]

    def mailbox_of(self, address: str) -> str:
        """Plus-addresses belong to the name before the plus; the desk's bounce addresses to the desk."""
        local, _, domain = address.strip().lower().rpartition("@")
        name = local.partition("+")[0]
        if domain == self.domain and name == "bounce":
            return self.desk_address
        return f"{name}@{domain}"

    def knows(self, address: str) -> bool:
        """False for addresses that cannot exist: the desk's domain has only its own mailboxes."""
        mailbox = self.mailbox_of(address)
        local, _, domain = mailbox.rpartition("@")
        return bool(local and domain) and (domain != self.domain or mailbox in self.accounts)

    def deliver(self, address: str, raw: bytes, *, folder: str = INBOX, flags: Iterable[str] = ()) -> int:
        """Put a mail into a folder of somebody's account."""
        account = self.account(address)
        uid = account.folders[folder].add(raw, flags, datetime.now(UTC))
        self.feed.add("mail", address=account.address, folder=folder, uid=uid, message_id=message_id_of(raw))
        return uid

    def accept(self, owner: str, mail_from: str, recipients: Iterable[str], raw: bytes) -> None:
        """Take responsibility for a mail of the desk: a copy to every recipient, one into the owner's Sent."""
        self.accepted[message_id_of(raw)] += 1
        for recipient in recipients:
            trace = f"Return-Path: <{mail_from}>\r\nDelivered-To: {recipient}\r\n"
            self.deliver(recipient, trace.encode() + raw)
        self.deliver(owner, raw, folder=SENT, flags=["\\Seen"])


def message_id_of(raw: bytes) -> str:
    """The Message-ID without brackets; "" when there is none."""
    return str(BytesHeaderParser().parsebytes(raw).get("Message-ID", "")).strip().strip("<>")
