"""Text that every database can keep: what customers send may hold characters no database stores."""

import json
from typing import Any

from sqlalchemy import Connection, Engine, event

_REPLACEMENT = "\ufffd"


def storable(text: str) -> str:
    """The same text with NUL and lone surrogates replaced by U+FFFD: PostgreSQL refuses the one, UTF-8 the other."""
    if "\0" in text:
        text = text.replace("\0", _REPLACEMENT)
    if not text.isascii():
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def storable_json(value: Any) -> str:
    """JSON text of the value with every string in it storable."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if "\\u0000" in text:
        text = json.dumps(_clean(value), ensure_ascii=False, separators=(",", ":"))
    return storable(text)


def clean_parameters(engine: Engine) -> None:
    """Make every text parameter of the engine's statements storable, in values and in comparisons alike."""
    event.listen(engine, "before_cursor_execute", _before_execute, retval=True)


def _before_execute(
    connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
) -> tuple[str, Any]:
    return statement, _clean(parameters)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_clean(item) for item in value)
    return value
