"""`helpdesk console-login`: a link that signs one person in at the web console, once."""

import getpass
from pathlib import Path

import click

from bot.cli.common import config_option, settings_from, with_desk
from bot.desk import Desk
from bot.settings import THIS_MACHINE, Settings


@click.command()
@config_option
@click.option("--as", "user", help="a Slack user id (U…) of your team; default: you, as whoever has this machine")
def command(config: Path | None, user: str | None) -> None:
    """Print a link to the web console: it works once, within ten minutes.

    Whoever may run this command may decide, as with `helpdesk refunds`; with --as decisions are that person's.
    """
    settings = settings_from(config)
    place = place_of(settings)
    click.echo(f"{place}/console/sign-in/link?key={with_desk(settings, lambda desk: _make(desk, user))}")


def place_of(settings: Settings) -> str:
    """Where browsers reach the console. Raises ClickException when it is closed, or nobody can know."""
    if settings.console.public_url is not None:
        return settings.console.public_url
    if settings.http.host not in THIS_MACHINE:
        raise click.ClickException(
            f"the console is closed while http.host is {settings.http.host} and console.public_url is not set"
        )
    if settings.http.port == 0:
        raise click.ClickException("http.port is 0, so nobody knows the port: set it, or console.public_url")
    host = f"[{settings.http.host}]" if ":" in settings.http.host else settings.http.host
    return f"http://{host}:{settings.http.port}"


async def _make(desk: Desk, user: str | None) -> str:
    from bot.console.keys import make_link
    from bot.console.people import CLI

    name = getpass.getuser()
    who = f"{CLI}{name}"
    if user is not None:
        who, name = await _person(desk, user)
    return await desk.db.write(lambda tx: make_link(tx, desk, who, name))


async def _person(desk: Desk, user: str) -> tuple[str, str]:
    """The external id and name of one of our own people, who may look."""
    from bot.console.people import NobodyKnows, People
    from channels.base import ChannelError

    if desk.staff_room is None:
        raise click.ClickException("--as needs Slack and its staff channel: set slack.bot_token, slack.staff_channel")
    try:
        found = await desk.staff_room.ours(frozenset({user}))
        looking = (await People(desk).rights()).looking
    except (ChannelError, NobodyKnows) as error:
        raise click.ClickException(f"Slack cannot be asked who {user} is: {error}") from error
    for who, name in found.items():
        if who in looking:
            return who, name
        raise click.ClickException(f"{user} is neither an approver (slack.approvers) nor in console.people")
    raise click.ClickException(f"{user} is nobody of our own workspace (or a guest)")
