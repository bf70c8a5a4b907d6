"""Checks of the programs whose tools the team may use: they answer, and have every tool that is named."""

from bot.doctor.findings import Finding, Patient, note, ok, warning
from bot.errors import SettingsError
from bot.wiring import make_mcp


async def servers(patient: Patient) -> list[Finding]:
    """Connect to each once; nothing is called."""
    if not patient.settings.team.mcp:
        return [note("no MCP server is used (team.mcp)")]
    try:
        mcp = make_mcp(patient.settings)
    except SettingsError as trouble:
        return [warning(str(trouble), "correct it in helpdesk.toml")]
    assert mcp is not None
    try:
        await mcp.ready()
        return [
            warning(f"{state.name}: {state.trouble}", f"check team.mcp.{state.name}; until then it is left out")
            if state.trouble
            else ok(f"{state.name} answers and has {', '.join(state.tools)}")
            for state in mcp.state()
        ]
    finally:
        await mcp.close()
