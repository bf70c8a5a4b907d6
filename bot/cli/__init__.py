"""The command line: COMMANDS names every command and the file it lives in, which is imported only when it is used."""

import importlib
import sys

import click

from bot.errors import SettingsError

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("bot.cli.run", "Run the helpdesk until it is told to stop."),
    "demo": ("bot.cli.demo", "Run the whole desk on this machine with sample data, no key and no network."),
    "status": ("bot.cli.status", "Say what is waiting, and what is paused."),
    "queue": ("bot.cli.queue", "List the tickets that wait for a person or for us."),
    "show": ("bot.cli.show", "Show one ticket: its messages, runs and actions."),
    "refunds": ("bot.cli.refunds", "List and decide refunds, by the same rules as in Slack."),
    "pause": ("bot.cli.pause", "Stop answering, everywhere or in one place; or stop money only."),
    "resume": ("bot.cli.resume", "Undo a pause."),
    "try": ("bot.cli.try_", "Talk to the team without any channel."),
    "mail": ("bot.cli.mail", "Look at mail the way the desk does."),
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
    """Entry point; a wrong setting ends with exit code 2 and one line for each mistake."""
    try:
        cli(standalone_mode=True)
    except SettingsError as error:
        print(f"The settings are wrong:\n{error}", file=sys.stderr)
        sys.exit(2)
