"""The two ways a step may fail; everything else is a bug, and is tried again and then shown to a person.

* HelpdeskError
  x RetryLater     wait, then do it again
  x NeedsAPerson   trying again will not cure it
"""

from datetime import timedelta


class HelpdeskError(Exception):
    """Base of what a step says about its failure."""


class RetryLater(HelpdeskError):
    """Try again; `after` is how long to wait at least (None: the usual growing pause).

    `patient` means the wait is in the nature of the thing (a request still in flight, an earlier
    message first): it does not bring the job closer to being given up.
    """

    def __init__(self, why: str, *, after: timedelta | None = None, patient: bool = False):
        super().__init__(why)
        self.after = after
        self.patient = patient


class NeedsAPerson(HelpdeskError):
    """A person must look; `why` is written for staff."""


class SettingsError(HelpdeskError):
    """The settings are wrong; the text says which one, where it came from, and what is expected."""
