"""Checks of the settings themselves: do they fit together, and can others read the secrets."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, SecretStr

from bot.doctor.findings import Finding, Patient, error, note, ok, warning
from bot.errors import SettingsError
from bot.wiring import mail_config, slack_config, team_config


async def settings_fit(patient: Patient) -> list[Finding]:
    """What `helpdesk config lint` says, and whether any door is open at all."""
    found = []
    chosen = patient.settings
    for part in (
        lambda: slack_config(chosen.slack),
        lambda: mail_config(chosen.mail, chosen.desk.name),
        lambda: team_config(chosen),
    ):
        try:
            part()
        except SettingsError as trouble:
            found.append(error(str(trouble), f"edit {patient.file}, then: helpdesk config lint"))
    if chosen.slack.bot_token is None and chosen.mail.address is None:
        found.append(error("no door is open: neither slack.bot_token nor mail.address is set", "helpdesk init"))
    return found or [ok(f"{len(patient.loaded.origins)} settings are set and fit together")]


async def secret_files(patient: Patient) -> list[Finding]:
    """Files that hold secrets are readable by their owner alone."""
    found = [finding for file in sorted(_files(patient)) for finding in _look_at(file)]
    secrets = sum(1 for _ in _secrets(patient.settings))
    return found or [ok(f"{secrets} secrets, none in a file that others can read")]


def _files(patient: Patient) -> set[Path]:
    """The settings file when a secret is in it, and every file named by a …_FILE variable."""
    held = set(patient.loaded.origins.values())
    files = {patient.file} if patient.file.exists() and _file_holds_secret(patient) else set()
    named = [os.environ.get(f"{origin}") for origin in held if origin.endswith("_FILE")]
    return files | {Path(name) for name in named if name}


def _file_holds_secret(patient: Patient) -> bool:
    paths = {path for path, _ in _secrets(patient.settings)}
    return any(path in paths and origin == str(patient.file) for path, origin in patient.loaded.origins.items())


def _secrets(model: BaseModel, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], SecretStr]]:
    for name in type(model).model_fields:
        yield from _secrets_in(getattr(model, name), (*path, name))


def _secrets_in(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], SecretStr]]:
    if isinstance(value, SecretStr):
        yield path, value
    elif isinstance(value, BaseModel):
        yield from _secrets(value, path)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _secrets_in(inner, (*path, str(key)))


def _look_at(file: Path) -> list[Finding]:
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
    except OSError as trouble:
        return [note(f"{file} cannot be looked at: {trouble.strerror}")]
    if mode & 0o007:
        return [error(f"everybody on this machine can read the secrets in {file} (mode {mode:o})", f"chmod 600 {file}")]
    if mode & 0o070:
        return [warning(f"a group can read the secrets in {file} (mode {mode:o})", f"chmod 600 {file}")]
    return []
