"""All servers whose tools the team may use; one that is down is left out until it is back."""

import asyncio
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from agents import FunctionTool
from mcp_types import Tool

from agents_team.mcp.config import McpConfig
from agents_team.mcp.connection import Connection
from agents_team.mcp.errors import McpRefused
from agents_team.mcp.results import text_of
from agents_team.mcp.tools import function_tool_of, gives_orders
from agents_team.tools.registry import TOOLS

KEY = "helpdesk/idempotency-key"
"""Under this name of `_meta` a server finds the id of our action: the same call again carries the same id."""


@dataclass(frozen=True, slots=True)
class RemoteTool:
    """A tool as its server describes it now. `fingerprint` changes when description or arguments do."""

    description: str
    fingerprint: str
    automatic: bool


@dataclass(frozen=True, slots=True)
class ServerState:
    """`trouble` is "" when the server is up with all tools that were named."""

    name: str
    up: bool
    tools: tuple[str, ...]
    trouble: str


class McpServers:
    """Built from settings; nothing is connected before somebody asks for `ready`."""

    def __init__(self, configs: Iterable[McpConfig] = ()):
        """Raises ValueError when two tools would have the same name in front of the model."""
        self._connections = {config.name: Connection(config) for config in configs}
        self._made: dict[str, tuple[int, list[FunctionTool]]] = {}
        names = list(TOOLS)
        for connection in self._connections.values():
            names += [connection.config.name_for_model(tool) for tool in connection.config.allowed]
        if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
            raise ValueError(f"two tools would be called {twice[0]}: give one of the servers another name")

    def start(self) -> None:
        """Begin to connect to all of them; needs a running loop."""
        for connection in self._connections.values():
            connection.start()

    async def ready(self) -> None:
        """Every server is up, or has failed once. The first call connects; later ones return at once."""
        await asyncio.gather(*(connection.ready() for connection in self._connections.values()))

    async def close(self) -> None:
        """End every session and every program that was started for one."""
        await asyncio.gather(*(connection.close() for connection in self._connections.values()))

    @property
    def version(self) -> int:
        """Counts up whenever `tools_for` may say something else."""
        return sum(connection.version for connection in self._connections.values())

    def tools_for(self, specialist: str) -> list[FunctionTool]:
        """What this specialist may use, in the order of the settings; byte for byte the same while nothing changes."""
        return [
            tool
            for connection in self._connections.values()
            if connection.up and specialist in (connection.config.specialists or (specialist,))
            for tool in self._tools(connection)
        ]

    def _tools(self, connection: Connection) -> list[FunctionTool]:
        known = self._made.get(connection.config.name)
        if known is None or known[0] != connection.version:
            fitting = [tool for tool in connection.tools.values() if not gives_orders(tool)]
            known = (connection.version, [function_tool_of(connection, tool) for tool in fitting])
            self._made[connection.config.name] = known
        return known[1]

    def state(self) -> tuple[ServerState, ...]:
        """How each server is, for health and the doctor."""
        return tuple(map(_state, self._connections.values()))

    async def remote_tool(self, server: str, tool: str) -> RemoteTool | None:
        """What this tool is right now; None when it is gone or no change. Raises McpUnavailable (not sent)."""
        connection = self._connections.get(server)
        if connection is None or tool in connection.config.reads:
            return None
        await connection.ready()
        await connection.look()
        found = connection.tools.get(tool)
        if found is None or gives_orders(found):
            return None
        automatic = tool in connection.config.automatic
        return RemoteTool(found.description or "", _fingerprint(found), automatic)

    @property
    def longest_change(self) -> float:
        """How many seconds a change can take at most, with connecting and looking before it."""
        configs = [connection.config for connection in self._connections.values()]
        return max((2 * config.connect_seconds + 5 * config.call_seconds for config in configs), default=60.0)

    async def change(self, server: str, tool: str, arguments: Mapping[str, Any], *, key: str) -> str:
        """Let the server do it, once, with `key` beside the arguments; returns its words.

        Only an approved action may call this. Raises McpUnavailable, after which nobody knows unless `sent` is
        false, and McpRefused.
        """
        connection = self._connections.get(server)
        if connection is None:
            raise McpRefused(f"there is no MCP server {server} any more (team.mcp)")
        result = await connection.change(tool, arguments, {KEY: key})
        words = text_of(result, connection.config.most_characters)
        if result.is_error:
            raise McpRefused(words[:500] or "the server gave no reason")
        return words


def _state(connection: Connection) -> ServerState:
    steering = tuple(name for name, tool in connection.tools.items() if gives_orders(tool))
    trouble = connection.why_down
    if not trouble and connection.missing:
        trouble = f"it has no tool {', '.join(connection.missing)}"
    elif not trouble and steering:
        trouble = f"left out, because the description gives orders to the model: {', '.join(steering)}"
    tools = tuple(name for name in connection.tools if name not in steering) if connection.up else ()
    return ServerState(connection.config.name, connection.up, tools, trouble)


def _fingerprint(tool: Tool) -> str:
    said = json.dumps([tool.description, tool.input_schema], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]
