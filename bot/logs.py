"""Logs: one JSON object a line on standard error, with the ids of what it is about and nothing anybody may misuse."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from agents_team.guardrails.pii import mask_pii

QUIET = (
    "procrastinate",
    "psycopg.pool",
    "httpx",
    "httpx2",
    "mcp",
    "httpcore",
    "alembic",
    "stripe",
    "imapclient",
    "apscheduler",
    "slack_bolt",
    "mail.log",
    "opentelemetry",
    "uvicorn",
)
"""Libraries that tell more than an operator wants to read; their warnings are kept."""

SILENT = ("psycopg",)
"""It warns of each query that a stop interrupts, which is how a process stops; its errors are kept."""

_SECRETS = re.compile(
    r"\b(?:xox[a-z]-|xapp-|sk_live_|sk_test_|rk_live_|rk_test_|whsec_|sk-)[A-Za-z0-9_-]{6,}"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
    r"|(?<=Bearer )[A-Za-z0-9._~+/=-]{8,}"
)
# Addresses stay recognisable as such and as the same one, and name nobody.
_ADDRESS = re.compile(r"\b([A-Za-z0-9])[A-Za-z0-9._%+-]*@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")
MOST_DEPTH = 6


def masked(text: str) -> str:
    """The text without keys, passwords, card and account numbers; of an address the first letter and the domain."""
    return mask_pii(_ADDRESS.sub(r"\1…@\2", _SECRETS.sub("********", text))).text


def mask_event(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog's processor: every text in the line is masked, however deep."""
    return {name: _mask(value, MOST_DEPTH) for name, value in event.items()}


def _mask(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return masked(value)
    if depth and isinstance(value, dict):
        return {name: _mask(inner, depth - 1) for name, inner in value.items()}
    if depth and isinstance(value, list | tuple):
        return [_mask(inner, depth - 1) for inner in value]
    return value if isinstance(value, int | float | bool) or value is None else masked(str(value))


def configure_logs(at_least: str = "info") -> None:
    """Call once, at the start of a program. Libraries' lines become JSON too."""
    level = logging.getLevelNamesMapping()[at_least.upper()]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendered: list[Any] = [
        structlog.processors.format_exc_info,
        mask_event,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    structlog.configure(
        processors=[*shared, *rendered],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
        )
    )
    logging.basicConfig(level=max(level, logging.INFO), handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in SILENT:
        logging.getLogger(name).setLevel(logging.ERROR)
    for name in ("channels", "storage", "agents_team", "bot"):
        logging.getLogger(name).setLevel(level)


def about(**ids: str) -> None:
    """From here on every line of this task names these rows."""
    structlog.contextvars.bind_contextvars(**ids)
