"""Mailboxes, our own SMTP door, the server that sends for us, and whom we believe."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import Field, SecretStr

from bot.settings.section import Names, Section


class OAuthSettings(Section):
    """Where access tokens come from: with a refresh token as a person's app, without one as the app alone."""

    token_url: str = Field(
        description="https://oauth2.googleapis.com/token, or …microsoftonline.com/TENANT/oauth2/v2.0/token"
    )
    client_id: str = Field(description="the app's id")
    client_secret: SecretStr | None = Field(None, description="the app's secret, where it has one")
    refresh_token: SecretStr | None = Field(None, description="None: the app asks in its own name (Microsoft 365)")
    refresh_token_file: str | None = Field(None, description="kept up to date when the provider changes the token")
    scope: str = Field("", description="such as https://outlook.office365.com/.default; Google needs none")
    expires_on: date | None = Field(None, description="the day the app's secret ends, where the provider sets one")


class ImapSettings(Section):
    """One mailbox."""

    host: str = Field(description="the IMAP server")
    port: int = Field(993, description="993 for implicit TLS, 143 otherwise")
    tls: Literal["implicit", "starttls", "none"] = Field("implicit", description="none: only towards this machine")
    user: str = Field(description="the account's login name, often the address")
    password: SecretStr | None = Field(None, description="the account's password, or an app password")
    folder: str = Field("INBOX", description="the folder that is read")
    auth: Literal["password", "xoauth2"] = Field("password", description="how the account proves itself")
    oauth: OAuthSettings | None = Field(None, description="for auth = xoauth2")
    start: Literal["new", "all"] = Field("new", description="all: the first start also answers what is already there")
    idle: bool = Field(True, description="let the server tell us of new mail; polling goes on beside it")
    poll_seconds: float = Field(60.0, gt=0, description="polling goes on even when the server can push")
    done_folder: str | None = Field(None, description="where stored mail is moved; None: flagged instead")


class SmtpInSettings(Section):
    """Our own SMTP or LMTP door."""

    host: str = Field("127.0.0.1", description="the address it listens on; 0.0.0.0: every one")
    port: int = Field(10025, description="the port it listens on")
    protocol: Literal["smtp", "lmtp"] = Field("lmtp", description="lmtp behind your own mail server")
    max_bytes: int = Field(25 * 1024 * 1024, gt=0, description="a larger mail is refused with 552")
    max_connections: int = Field(200, gt=0, description="more at once are asked to come back (421)")
    max_connections_per_address: int = Field(50, gt=0, description="the same for one sender's address")
    tls_certificate: str | None = Field(
        None, description="file with our certificate chain; with it STARTTLS is offered"
    )
    tls_key: str | None = Field(None, description="file with its key; None: it is in the same file")
    min_free_disk: int = Field(256 * 1024 * 1024, ge=0, description="with fewer free bytes mail is put off (452)")
    disk_path: str | None = Field(None, description="the disk that is looked at; None: the database's folder")


class SmtpOutSettings(Section):
    """The submission server that sends for us."""

    host: str = Field(description="the submission server")
    port: int = Field(587, description="587 for STARTTLS, 465 for implicit TLS")
    tls: Literal["starttls", "implicit", "none"] = Field("starttls", description="none: only towards this machine")
    user: str | None = Field(None, description="login name; None: the server asks for none")
    password: SecretStr | None = Field(None, description="belongs to user")
    auth: Literal["password", "xoauth2"] = Field("password", description="how we prove who we are")
    oauth: OAuthSettings | None = Field(None, description="for auth = xoauth2")
    timeout_seconds: float = Field(30.0, gt=0, description="longest wait for one answer of the server")
    verp: bool = Field(True, description="envelope sender bounce+…@; False where only the mailbox itself may send")
    first_retry_seconds: float = Field(60.0, gt=0, description="after a 4xx; then 2, 5, 15 and 60 times as long")
    give_up_hours: float = Field(24.0, gt=0, description="a mail that could not leave for so long goes to a person")


class SentSettings(Section):
    """Where a sent mail can be found again after a crash: a folder of one of the mailboxes in mail.imap."""

    mailbox: str = Field(description="name of a mailbox in mail.imap")
    folder: str = Field("Sent", description="the folder in it where sent mail is kept")
    append: bool = Field(False, description="True where the submission server keeps no copy: then we put one there")


class RelayLogSettings(Section):
    """The log of the relay that sends for us: asked after a crash whether it took a mail. Set one of the two."""

    file: str = Field("", description="such as /var/log/mail.log; the one rotated before it is read as well")
    command: Names = Field((), description="prints it, e.g. journalctl -u postfix -S -2h; {message_id} is put in")


class DkimSettings(Section):
    """Our own signature on what we send, for when no relay signs."""

    selector: str = Field(description="the public key is at selector._domainkey.domain")
    domain: str = Field(description="the domain of mail.address, or one above it")
    key_file: str = Field(description="the private key (PEM, RSA)")


class MailSettings(Section):
    """Mail; without `address` the mail door stays closed."""

    address: str | None = Field(None, description="the address customers write to")
    secret: SecretStr | None = Field(None, description="signs thread tokens; any long random text, keep it")
    imap: Mapping[str, ImapSettings] = Field(default_factory=dict, description="mailboxes to read, by a name of yours")
    smtp_in: SmtpInSettings | None = Field(None, description="mail handed in by a mail server; None: closed")
    smtp_out: SmtpOutSettings | None = Field(None, description="without it no reply can leave by mail")
    sent: SentSettings | None = Field(None, description="None: after a doubt a reply may arrive twice")
    relay_log: RelayLogSettings | None = Field(None, description="the same, from the log of our own relay")
    quote: bool = Field(True, description="put the requester's last message below a reply, under a line of its own")
    aliases: Names = Field((), description="further addresses of ours, such as sales@")
    staff: Names = Field((), description="addresses or domains of colleagues; what they forward is the customer's mail")
    trusted_authserv_ids: Names = Field((), description="whose Authentication-Results are believed")
    check_dkim: bool = Field(True, description="check signatures ourselves where no trusted server proved the sender")
    edge: bool = Field(False, description="strangers' servers reach mail.smtp_in directly: check SPF and DMARC here")
    arc_sealers: Names = Field((), description="forwarders (domains) whose ARC seals are believed")
    dkim: DkimSettings | None = Field(None, description="sign what we send; None: the relay does")
    subject_token: bool = Field(False, description="write [#ticket] into subjects")
    doubt_seconds: float = Field(10.0, ge=0, description="how long a lost submission may still arrive")
    parse_seconds: float = Field(10.0, gt=0, description="reading one mail may take so long before it is cut short")
    one_time_codes: bool = Field(True, description="prove a sender by a code to the address on file, when it matters")
    answers_per_hour: int = Field(20, ge=1, description="more automatic mail to one address in an hour is a loop")
