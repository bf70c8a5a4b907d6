"""`helpdesk certificate`: received = accounted for, and each skip with its reason."""

import json
from pathlib import Path

import click

from bot.cli.common import config_option, json_option, settings_from, with_desk
from bot.desk import Desk
from bot.numbers.certificate import Certificate, certify


@click.command()
@config_option
@json_option
@click.option(
    "--days", type=click.FloatRange(min=0, min_open=True), default=30, show_default=True, help="back from now"
)
def command(config: Path | None, as_json: bool, days: float) -> None:
    """Account for everything that was received. Exit code 1 when something is not accounted for."""

    async def ask(desk: Desk) -> Certificate:
        return await desk.db.read(lambda tx: certify(tx, desk.jobs, desk.now(), days=days))

    found = with_desk(settings_from(config), ask)
    click.echo(json.dumps(found.as_json(), indent=2) if as_json else _text(found))
    raise SystemExit(0 if found.balanced else 1)


def _text(found: Certificate) -> str:
    lines = [f"From {found.since:%Y-%m-%d %H:%M} to {found.until:%Y-%m-%d %H:%M} UTC"]
    lines.append(f"received            {found.received:7}   (and {found.received_again} times again, recognised)")
    for channel, outcomes in sorted(found.outcomes.items()):
        lines += [f"  {channel:6} {outcome:12}{count:7}" for outcome, count in sorted(outcomes.items())]
    lines.append(f"waiting             {found.waiting:7}")
    if found.skips:
        lines.append("Became no message, because:")
        lines += [f"  {skip['count']:7}  {skip['channel']} {skip['outcome']}: {skip['why']}" for skip in found.skips]
    lines.append(
        "Replies: " + (", ".join(f"{count} {state}" for state, count in sorted(found.replies.items())) or "none")
    )
    lines.append(f"May have arrived twice: {found.possible_duplicates}")
    lines += [f"LOST {lost.id}: {lost.why}" for lost in found.lost]
    lines.append("Everything is accounted for." if found.balanced else "NOT everything is accounted for.")
    return "\n".join(lines)
