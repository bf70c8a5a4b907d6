"""How long data is kept, and its copies."""

from pydantic import Field

from bot.settings.section import Section


class RetentionSettings(Section):
    """How many days each kind of data is kept once it is no longer needed; None: for ever."""

    raw_days: int | None = Field(180, ge=1, description="bytes as they arrived; the row and its outcome stay")
    trace_days: int | None = Field(90, ge=1, description="what models and tools said inside runs; the costs stay")
    memory_days: int | None = Field(90, ge=1, description="the team's own history of solved and closed tickets")
    ticket_days: int | None = Field(
        None, ge=1, description="words of solved and closed tickets; the money ledger stays"
    )


class BackupSettings(Section):
    """Copies of a SQLite database; PostgreSQL has pg_dump."""

    folder: str | None = Field(None, description="where copies go; None: a folder backups beside the database")
    before_upgrade: bool = Field(True, description="copy the file before its schema changes")
