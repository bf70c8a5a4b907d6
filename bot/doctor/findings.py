"""What a check says: how bad it is, what was found, and the command or click that mends it."""

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from bot.settings import Settings
from bot.settings_load import Loaded
from storage.open import Storage


class Severity(IntEnum):
    """OK and NOTE need nobody; WARNING will hurt some day; ERROR hurts now."""

    OK = 0
    NOTE = 1
    WARNING = 2
    ERROR = 3


EXIT_CODES = {Severity.OK: 0, Severity.NOTE: 0, Severity.WARNING: 1, Severity.ERROR: 2}
"""What `helpdesk doctor` ends with when this is the worst it found."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `mend` is empty only when there is nothing to mend."""

    severity: Severity
    what: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined. `storage` is None while there is no database this program could use."""

    loaded: Loaded
    file: Path
    storage: Storage | None = None

    @property
    def settings(self) -> Settings:
        return self.loaded.settings


def ok(what: str) -> Finding:
    """As it should be."""
    return Finding(Severity.OK, what)


def note(what: str, mend: str = "") -> Finding:
    """Right for some, and worth knowing."""
    return Finding(Severity.NOTE, what, mend)


def warning(what: str, mend: str) -> Finding:
    """It works today."""
    return Finding(Severity.WARNING, what, mend)


def error(what: str, mend: str) -> Finding:
    """Customers or staff suffer from it."""
    return Finding(Severity.ERROR, what, mend)
