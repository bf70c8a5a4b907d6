"""An operator's own specialists: Markdown files with front matter that add to those that ship, or replace them."""

import re
from pathlib import Path
from typing import Any

import yaml

from agents_team.specialists import SPECIALISTS
from agents_team.specialists.base import SETTINGS, Specialist
from agents_team.tools.registry import TOOLS

MODES = ("auto", "draft", "off")
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
_RESERVED = frozenset({"triage", "router"})
_FIELDS: dict[str, type] = {
    "name": str,
    "handoff_description": str,
    "tools": list,
    "model": str,
    "mode": str,
    "role": str,
    "hands_to": list,
    "sticky": bool,
    "settings": dict,
}


_KINDS = {str: "text", list: "a list", bool: "true or false", dict: "names with values"}


def specialists_of(folder: Path | None) -> dict[str, Specialist]:
    """Those that ship and those of the folder by name; the folder wins.

    A file holds front matter (name; handoff_description, tools, model, settings, mode, role, hands_to, sticky) and the
    task as its body. For a specialist that ships, what a file leaves out stays as it is. Raises ValueError naming the
    file and the field.
    """
    chosen = dict(SPECIALISTS)
    for file in sorted(folder.glob("*.md")) if folder else ():
        specialist = _read(file)
        chosen[specialist.name] = specialist
    for specialist in chosen.values():
        unknown = [name for name in specialist.hands_to if name not in chosen]
        if unknown:
            raise ValueError(f"team.folder: {specialist.name}.hands_to: there is no specialist {', '.join(unknown)}")
    return chosen


def _read(file: Path) -> Specialist:
    fields, task = _parts(file)
    name = _checked_name(file, fields)
    shipped = SPECIALISTS.get(name)
    if shipped is None:
        for needed, value in (("handoff_description", fields.get("handoff_description")), ("a body", task)):
            if not value:
                raise ValueError(f"team.folder: {file.name}: {needed} is missing")
    base = shipped or Specialist(name, "", "", tools=(TOOLS["search_knowledge"], TOOLS["escalate"]))
    return Specialist(
        name=name,
        handoff_description=fields.get("handoff_description", base.handoff_description),
        task=task or base.task,
        tools=tuple(TOOLS[tool] for tool in fields["tools"]) if "tools" in fields else base.tools,
        role=fields.get("role", base.role),
        sticky=fields.get("sticky", base.sticky),
        hands_to=tuple(fields.get("hands_to", base.hands_to)),
        model=fields.get("model", base.model),
        mode=fields.get("mode", base.mode),
        settings=fields.get("settings", base.settings),
    )


def _parts(file: Path) -> tuple[dict[str, Any], str]:
    """(front matter, body), both checked for form."""
    text = file.read_text(encoding="utf-8")
    match = re.match(r"---\r?\n(.*?)\r?\n---[ \t]*\r?\n?(.*)\Z", text, re.DOTALL)
    if match is None:
        raise ValueError(f"team.folder: {file.name}: it must begin with front matter between two lines of ---")
    try:
        fields = yaml.safe_load(match[1]) or {}
    except yaml.YAMLError as error:
        raise ValueError(f"team.folder: {file.name}: the front matter is no YAML: {error}") from error
    if not isinstance(fields, dict):
        raise ValueError(f"team.folder: {file.name}: the front matter must be lines of name: value")
    _check(file, fields)
    return fields, match[2].strip()


def _check(file: Path, fields: dict[str, Any]) -> None:
    for field, value in fields.items():
        if field not in _FIELDS:
            raise ValueError(f"team.folder: {file.name}: {field}: unknown; there are {', '.join(_FIELDS)}")
        if not isinstance(value, _FIELDS[field]):
            raise ValueError(f"team.folder: {file.name}: {field}: must be {_KINDS[_FIELDS[field]]}")
    for tool in fields.get("tools", ()):
        if tool not in TOOLS:
            known = f"there are {', '.join(TOOLS)}; tools of MCP servers are given by team.mcp.<name>.specialists"
            raise ValueError(f"team.folder: {file.name}: tools: there is no {tool}; {known}")
    _check_settings(file, fields.get("settings", {}))
    for field, allowed in (("mode", MODES), ("role", ("specialist", "router"))):
        if fields.get(field, allowed[0]) not in allowed:
            raise ValueError(f"team.folder: {file.name}: {field}: must be one of {', '.join(allowed)}")


def _check_settings(file: Path, settings: dict[str, Any]) -> None:
    for name, value in settings.items():
        if name not in SETTINGS:
            raise ValueError(f"team.folder: {file.name}: settings.{name}: unknown; there are {', '.join(SETTINGS)}")
        if not isinstance(value, SETTINGS[name]) or isinstance(value, bool):
            kind = "text" if SETTINGS[name] is str else "a number"
            raise ValueError(f"team.folder: {file.name}: settings.{name}: must be {kind}")


def _checked_name(file: Path, fields: dict[str, Any]) -> str:
    name = fields.get("name", file.stem)
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise ValueError(f"team.folder: {file.name}: name: {name!r} must be lower case letters, digits and _")
    return str(name)
