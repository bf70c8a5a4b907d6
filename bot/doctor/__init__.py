"""Examines a helpdesk from outside, without changing anything: CHECKS names every check there is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from bot.doctor import configuration, console, database, desk, knowledge, machine, mail, mail_dns, model, money, slack
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


async def examine(patient: Patient, names: frozenset[str] = frozenset()) -> dict[str, list[Finding]]:
    """Make all checks (or those named) side by side; each ends in time, whatever it waits for."""
    wanted = [name for name in CHECKS if not names or name in names]
    found = await asyncio.gather(*(_make(CHECKS[name], patient) for name in wanted))
    return dict(zip(wanted, found, strict=True))


async def _make(check: Check, patient: Patient) -> list[Finding]:
    seconds = patient.settings.doctor.seconds
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
