"""A whole town: Slack, mail, payments and a model as servers of their own, and the desk that is to be killed."""

import asyncio
import contextlib
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.mail.client import MailTown
from bot.sandbox.payments.client import PaymentsTown
from bot.sandbox.process import Running, free_port, started
from bot.sandbox.slack.client import SlackTown


@dataclass
class Town:
    """The people outside, and everything the desk's settings must know about them."""

    slack: SlackTown
    mail: MailTown
    payments: PaymentsTown
    environment: dict[str, str]
    signing_secret: str

    @property
    def address(self) -> str:
        """Where customers mail to."""
        return self.environment["HELPDESK_MAIL__ADDRESS"]


@asynccontextmanager
async def open_town(
    folder: Path, database_url: str, *slack_options: str, with_model: bool = False
) -> AsyncIterator[Town]:
    """The servers, running, with the settings of a desk that talks to them; without a model server it is offline."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(started("bot.sandbox.slack", "--ack-seconds", "1", *slack_options))
        mail = await stack.enter_async_context(started("bot.sandbox.mail"))
        payments = await stack.enter_async_context(started("bot.sandbox.payments"))
        slack_town = await stack.enter_async_context(SlackTown(slack.url))
        mail_town = await stack.enter_async_context(MailTown(mail.url))
        payments_town = await stack.enter_async_context(PaymentsTown(payments.url))
        environment = settings_for(slack, mail, payments, database_url)
        if with_model:
            environment |= model_settings(await stack.enter_async_context(started("bot.sandbox.model")))
        yield Town(slack_town, mail_town, payments_town, environment, str(slack.ready["signing_secret"]))


def settings_for(slack: Running, mail: Running, payments: Running, database_url: str) -> dict[str, str]:
    """What `helpdesk run` is told, as environment variables."""
    ready = slack.ready
    box = "HELPDESK_MAIL__IMAP__main__"
    return {
        "HELPDESK_DATABASE__URL": database_url,
        "HELPDESK_DESK__QUIET_SECONDS": "0.1",
        "HELPDESK_DESK__FIRST_PAUSE_SECONDS": "0.2",
        "HELPDESK_DESK__MAX_TRIES": "1000",
        "HELPDESK_DESK__LONGEST_PAUSE_SECONDS": "2",
        "HELPDESK_HTTP__PORT": "0",
        "HELPDESK_SLACK__API_URL": str(ready["api_url"]),
        "HELPDESK_SLACK__BOT_TOKEN": str(ready["bot_token"]),
        "HELPDESK_SLACK__APP_TOKEN": str(ready["app_token"]),
        "HELPDESK_SLACK__STAFF_CHANNEL": "C0STAFF",
        "HELPDESK_SLACK__APPROVERS": "S0APPROVERS",
        "HELPDESK_SLACK__DOUBT_SECONDS": "0.5",
        "HELPDESK_MAIL__ADDRESS": str(mail.ready["address"]),
        "HELPDESK_MAIL__SECRET": secrets.token_urlsafe(32),
        f"{box}HOST": "127.0.0.1",
        f"{box}PORT": str(mail.ready["imap_port"]),
        f"{box}TLS": "none",
        f"{box}USER": str(mail.ready["address"]),
        f"{box}PASSWORD": str(mail.ready["password"]),
        f"{box}POLL_SECONDS": "0.5",
        f"{box}START": "all",
        "HELPDESK_MAIL__SMTP_IN__PORT": str(free_port()),
        "HELPDESK_MAIL__SMTP_IN__PROTOCOL": "smtp",
        "HELPDESK_MAIL__SMTP_OUT__HOST": "127.0.0.1",
        "HELPDESK_MAIL__SMTP_OUT__PORT": str(mail.ready["smtp_port"]),
        "HELPDESK_MAIL__SMTP_OUT__TLS": "none",
        "HELPDESK_MAIL__SMTP_OUT__USER": str(mail.ready["address"]),
        "HELPDESK_MAIL__SMTP_OUT__PASSWORD": str(mail.ready["password"]),
        "HELPDESK_MAIL__SMTP_OUT__FIRST_RETRY_SECONDS": "1",
        "HELPDESK_MAIL__SENT__MAILBOX": "main",
        "HELPDESK_MAIL__SENT__FOLDER": "Sent",
        "HELPDESK_MAIL__TRUSTED_AUTHSERV_IDS": str(mail.ready["authserv_id"]),
        "HELPDESK_MAIL__DOUBT_SECONDS": "0.5",
        "HELPDESK_PAYMENTS__BACKEND": "stripe",
        "HELPDESK_PAYMENTS__STRIPE__API_KEY": "sk_test_sandbox",
        "HELPDESK_PAYMENTS__STRIPE__API_BASE": payments.url,
        "HELPDESK_SHOP__BACKEND": "bot.evals.chaos.shop:ManyCustomers",
        "HELPDESK_CONFIG": "/dev/null",
    }


def model_settings(model: Running) -> dict[str, str]:
    """The team thinks through the official client on this server; the offline model never steps in."""
    return {
        "HELPDESK_MODEL__PROVIDER": "openai",
        "HELPDESK_MODEL__BASE_URL": str(model.ready["base_url"]),
        "HELPDESK_MODEL__API_KEY": str(model.ready["api_key"]),
        "HELPDESK_MODEL__NAME": "sandbox-large",
        "HELPDESK_MODEL__ROUTER_NAME": "sandbox-small",
        "HELPDESK_MODEL__OFFLINE_AFTER_SECONDS": "100000",
    }


class Desks:
    """`helpdesk run`, started and killed at will."""

    def __init__(self, zygote: asyncio.subprocess.Process):
        self._zygote = zygote
        self._alive: set[int] = set()
        self.kills = 0

    async def start(self, role: str = "all") -> int:
        """Start one; returns its pid at once, long before it is ready."""
        assert self._zygote.stdin is not None
        assert self._zygote.stdout is not None
        self._zygote.stdin.write(f"{role}\n".encode())
        pid = int(await self._zygote.stdout.readline())
        self._alive.add(pid)
        return pid

    async def kill(self, pid: int) -> None:
        """kill -9, and wait until the kernel has nothing left of it."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.kills += 1
        await self._gone(pid)

    async def stop(self, pid: int) -> None:
        """Ask it politely, as an operator does."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        await self._gone(pid)

    async def kill_all(self) -> None:
        """Nothing of this test is left."""
        for pid in list(self._alive):
            await self.kill(pid)

    async def _gone(self, pid: int) -> None:
        while True:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                self._alive.discard(pid)
                return
            await asyncio.sleep(0.01)


@asynccontextmanager
async def open_desks(environment: dict[str, str], log: Path) -> AsyncIterator[Desks]:
    """A zygote with these settings and no others; its children's logs go to `log`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")}
    with log.open("ab") as errors:
        zygote = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot.evals.chaos.zygote",
            env={**inherited, **environment},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
    desks = Desks(zygote)
    try:
        yield desks
    finally:
        await desks.kill_all()
        zygote.kill()
        await zygote.wait()
        zygote._transport.close()  # type: ignore[attr-defined]
