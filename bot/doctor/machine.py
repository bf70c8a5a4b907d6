"""Checks of the machine: versions, clock, disk."""

import asyncio
import shutil
import sqlite3
import sys
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import httpx

from bot.doctor.findings import Finding, Patient, error, note, ok, warning
from storage.db import parse_url

OLDEST_SQLITE = (3, 35)  # RETURNING
MOST_SKEW_SECONDS = 60.0
"""Slack refuses signatures older than five minutes; ours should be far from that."""


async def versions(patient: Patient) -> list[Finding]:
    """Python, SQLite, and every package inside the bounds this release was tested with."""
    python = ".".join(map(str, sys.version_info[:3]))
    found = [ok(f"helpdesk {_version('helpdesk-bot')}, Python {python}, SQLite {sqlite3.sqlite_version}")]
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        found.append(
            error(f"SQLite {sqlite3.sqlite_version} is too old", "use a Python built with SQLite 3.35 or newer")
        )
    wrong = await asyncio.to_thread(_wrong_packages)
    if wrong:
        command = f"{sys.executable} -m pip install --upgrade helpdesk-bot"
        found.append(warning(f"packages this release was not tested with: {', '.join(wrong)}", command))
    return found


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed as a package)"


def _wrong_packages() -> list[str]:
    """Packages that are missing or outside the bounds our own metadata gives."""
    from packaging.requirements import Requirement

    wrong = []
    for line in _requirements():
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        present = _version(wanted.name)
        if not wanted.specifier.contains(present if present[0].isdigit() else "0", prereleases=True):
            wrong.append(f"{wanted.name} {present}")
    return wrong


def _requirements() -> list[str]:
    try:
        return requires("helpdesk-bot") or []
    except PackageNotFoundError:
        return []


async def clock(patient: Patient) -> list[Finding]:
    """Our clock against the Date header (RFC 9110, 6.6.1) of a server we talk to anyway."""
    url = _somebody(patient)
    if url is None:
        return [note("no server is set that could be asked for the time", "")]
    before = datetime.now(UTC)
    try:
        async with httpx.AsyncClient(timeout=5, trust_env=not _near(url)) as client:
            answer = await client.head(url)
        told = parsedate_to_datetime(answer.headers["date"])
    except (httpx.HTTPError, KeyError, ValueError) as trouble:
        return [note(f"{url} does not tell the time ({type(trouble).__name__})", "timedatectl status")]
    skew = (before - told).total_seconds()
    if abs(skew) > MOST_SKEW_SECONDS:
        return [
            error(f"our clock is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}", "timedatectl set-ntp true")
        ]
    return [ok("our clock agrees with the servers we talk to")]


def _somebody(patient: Patient) -> str | None:
    chosen = patient.settings
    if chosen.slack.bot_token is not None:
        return chosen.slack.api_url
    if chosen.payments.backend == "stripe":
        return chosen.payments.stripe.api_base
    return chosen.model.base_url if chosen.model.provider == "openai" else None


def _near(url: str) -> bool:
    """A proxy of the environment is for the outside world, never for this machine."""
    return httpx.URL(url).host in ("127.0.0.1", "localhost", "::1")


async def disk(patient: Patient) -> list[Finding]:
    """Room beside the database, or in the working folder when the database is elsewhere."""
    return await asyncio.to_thread(_room, patient.settings.database.url, patient.settings.alarms.disk_free_megabytes)


def _room(database: str, least: int) -> list[Finding]:
    url = parse_url(database)
    place = Path(str(url.database)).absolute().parent if url.drivername == "sqlite" else Path.cwd()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free // 2**20
    if free < least:
        return [error(f"{free} MB are free in {place}", f"free at least {least} MB there, or move the database")]
    return [ok(f"{free} MB are free in {place}")]
