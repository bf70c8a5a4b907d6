"""`helpdesk sandbox`: stand-ins for everything outside, and a settings file for them, to try the real commands on."""

import asyncio
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import click

from bot.cli.init import write_manifest, write_settings
from bot.sandbox.process import Ready, started

SERVERS = {
    "slack": ("bot.sandbox.slack",),
    "mail": ("bot.sandbox.mail",),
    "payments": ("bot.sandbox.payments",),
    "model": ("bot.sandbox.model", "--models", "gpt-4.1,gpt-4.1-mini"),
}
ADDRESS_OF_OPERATOR = "operator@desk.example"


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), default="sandbox", show_default=True, help="for its files")
def command(folder: Path) -> None:
    """Run sandbox servers on this machine until Ctrl-C, and write FOLDER/helpdesk.toml, which leads to them.

    Then, in another terminal: helpdesk doctor --config FOLDER/helpdesk.toml, helpdesk run --config …, and so on.
    """
    asyncio.run(_run(folder))


async def _run(folder: Path) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        # All at the same time: one after the other would take four times as long.
        running = await asyncio.gather(*(stack.enter_async_context(started(*wanted)) for wanted in SERVERS.values()))
        file = folder / "helpdesk.toml"
        ready = {name: server.ready for name, server in zip(SERVERS, running, strict=True)}
        chosen = sandbox_settings(ready, folder)
        write_settings(file, chosen)
        write_manifest(file, chosen)
        click.echo(f"The sandbox runs (Ctrl-C stops it). In another terminal: helpdesk doctor --config {file}")
        await stop.wait()


def sandbox_settings(ready: dict[str, Ready], folder: Path) -> dict[str, Any]:
    """The settings of a desk whose outside world are these servers."""
    slack, mail, model = ready["slack"], ready["mail"], ready["model"]
    box = {"host": "127.0.0.1", "tls": "none", "user": mail["address"], "password": mail["password"]}
    return {
        "database": {"url": f"sqlite:///{folder.absolute()}/helpdesk.db"},
        "slack": {
            "api_url": slack["api_url"],
            "bot_token": slack["bot_token"],
            "app_token": slack["app_token"],
            "staff_channel": slack["channels"]["helpdesk-approvals"],
            "approvers": [slack["usergroups"]["approvers"]],
        },
        "mail": {
            "address": mail["address"],
            "trusted_authserv_ids": [mail["authserv_id"]],
            "imap": {"main": {**box, "port": mail["imap_port"]}},
            "smtp_out": {**box, "port": mail["smtp_port"]},
            "sent": {"mailbox": "main", "folder": "Sent"},
        },
        "model": {
            "provider": "openai",
            "base_url": model["base_url"],
            "api_key": model["api_key"],
            "name": "gpt-4.1",
            "router_name": "gpt-4.1-mini",
        },
        "payments": {
            "backend": "stripe",
            "stripe": {"api_key": "sk_test_sandbox", "api_base": ready["payments"]["url"], "webhook_secret": "whsec_x"},
        },
        "shop": {"backend": "sample"},
        "alarms": {"mail_to": [ADDRESS_OF_OPERATOR]},
    }
