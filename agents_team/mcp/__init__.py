"""Tools of other programs (Model Context Protocol): looked at within bounds, and never the doer of a change."""

from agents_team.mcp.config import McpConfig
from agents_team.mcp.errors import McpRefused, McpUnavailable
from agents_team.mcp.servers import MCP_CALL, McpServers

__all__ = ["MCP_CALL", "McpConfig", "McpRefused", "McpServers", "McpUnavailable"]
