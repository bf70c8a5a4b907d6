"""The mail door's own settings, from ours."""

from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import SettingsError
from bot.settings import (
    ImapSettings,
    MailSettings,
    OAuthSettings,
    SmtpOutSettings,
)
from bot.wiring.secrets import open_secret
from channels.mail.config import (
    DkimConfig,
    ImapConfig,
    MailConfig,
    OAuthConfig,
    RelayLogConfig,
    SentConfig,
    SmtpInConfig,
    SmtpOutConfig,
)

if TYPE_CHECKING:
    pass


def mail_config(settings: MailSettings, name: str, *, disk_path: str = ".") -> MailConfig | None:
    """None when the mail door stays closed. Raises SettingsError when parts do not fit together.

    `disk_path` is the disk the database is on.
    """
    if settings.address is None:
        return None
    if settings.secret is None:
        raise SettingsError("mail.secret: must be set, to any long random text; it signs thread tokens")
    key = settings.secret.get_secret_value()
    boxes = {box: _imap_config(box, imap, key) for box, imap in settings.imap.items()}
    sent = None
    if settings.sent is not None:
        if settings.sent.mailbox not in boxes:
            raise SettingsError(f"mail.sent.mailbox: there is no mail.imap.{settings.sent.mailbox}")
        sent = SentConfig(boxes[settings.sent.mailbox], settings.sent.folder, settings.sent.append)
    try:
        return MailConfig(
            address=settings.address,
            secret=settings.secret.get_secret_value(),
            name=name,
            aliases=settings.aliases,
            staff=settings.staff,
            trusted_authserv_ids=settings.trusted_authserv_ids,
            check_dkim=settings.check_dkim,
            edge=settings.edge,
            arc_sealers=settings.arc_sealers,
            dkim=_dkim_config(settings),
            subject_token=settings.subject_token,
            imap=boxes,
            smtp_in=_smtp_in_config(settings, disk_path),
            smtp_out=_smtp_out_config(settings.smtp_out, key),
            sent=sent,
            relay_log=_relay_log_config(settings),
            quote=settings.quote,
            doubt_seconds=settings.doubt_seconds,
        )
    except ValueError as error:
        raise SettingsError(f"mail: {error}") from error


def _relay_log_config(settings: MailSettings) -> RelayLogConfig | None:
    log = settings.relay_log
    if log is None:
        return None
    if bool(log.file) == bool(log.command):
        raise SettingsError("mail.relay_log: set either file or command")
    return RelayLogConfig(log.file, tuple(log.command))


def _imap_config(name: str, settings: ImapSettings, key: str) -> ImapConfig:
    if settings.auth == "password" and settings.password is None:
        raise SettingsError(f"mail.imap.{name}.password: must be set")
    return ImapConfig(
        host=settings.host,
        port=settings.port,
        user=settings.user,
        password=open_secret(settings.password),
        tls=settings.tls,
        folder=settings.folder,
        auth=settings.auth,
        oauth=_oauth_config(f"mail.imap.{name}", settings.auth, settings.oauth, key),
        start=settings.start,
        idle=settings.idle,
        poll_seconds=settings.poll_seconds,
        done_folder=settings.done_folder,
    )


def _oauth_config(where: str, auth: str, settings: OAuthSettings | None, key: str) -> OAuthConfig | None:
    """`key` seals the file in which a token that changes is kept."""
    if auth == "password":
        return None
    if settings is None:
        raise SettingsError(f"{where}.oauth: must be set with auth = xoauth2")
    return OAuthConfig(
        token_url=settings.token_url,
        client_id=settings.client_id,
        client_secret=open_secret(settings.client_secret) or None,
        refresh_token=open_secret(settings.refresh_token) or None,
        refresh_token_file=settings.refresh_token_file,
        seal_key=key,
        scope=settings.scope,
    )


def _dkim_config(settings: MailSettings) -> DkimConfig | None:
    if settings.dkim is None:
        return None
    if not Path(settings.dkim.key_file).is_file():
        raise SettingsError(f"mail.dkim.key_file: there is no file {settings.dkim.key_file}")
    return DkimConfig(settings.dkim.selector, settings.dkim.domain, settings.dkim.key_file)


def _smtp_in_config(settings: MailSettings, disk_path: str) -> SmtpInConfig | None:
    door = settings.smtp_in
    if door is None:
        return None
    return SmtpInConfig(
        host=door.host,
        port=door.port,
        protocol=door.protocol,
        max_bytes=door.max_bytes,
        max_connections=door.max_connections,
        per_ip=door.max_connections_per_address,
        tls_certificate=door.tls_certificate,
        tls_key=door.tls_key,
        min_free_disk=door.min_free_disk,
        disk_path=door.disk_path or disk_path,
    )


def _smtp_out_config(settings: SmtpOutSettings | None, key: str) -> SmtpOutConfig | None:
    if settings is None:
        return None
    return SmtpOutConfig(
        host=settings.host,
        port=settings.port,
        tls=settings.tls,
        user=settings.user,
        password=open_secret(settings.password) or None,
        auth=settings.auth,
        oauth=_oauth_config("mail.smtp_out", settings.auth, settings.oauth, key),
        timeout=settings.timeout_seconds,
        verp=settings.verp,
        first_retry_seconds=settings.first_retry_seconds,
        give_up_seconds=settings.give_up_hours * 3600,
    )
