"""`helpdesk doctor`: what is wrong, and the command or click that mends it."""

import asyncio
import json
from pathlib import Path

import click

from bot.cli.common import config_option, json_option
from bot.settings_load import chosen_file, load

MARKS = {"OK": "ok     ", "NOTE": "note   ", "WARNING": "warning", "ERROR": "ERROR  "}


@click.command()
@config_option
@json_option
@click.option("--only", multiple=True, help="make only this check; may be given several times")
@click.option("--send-mail", is_flag=True, help="also send one mail to our own address, and wait for it")
@click.option("--quiet", is_flag=True, help="leave out what is fine")
def command(config: Path | None, as_json: bool, only: tuple[str, ...], send_mail: bool, quiet: bool) -> None:
    """Look at everything and change nothing; with --send-mail one mail is sent.

    Exit code 0: healthy. 1: something will hurt some day. 2: customers or staff suffer from it now.
    """
    from bot.doctor import CHECKS, EXIT_CODES, ON_REQUEST, Finding, Patient, examine, with_storage

    unknown = sorted(set(only) - {*CHECKS, *ON_REQUEST})
    if unknown:
        raise click.BadParameter(f"no such check: {', '.join(unknown)}; there are: {', '.join(CHECKS)}")
    patient = Patient(load(config), chosen_file(config))

    async def make() -> dict[str, list[Finding]]:
        async with with_storage(patient) as opened:
            return await examine(opened, frozenset(only), frozenset(ON_REQUEST if send_mail else ()))

    found = asyncio.run(make())
    worst = max(finding.severity for findings in found.values() for finding in findings)
    code = EXIT_CODES[worst]
    rows = [
        {"check": name, "severity": finding.severity.name.lower(), "what": finding.what, "mend": finding.mend}
        for name, findings in found.items()
        for finding in findings
    ]
    if as_json:
        click.echo(json.dumps({"healthy": code == 0, "worst": worst.name.lower(), "findings": rows}, indent=2))
    else:
        _print(rows, healthy=code == 0, quiet=quiet)
    raise SystemExit(code)


def _print(rows: list[dict[str, str]], *, healthy: bool, quiet: bool) -> None:
    for row in rows:
        if quiet and row["severity"] == "ok":
            continue
        click.echo(f"{MARKS[row['severity'].upper()]}  {row['check']}: {row['what']}")
        if row["mend"]:
            click.echo(f"           mend: {row['mend']}")
    counts = {name: sum(row["severity"] == name for row in rows) for name in ("error", "warning", "note")}
    click.echo(f"\n{'Healthy' if healthy else 'Not healthy'}: {counts['error']} errors, {counts['warning']} warnings.")
