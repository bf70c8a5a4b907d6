"""Examines a helpdesk from outside, without changing anything: CHECKS names every check there is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from bot.doctor import (
    configuration,
    console,
    database,
    desk,
    knowledge,
    machine,
    mail,
    mail_dns,
    mcp,
    model,
    money,
    slack,
)
from bot.doctor.findings import EXIT_CODES, Finding, Patient, Severity, error
from storage.migrate import SchemaTooNew, schema_of
from storage.open import open_storage
from storage.transactions import StorageError

__all__ = ["CHECKS", "EXIT_CODES", "Finding", "Patient", "Severity", "examine", "with_storage"]

Check = Callable[[Patient], Awaitable[list[Finding]]]

CHECKS: Mapping[str, Check] = {
    "versions": machine.versions,
    "clock": machine.clock,
    "disk": machine.disk,
    "settings": configuration.settings_fit,
    "secret files": configuration.secret_files,
    "database": database.database,
    "schema": database.schema,
    "backups": database.backups,
    "slack token": slack.token,
    "slack scopes": slack.scopes,
    "slack app token": slack.app_token,
    "slack staff channel": slack.staff_channel,
    "slack approvers": slack.approvers,
    "slack channels": slack.channels,
    "imap": mail.mailboxes,
    "mail tokens": mail.tokens,
    "sent folder": mail.sent_folder,
    "smtp out": mail.submission,
    "smtp in": mail.door,
    "mail proof": mail.proof,
    "mail domain": mail_dns.domain,
    "model": model.endpoint,
    "prices": model.prices,
    "embeddings": model.embeddings,
    "mcp servers": mcp.servers,
    "knowledge": knowledge.documents,
    "payments": money.payments,
    "refund policy": money.policy,
    "shop": money.shop,
    "hours": desk.hours,
    "http": desk.http_port,
    "console": console.console,
    "alarms": desk.alarm_paths,
    "switches": desk.switches,
    "outbox": desk.outbox,
    "quarantine": desk.quarantine,
    "stored mail": desk.reading,
    "certificate": desk.certificate,
}

"""What changes nothing, anywhere."""

ON_REQUEST: Mapping[str, Check] = {"mail round trip": mail.round_trip}
"""What does something that others can see, and is only made when it is named."""
PATIENT = {"mail round trip": mail.ROUND_TRIP_SECONDS + 10}
"""Seconds for checks that wait for more than one answer."""


async def examine(
    patient: Patient, names: frozenset[str] = frozenset(), also: frozenset[str] = frozenset()
) -> dict[str, list[Finding]]:
    """Make all checks (or those named), and `also` those on request, side by side; each ends in time."""
    known = {**CHECKS, **ON_REQUEST}
    wanted = [name for name in known if name in also or (name in names if names else name in CHECKS)]
    found = await asyncio.gather(*(_make(known[name], patient, PATIENT.get(name)) for name in wanted))
    return dict(zip(wanted, found, strict=True))


async def _make(check: Check, patient: Patient, longest: float | None) -> list[Finding]:
    seconds = longest or patient.settings.doctor.seconds
    try:
        async with asyncio.timeout(seconds):
            return await check(patient)
    except TimeoutError:
        why = f"no answer within {seconds:g} seconds"
    except Exception as trouble:  # the rim: a check that breaks is a finding, and the others go on
        why = f"{type(trouble).__name__}: {trouble}"
    return [error(f"this could not be checked: {why}", "see whether the server named in the settings can be reached")]


@asynccontextmanager
async def with_storage(patient: Patient) -> AsyncIterator[Patient]:
    """The patient with its database open, when there is one with exactly our schema; nothing is upgraded."""
    url = patient.settings.database.url
    try:
        current = not (await asyncio.to_thread(schema_of, url)).missing
    except (StorageError, SchemaTooNew):
        current = False
    if not current:
        yield patient
        return
    storage = await open_storage(url)
    try:
        yield Patient(patient.loaded, patient.file, storage)
    finally:
        await storage.close()
