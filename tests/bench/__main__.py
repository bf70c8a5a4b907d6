"""`python -m tests.bench [name …]`: measures what README claims, and prints it as a table."""

import argparse
import asyncio
import json
import logging
import os
import platform
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from tests.bench import answer_cpu, growth, job_rate, latency, mail_intake, parsing, slack_intake, startup, tokens
from tests.bench.disk import sync_seconds
from tests.bench.figures import Line, number, table
from tests.bench.scale import Scale, open_scale

BENCHES: dict[str, Callable[[Scale], Awaitable[list[Line]]]] = {
    answer_cpu.BENCH: answer_cpu.measure,
    mail_intake.BENCH: mail_intake.measure,
    slack_intake.BENCH: slack_intake.measure,
    latency.BENCH: latency.measure,
    job_rate.BENCH: job_rate.measure,
    growth.BENCH: growth.measure,
    startup.BENCH: startup.measure,
    parsing.BENCH: parsing.measure,
    tokens.BENCH: tokens.measure,
}


def main() -> None:
    """Measure, print, and write JSON when asked to."""
    chosen = _arguments()
    logging.disable(logging.WARNING)  # Slack that is not there, models without a price
    with open_scale(quick=chosen.quick, full=chosen.full, disk=chosen.disk) as scale:
        machine = _machine(scale)
        lines = asyncio.run(_measure(chosen.names or list(BENCHES), scale))
    print(f"{_words(machine)}\n\n{table(lines)}")
    if chosen.json:
        report = {"machine": machine, "lines": [line.as_json() for line in lines]}
        chosen.json.write_text(json.dumps(report, indent=2), encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHES], metavar="name", help=f"of {', '.join(BENCHES)}")
    parser.add_argument("--quick", action="store_true", help="small sizes, under a minute: shows that all of it runs")
    parser.add_argument("--full", action="store_true", help="large sizes, such as 100,000 tickets")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every sample there")
    parser.add_argument("--disk", type=Path, metavar="FOLDER", help="put the databases there")
    return parser.parse_args()


async def _measure(names: Sequence[str], scale: Scale) -> list[Line]:
    lines: list[Line] = []
    for name in names:
        started = time.monotonic()
        lines += await BENCHES[name](scale)
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    return lines


def _machine(scale: Scale) -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "fdatasync_ms": sync_seconds(scale.folder) * 1000,
    }


def _words(machine: dict[str, Any]) -> str:
    return (
        f"{machine['cores']} cores (load {machine['load']:.1f} at the start), {machine['system']}, "
        f"Python {machine['python']}, SQLite {machine['sqlite']}; "
        f"one fdatasync takes {number(machine['fdatasync_ms'])} ms."
    )


if __name__ == "__main__":
    main()
