"""The keys of the web console: one-time links and sessions, kept as hashes."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.types import UtcDateTime


class ConsoleKey(SQLModel, table=True):
    """One secret that opens the console for one person; the secret itself is nowhere here.

    `kind` is link (one use, ends with it) or session. `who` is "T…/U…", or "cli/NAME" for whoever has the machine.
    """

    digest: str = Field(primary_key=True, max_length=64)
    kind: str = Field(max_length=16)
    who: str = Field(max_length=255)
    name: str = ""
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
