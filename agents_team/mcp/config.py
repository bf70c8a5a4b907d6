"""Which programs' tools the team may use, and how each is reached."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MCP_CALL = "mcp_call"
"""The kind of action that a change becomes."""

FILLED_IN = ("customer_id", "customer_email", "ticket_id")
"""What we can put into an argument ourselves, so that no model chooses it."""

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class McpConfig:
    """One server: at `url` (streamable HTTP) or started as `command` with `args` and `env` (stdio).

    `headers` go with each request; `header_files` are read at each connection, so that a new secret needs no
    restart. Only tools in `reads`, `changes` and `automatic` exist for us: reads look, changes wait for a person,
    automatic ones are done without one. `specialists` may use them (empty: all). `bind` names arguments that we
    fill in, one of FILLED_IN each: the model neither sees nor chooses them. `trust` is the least proof of the
    requester. Seconds for connecting and for a call; a result longer than `most_characters` is cut.
    """

    name: str
    url: str = ""
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    header_files: Mapping[str, str] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    automatic: tuple[str, ...] = ()
    specialists: tuple[str, ...] = ()
    bind: Mapping[str, str] = field(default_factory=dict)
    trust: int = 1
    connect_seconds: float = 10.0
    call_seconds: float = 20.0
    most_characters: int = 8_000

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z][\w-]{0,30}", self.name, re.ASCII):
            raise ValueError(f"{self.name}: the name of a server is letters, digits, _ and -, at most 31")
        if bool(self.url) == bool(self.command):
            raise ValueError(f"{self.name}: set either url (streamable HTTP) or command (stdio)")
        if not self.allowed:
            raise ValueError(f"{self.name}: name at least one tool in reads, changes or automatic")
        if twice := [tool for tool in dict.fromkeys(self.allowed) if self.allowed.count(tool) > 1]:
            raise ValueError(f"{self.name}: {', '.join(twice)} is named twice in reads, changes and automatic")
        if unknown := [value for value in self.bind.values() if value not in FILLED_IN]:
            raise ValueError(f"{self.name}.bind: {', '.join(unknown)} is none of {', '.join(FILLED_IN)}")

    @property
    def allowed(self) -> tuple[str, ...]:
        """Every tool an operator named."""
        return (*self.reads, *self.changes, *self.automatic)

    def name_for_model(self, tool: str) -> str:
        """The tool's name in front of the model: letters, digits and _, at most 60, different for different tools."""
        plain = re.sub(r"\W+", "_", f"{self.name}_{tool}", flags=re.ASCII)
        if plain == f"{self.name}_{tool}" and len(plain) <= LONGEST_NAME:
            return plain
        return f"{plain[: LONGEST_NAME - 7]}_{hashlib.sha256(f'{self.name}/{tool}'.encode()).hexdigest()[:6]}"
