"""Checks of mail in and out: mailboxes, the Sent folder, the submission server, our own door."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

from bot.desk import utc_now
from bot.doctor.findings import Finding, Patient, error, note, ok, warning
from bot.errors import SettingsError
from bot.settings import OAuthSettings
from bot.watch.health import token_ends
from bot.wiring import mail_config
from channels.mail.config import ImapConfig, MailConfig, RelayLogConfig
from channels.mail.examine import log_in_to_submit, look_into_folder, mail_ourselves
from channels.mail.relay_log import RelayLogError, relay_took

Look = Callable[[MailConfig], Awaitable[list[Finding]]]
ROUND_TRIP_SECONDS = 60.0
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _when_open(look: Look) -> Callable[[Patient], Awaitable[list[Finding]]]:
    """Turns a look at mail into a check that is quiet while the door is closed."""

    @wraps(look)
    async def check(patient: Patient) -> list[Finding]:
        try:
            config = mail_config(patient.settings.mail, patient.settings.desk.name)
        except SettingsError:
            return [note("not checked: the settings of mail do not fit together", "helpdesk config lint")]
        if config is None:
            return [note("mail is not set up", "helpdesk init, or set mail.address")]
        return await look(config)

    return check


@_when_open
async def mailboxes(config: MailConfig) -> list[Finding]:
    """Each mailbox lets us in and has its folder."""
    if not config.imap and config.smtp_in is None:
        return [error("no mail can come in", "set mail.imap.<name>, or mail.smtp_in behind your mail server")]
    found = await asyncio.gather(*(_mailbox(name, box) for name, box in config.imap.items()))
    return [finding for findings in found for finding in findings] or [note("no mailbox is read")]


async def _mailbox(name: str, box: ImapConfig) -> list[Finding]:
    where = f"mail.imap.{name} ({box.user} at {box.host}:{box.port})"
    try:
        facts = await asyncio.to_thread(look_into_folder, box, box.folder)
    except Exception as trouble:  # the rim: whatever the server or its library says is the finding
        return [error(f"{where}: {_words(trouble)}", _imap_mend(name, trouble))]
    found = [ok(f"{where}: {facts.messages} messages in {box.folder}, {'IDLE' if facts.idle else 'polling only'}")]
    if not facts.uidvalidity:
        found.append(warning(f"{where}: the server gives no UIDVALIDITY", "use another IMAP server for this mailbox"))
    if box.tls == "none" and box.host not in LOOPBACK:
        found.append(error(f"{where}: the password crosses the network in clear", f'mail.imap.{name}.tls = "implicit"'))
    return found


def _imap_mend(name: str, trouble: Exception) -> str:
    if isinstance(trouble, OSError):
        return f"check mail.imap.{name}.host, .port and .tls: nc -vz HOST PORT"
    words = str(trouble).lower()
    if "auth" in words or "login" in words or "credential" in words:
        return f"set mail.imap.{name}.password to an app password (see deploy/GOOGLE.md and deploy/MICROSOFT.md)"
    return f"check mail.imap.{name}.folder"


async def tokens(patient: Patient) -> list[Finding]:
    """How long the accounts without a password may still fetch tokens."""
    chosen = patient.settings.mail
    accounts = {f"mail.imap.{name}": box.oauth for name, box in chosen.imap.items()}
    accounts["mail.smtp_out"] = chosen.smtp_out.oauth if chosen.smtp_out else None
    asked = {where: oauth for where, oauth in accounts.items() if oauth is not None}
    if not asked:
        return [ok("no account needs a token")]
    found = [finding for where, oauth in asked.items() for finding in _token(where, oauth)]
    known = token_ends(None, patient.settings, utc_now())
    if patient.storage is not None:
        known = await patient.storage.db.read(lambda tx: token_ends(tx, patient.settings, utc_now()))
    soon = utc_now() + timedelta(days=patient.settings.alarms.token_days)
    found += [_token_end(name, ends, soon) for name, ends in known.items()]
    return found or [ok(f"{len(asked)} accounts fetch tokens; no end is known")]


def _token(where: str, oauth: OAuthSettings) -> list[Finding]:
    """A refresh token that the provider changes must have a file to live in, which no other may read."""
    found: list[Finding] = []
    if oauth.refresh_token is not None and oauth.refresh_token_file is None:
        what = f"{where}.oauth: a refresh token that the provider changes is lost at the next start"
        found.append(warning(what, f'set {where}.oauth.refresh_token_file = "/var/lib/helpdesk/token"'))
    file = Path(oauth.refresh_token_file) if oauth.refresh_token_file else None
    if file is not None and file.exists():
        status = file.stat()
        if status.st_mode & 0o077:
            found.append(error(f"others can read the token in {file}", f"chmod 600 {file}"))
        age = utc_now() - datetime.fromtimestamp(status.st_mtime, UTC)
        found.append(ok(f"{where}.oauth: the token in {file} is {age.days} days old"))
    if oauth.refresh_token is None and file is None and oauth.expires_on is None:
        what = f"{where}.oauth.expires_on is not set: nobody is warned before the app's secret ends"
        found.append(note(what, "take the day from Entra admin center → App registrations → Certificates & secrets"))
    return found


def _token_end(name: str, ends: datetime, soon: datetime) -> Finding:
    mend = "sign in again or make a new secret (deploy/GOOGLE.md, deploy/MICROSOFT.md), and set expires_on to its end"
    if ends <= utc_now():
        return error(f"the token of {name} ended on {ends:%Y-%m-%d}", mend)
    if ends <= soon:
        return warning(f"the token of {name} ends on {ends:%Y-%m-%d}", mend)
    return ok(f"the token of {name} lasts until {ends:%Y-%m-%d}")


@_when_open
async def sent_folder(config: MailConfig) -> list[Finding]:
    """Where a sent mail is found again after a crash."""
    if config.smtp_out is None:
        return [note("no mail is sent")]
    if config.relay_log is not None:
        return [await asyncio.to_thread(_relay_log, config.relay_log)]
    if config.sent is None:
        what = "neither mail.sent nor mail.relay_log is set: after a crash a reply may be mailed twice"
        return [warning(what, 'set mail.sent = { mailbox = "main", folder = "Sent" }')]
    try:
        facts = await asyncio.to_thread(look_into_folder, config.sent.imap, config.sent.folder)
    except Exception as trouble:  # the rim: whatever the server or its library says is the finding
        mend = "set mail.sent.folder to the server's own name (Gmail: [Gmail]/Sent Mail; Microsoft: Sent Items)"
        return [error(f"mail.sent.folder {config.sent.folder}: {_words(trouble)}", mend)]
    return [ok(f"{config.sent.folder} can be searched ({facts.messages} messages)")]


def _relay_log(log: RelayLogConfig) -> Finding:
    try:
        relay_took(log, "nobody@helpdesk.invalid")
    except RelayLogError as trouble:
        return error(str(trouble), "let the desk's user read it: usermod -aG adm USER, or set mail.relay_log.command")
    return ok("the relay's log can be read")


@_when_open
async def submission(config: MailConfig) -> list[Finding]:
    """The submission server lets us in; nothing is sent."""
    server = config.smtp_out
    if server is None:
        return [error("mail.smtp_out is not set: no reply can leave by mail", "set mail.smtp_out")]
    where = f"{server.user or 'nobody'} at {server.host}:{server.port}"
    try:
        facts = await log_in_to_submit(server, hostname=config.domain)
    except Exception as trouble:  # the rim: whatever the server or its library says is the finding
        mend = "check mail.smtp_out.host, .port, .tls, .user and .password (an app password where 2FA is on)"
        return [error(f"{where}: {_words(trouble)}", mend)]
    found = [ok(f"{where}: logged in{'' if facts.utf8 else ', no SMTPUTF8'}")]
    if not facts.encrypted and server.host not in LOOPBACK:
        found.append(error("the password crosses the network in clear", 'mail.smtp_out.tls = "starttls"'))
    return found


@_when_open
async def door(config: MailConfig) -> list[Finding]:
    """Our own SMTP door is open, or could be."""
    own = config.smtp_in
    if own is None:
        return [ok("no SMTP door of our own")]
    host = "127.0.0.1" if own.host in ("0.0.0.0", "::") else own.host
    words = await asyncio.to_thread(_greeting, host, own.port)
    if words is None:
        return [ok(f"{own.host}:{own.port} is free for `helpdesk run`")]
    if words.startswith(b"220"):
        return [ok(f"{own.host}:{own.port} answers ({own.protocol})")]
    return [error(f"{own.host}:{own.port} belongs to another program", "set mail.smtp_in.port")]


def _greeting(host: str, port: int) -> bytes | None:
    """The first bytes somebody says there; None when nobody listens."""
    try:
        with socket.create_connection((host, port), timeout=3) as line:
            return line.recv(200)
    except ConnectionError:
        return None
    except TimeoutError:
        return b""


@_when_open
async def proof(config: MailConfig) -> list[Finding]:
    """Somebody we believe says whether a sender is who they claim to be."""
    if not config.trusted_authserv_ids:
        what = "mail.trusted_authserv_ids is empty: no sender by mail is ever proven"
        mend = "take the first word of Authentication-Results in a mail you received, and set it"
        return [warning(what, mend)]
    return [ok(f"proof by {', '.join(config.trusted_authserv_ids)}")]


@_when_open
async def round_trip(config: MailConfig) -> list[Finding]:
    """A mail to our own address leaves, comes back, and is proven on its way. Sends one mail."""
    if config.smtp_out is None or not config.imap:
        return [note("mail.smtp_out and a mailbox are needed for a round trip")]
    try:
        back = await mail_ourselves(config, seconds=ROUND_TRIP_SECONDS)
    except Exception as trouble:  # the rim: whatever the servers or their libraries say is the finding
        return [error(f"the mail could not leave or be looked for: {_words(trouble)}", "check mail.smtp_out and imap")]
    if back is None:
        what = f"a mail to {config.address} left, and did not come within {ROUND_TRIP_SECONDS:g} seconds"
        return [error(what, "look into the spam folder, and at the rules and the MX records of that address")]
    there = ok(f"a mail to {config.address} came back into {back.mailbox} after {back.seconds:.1f} s")
    return [there, *proven_by(back.results, frozenset(config.trusted_authserv_ids))]


def proven_by(results: Sequence[str], trusted: frozenset[str]) -> list[Finding]:
    """What the Authentication-Results of our own mail say about whom to believe, and about our own domain."""
    if not results:
        return [note("nobody wrote Authentication-Results into it", "see whether your provider checks senders")]
    found = []
    servers = [result.partition(";")[0].split()[0] for result in results]
    if not set(servers) & trusted:
        what = f"its Authentication-Results were written by {', '.join(servers)}, whom we do not believe"
        found.append(warning(what, f'set mail.trusted_authserv_ids = ["{servers[0]}"], if that is your provider'))
    if "dmarc=fail" in results[0].replace(" ", "").lower():
        what = f"our own mail fails DMARC: {results[0][:200]}"
        found.append(error(what, "turn on DKIM signing for the domain at whoever sends for us, and publish SPF"))
    return found or [ok(f"{servers[0]} proves senders")]


def _words(trouble: Any) -> str:
    """What a server said, on one line, without Python's quoting."""
    said = trouble.args[0] if getattr(trouble, "args", None) else trouble
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(trouble)
    return " ".join(text.split())[:300] or type(trouble).__name__
