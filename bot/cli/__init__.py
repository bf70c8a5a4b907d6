"""The command line: COMMANDS names every command and the file it lives in, which is imported only when it is used."""

import importlib
import sys

import click

from bot.errors import SettingsError

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("bot.cli.run", "Run the helpdesk until it is told to stop."),
    "demo": ("bot.cli.demo", "Run the whole desk on this machine with sample data, no key and no network."),
    "sandbox": ("bot.cli.sandbox", "Run stand-ins for Slack, mail, payments and a model, with settings for them."),
    "init": ("bot.cli.init", "Ask a few questions and write helpdesk.toml and the Slack manifest."),
    "doctor": ("bot.cli.doctor", "Look at everything, and say what is wrong and what mends it."),
    "manifest": ("bot.cli.manifest", "Print the manifest of the Slack app."),
    "status": ("bot.cli.status", "Say what is waiting, and what is paused."),
    "certificate": ("bot.cli.certificate", "Account for everything that was received."),
    "report": ("bot.cli.report", "Print the figures of a period, and what another model would cost."),
    "queue": ("bot.cli.queue", "List the tickets that wait for a person or for us."),
    "show": ("bot.cli.show", "Show one ticket: its messages, runs and actions."),
    "backend": ("bot.cli.backend", "Check shops and payment providers, yours and ours, with the same checks."),
    "refunds": ("bot.cli.refunds", "List and decide refunds, by the same rules as in Slack."),
    "console-login": ("bot.cli.console_login", "Print a link that signs one person in at the web console, once."),
    "pause": ("bot.cli.pause", "Stop answering, everywhere or in one place; or stop money only."),
    "resume": ("bot.cli.resume", "Undo a pause."),
    "lane": ("bot.cli.lane", "Let another specialist answer a ticket, and teach the router."),
    "knowledge": ("bot.cli.knowledge", "Search the documents; decide about proposed articles."),
    "eval": ("bot.cli.eval", "Measure the team on cases: routing, tools, policy, safety."),
    "chaos": ("bot.cli.chaos", "Kill the whole program at random, and count what was promised."),
    "replay": (
        "bot.cli.replay",
        "Let the team answer old mail or Slack exports, and compare it with what staff wrote.",
    ),
    "try": ("bot.cli.try_", "Talk to the team without any channel."),
    "mail": ("bot.cli.mail", "Look at mail the way the desk does."),
    "audit": ("bot.cli.audit", "Read the audit log and check that it is whole."),
    "privacy": ("bot.cli.privacy", "Export, erase or anonymise one person."),
    "backup": ("bot.cli.backup", "Copy the database, and check the copy."),
    "restore": ("bot.cli.restore", "Put a copy back, or only check it."),
    "db": ("bot.cli.db", "The database: its schema and its upgrade."),
    "config": ("bot.cli.config", "Show and check the settings."),
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[name][0])
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])


@click.group(cls=_Commands)
@click.version_option(package_name="helpdesk-bot")
def cli() -> None:
    """A helpdesk bot a company runs itself. Settings: helpdesk.toml and HELPDESK_… variables."""


def main() -> None:
    """Entry point. Wrong settings end with exit code 2 and a line each, trouble with the database with 1 and a line."""
    try:
        cli(standalone_mode=True)
    except SettingsError as error:
        print(f"The settings are wrong:\n{error}", file=sys.stderr)
        sys.exit(2)
    except _storage_errors() as error:
        print(f"The database: {error}", file=sys.stderr)
        sys.exit(1)


def _storage_errors() -> tuple[type[Exception], ...]:
    """Found without importing storage, which would slow down the commands that need none."""
    module = sys.modules.get("storage.transactions")
    return (module.StorageError,) if module is not None else ()
