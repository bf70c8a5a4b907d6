"""What the mail door needs to know, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

MEBIBYTE = 1024 * 1024

Tls = Literal["implicit", "starttls", "none"]
Auth = Literal["password", "xoauth2"]


@dataclass(frozen=True, slots=True)
class OAuthConfig:
    """Where access tokens come from, for providers that refuse passwords.

    With a refresh token (Google, Microsoft 365) the app acts for the one who gave it; without one it asks in
    its own name (Microsoft's client credentials). Microsoft gives a new refresh token with every access token
    and lets the old one expire: `refresh_token_file` is kept up to date, and then wins over `refresh_token`. What is
    written there is sealed with `seal_key`, unless that is blank.
    """

    token_url: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    refresh_token_file: str | None = None
    scope: str = ""
    seal_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ImapConfig:
    """One mailbox.

    Stored mail is moved to `done_folder` when there is one, else flagged. A message above `max_bytes` is
    accounted for by its headers alone. `idle` uses the server's push beside polling. Times are seconds.
    `start` says what the very first start reads: only what comes from then on ("new"), or "all" that is there.
    A message whose reading broke the connection `fetch_tries` times is accounted for without its content.
    """

    host: str
    port: int
    user: str
    password: str = field(default="", repr=False)
    tls: Tls = "implicit"
    folder: str = "INBOX"
    auth: Auth = "password"
    oauth: OAuthConfig | None = None
    start: Literal["new", "all"] = "new"
    poll_seconds: float = 60.0
    done_folder: str | None = None
    idle: bool = True
    fetch_tries: int = 4
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
    it off for a server that lets the mailbox itself be the only sender. While the server says "later" (4xx, or
    is not there) we come back after 1, 2, 5, 15 and then every 60 times `first_retry_seconds`, and give the mail
    to a person after `give_up_seconds`.
    """

    host: str
    port: int
    tls: Tls = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    auth: Auth = "password"
    oauth: OAuthConfig | None = None
    timeout: float = 30.0
    verp: bool = True
    first_retry_seconds: float = 60.0
    give_up_seconds: float = 86_400.0


@dataclass(frozen=True, slots=True)
class DkimConfig:
    """Our own signature, for when no relay signs: selector._domainkey.domain holds the public half of `key_file`."""

    selector: str
    domain: str
    key_file: str


@dataclass(frozen=True, slots=True)
class SentConfig:
    """Where a sent mail can be found again: the folder into which the submission server puts its copies.

    With `append` the server puts none there and we do, once; then the folder cannot tell what was sent.
    """

    imap: ImapConfig
    folder: str = "Sent"
    append: bool = False


@dataclass(frozen=True, slots=True)
class RelayLogConfig:
    """The log of the relay that sends for us: its `file`, or a `command` that prints it ("{message_id}" is put in)."""

    file: str = ""
    command: tuple[str, ...] = ()
    seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class MailConfig:
    """The whole mail door. A part that is None, or an empty `imap`, is a door that stays closed.

    `secret` signs thread tokens: keep it, or old threads are no longer recognised. `trusted_authserv_ids`
    are the servers whose Authentication-Results are believed. `doubt_seconds`: how long a submission whose
    answer was lost may still show up in `sent` or `relay_log`. `aliases` are further addresses of ours.
    What somebody in `staff` (addresses, or whole domains) forwards to us becomes its original sender's mail.

    Proof of senders: `check_dkim` verifies signatures ourselves where no trusted server proved anything; `edge`
    says that strangers' servers talk to our SMTP door directly, so that SPF and DMARC are checked here and nobody's
    Authentication-Results are believed there; `arc_sealers` are forwarders whose ARC seals are believed.
    `quote` puts the requester's last message below what we say.
    `subject_token` writes [#ticket] into subjects; one that comes back is obeyed from participants in any case.
    """

    address: str
    secret: str = field(repr=False)
    name: str = ""
    aliases: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    trusted_authserv_ids: tuple[str, ...] = ()
    check_dkim: bool = True
    edge: bool = False
    arc_sealers: tuple[str, ...] = ()
    dkim: DkimConfig | None = None
    subject_token: bool = False
    imap: Mapping[str, ImapConfig] = field(default_factory=dict)
    smtp_in: SmtpInConfig | None = None
    smtp_out: SmtpOutConfig | None = None
    sent: SentConfig | None = None
    relay_log: RelayLogConfig | None = None
    quote: bool = True
    doubt_seconds: float = 10.0

    def __post_init__(self) -> None:
        for address in (self.address, *self.aliases):
            local, at, domain = address.rpartition("@")
            if not (local and at and domain) or not address.isascii() or not address.isprintable():
                raise ValueError(f"not a mail address: {address!r}")
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

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address of ours, in lower case, the main one first."""
        return tuple(dict.fromkeys(address.lower() for address in (self.address, *self.aliases)))
