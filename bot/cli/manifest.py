"""`helpdesk manifest`: what to paste at api.slack.com/apps."""

import click


@click.command()
@click.option("--name", default="Helpdesk", show_default=True, help="of the app and of its bot")
@click.option("--request-url", help="for http mode: the public address of /slack/events")
@click.option("--console-url", help="for Sign in with Slack: where browsers reach the console, https://HOST")
def command(name: str, request_url: str | None, console_url: str | None) -> None:
    """Print the manifest of the Slack app, for socket mode unless --request-url is given."""
    click.echo(as_yaml(name, request_url, console_url), nl=False)


def as_yaml(name: str, request_url: str | None = None, console_url: str | None = None) -> str:
    """The manifest as the YAML that Slack's page takes."""
    import yaml

    from bot.staff.shortcuts import SHORTCUTS
    from channels.slack.manifest import manifest

    mode = "http" if request_url else "socket"
    told = manifest(name, mode=mode, request_url=request_url, shortcuts=SHORTCUTS, console_url=console_url)
    return yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=120)
