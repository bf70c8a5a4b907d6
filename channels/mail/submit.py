"""Hands one mail to the submission server, and says what is known when that fails."""

import asyncio
import contextlib
import ssl

import aiosmtplib
from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from channels.base import PermanentChannelError, TemporaryChannelError
from channels.mail.config import SmtpOutConfig
from channels.mail.oauth import NoToken, Tokens
from channels.mail.write import Outgoing

_QUIT_SECONDS = 2.0


async def submit(config: SmtpOutConfig, mail: Outgoing, *, hostname: str, tokens: Tokens | None = None) -> None:
    """Return when the server has taken responsibility for the mail (RFC 5321 section 6.1).

    Raises TemporaryChannelError, with `in_doubt` when the connection was lost between our final dot and the
    answer (RFC 1047), or PermanentChannelError with the server's own words.
    """
    client = submission_client(config, hostname, tokens)
    try:
        await _prepare(client, mail)
        await _transfer(client, mail)
        with contextlib.suppress(SMTPException, OSError):
            await client.quit(timeout=_QUIT_SECONDS)
    finally:
        client.close()


def submission_client(config: SmtpOutConfig, hostname: str, tokens: Tokens | None = None) -> SMTP:
    """The client for this server, not connected yet; connecting also encrypts and logs in."""
    oauth, source = config.oauth, tokens or Tokens()

    async def token() -> str:
        assert oauth is not None
        return await asyncio.to_thread(source.get, oauth)

    return SMTP(
        hostname=config.host,
        port=config.port,
        username=config.user,
        password=None if oauth else config.password,
        oauth_token_generator=token if oauth else None,
        local_hostname=hostname,
        timeout=config.timeout,
        use_tls=config.tls == "implicit",
        start_tls=config.tls == "starttls",
        tls_context=None if config.tls == "none" else ssl.create_default_context(),
    )


async def _prepare(client: SMTP, mail: Outgoing) -> None:
    """Everything before the content: nothing can have been sent when this fails."""
    try:
        await client.connect()
        await _envelope(client, mail)
    except NoToken as error:
        raise TemporaryChannelError(str(error)) from error
    except aiosmtplib.SMTPAuthenticationError as error:
        # Wrong settings, not a wrong mail: it will go out when an operator has mended them.
        raise TemporaryChannelError(f"the mail server refused our login: {_words(error)}") from error
    except aiosmtplib.SMTPNotSupported as error:
        raise PermanentChannelError(f"the mail server cannot do what is set: {error}") from error
    except SMTPResponseException as error:
        raise _refused(error) from error
    except (SMTPException, OSError) as error:
        raise TemporaryChannelError(f"mail server not reached: {error!r}") from error


async def _envelope(client: SMTP, mail: Outgoing) -> None:
    options: list[str] = []
    if mail.utf8:
        await client.ehlo()
        if not client.supports_extension("smtputf8"):
            raise PermanentChannelError(f"the mail server cannot send to {mail.to} (no SMTPUTF8)")
        options = ["SMTPUTF8", "BODY=8BITMIME"]
    encoding = "utf-8" if mail.utf8 else "ascii"
    await client.mail(mail.sender, options=options, encoding=encoding)
    await client.rcpt(mail.to, encoding=encoding)
    for address in mail.cc:
        try:
            await client.rcpt(address, encoding=encoding)
        except aiosmtplib.SMTPRecipientRefused as error:
            # A copy that can never be delivered must not keep the answer from the one who asked.
            if error.code < 500:
                raise


async def _transfer(client: SMTP, mail: Outgoing) -> None:
    try:
        await client.data(mail.content)
    except SMTPResponseException as error:
        raise _refused(error) from error
    except (SMTPException, OSError) as error:
        raise TemporaryChannelError(f"no answer after the mail was sent: {error!r}", in_doubt=True) from error


def _refused(error: SMTPResponseException) -> TemporaryChannelError | PermanentChannelError:
    if error.code >= 500:
        return PermanentChannelError(f"the mail server refused: {_words(error)}")
    return TemporaryChannelError(f"the mail server says later: {_words(error)}")


def _words(error: SMTPResponseException) -> str:
    return f"{error.code} {error.message}"[:500]
