"""What the mail door needs to know, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

MEBIBYTE = 1024 * 1024

Tls = Literal["implicit", "starttls", "none"]


@dataclass(frozen=True, slots=True)
class ImapConfig:
    """One mailbox.

    Stored mail is moved to `done_folder` when there is one, else flagged. A message above `max_bytes` is
    accounted for by its headers alone. `idle` uses the server's push beside polling. Times are seconds.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: Tls = "implicit"
    folder: str = "INBOX"
    auth: Literal["password"] = "password"
    poll_seconds: float = 60.0
    done_folder: str | None = None
    idle: bool = True
    max_bytes: int = 25 * MEBIBYTE
    timeout_seconds: float = 60.0
    first_pause_seconds: float = 1.0
    longest_pause_seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class SmtpInConfig:
    """Our own SMTP or LMTP server.

    `idle_seconds` without a byte, or `absolute_seconds` in all, end a connection; `accept_seconds` is how
    long a commit may take before the sender is told to come again. New mail is refused for now while the
    disk of `disk_path` has fewer than `min_free_disk` bytes. With a certificate, STARTTLS is offered.
    """

    host: str = "127.0.0.1"
    port: int = 10025
    protocol: Literal["smtp", "lmtp"] = "lmtp"
    max_bytes: int = 25 * MEBIBYTE
    max_connections: int = 200
    per_ip: int = 50
    idle_seconds: float = 300.0
    absolute_seconds: float = 1800.0
    accept_seconds: float = 120.0
    drain_seconds: float = 20.0
    recipients: int = 100
    min_free_disk: int = 256 * MEBIBYTE
    disk_path: str = "."
    tls_certificate: str | None = None
    tls_key: str | None = None


@dataclass(frozen=True, slots=True)
class SmtpOutConfig:
    """The submission server that sends for us.

    `verp` puts the message id into the envelope sender (bounce+…@), so that a bounce finds its reply; turn
    it off for a server that lets the mailbox itself be the only sender.
    """

    host: str
    port: int
    tls: Tls = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 30.0
    verp: bool = True


@dataclass(frozen=True, slots=True)
class SentConfig:
    """Where a sent mail can be found again: the folder into which the submission server puts its copies."""

    imap: ImapConfig
    folder: str = "Sent"


@dataclass(frozen=True, slots=True)
class MailConfig:
    """The whole mail door. A part that is None, or an empty `imap`, is a door that stays closed.

    `secret` signs thread tokens: keep it, or old threads are no longer recognised. `trusted_authserv_ids`
    are the servers whose Authentication-Results are believed. `doubt_seconds`: how long a submission whose
    answer was lost may still show up in `sent`.
    """

    address: str
    secret: str = field(repr=False)
    name: str = ""
    trusted_authserv_ids: tuple[str, ...] = ()
    imap: Mapping[str, ImapConfig] = field(default_factory=dict)
    smtp_in: SmtpInConfig | None = None
    smtp_out: SmtpOutConfig | None = None
    sent: SentConfig | None = None
    doubt_seconds: float = 10.0

    def __post_init__(self) -> None:
        local, at, domain = self.address.rpartition("@")
        if not (local and at and domain) or not self.address.isascii() or not self.address.isprintable():
            raise ValueError(f"not a mail address: {self.address!r}")
        if not self.secret:
            raise ValueError("mail.secret is empty: anybody could forge thread tokens")

    @property
    def local_part(self) -> str:
        """What stands before the @, in lower case."""
        return self.address.rpartition("@")[0].lower()

    @property
    def domain(self) -> str:
        """What stands behind the @, in lower case."""
        return self.address.rpartition("@")[2].lower()
