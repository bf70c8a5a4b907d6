"""Fills the templates: every value is escaped unless code here made it markup, and a forgotten value is an error."""

import hashlib
import json
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from channels.base import Trust


def render(template: str, status: int = 200, **values: Any) -> Response:
    """The filled template as an answer."""
    return HTMLResponse(_environment().get_template(template).render(**values), status_code=status)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("bot.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do"],
    )
    made.filters |= {
        "moment": moment,
        "ago": ago,
        "dollars": dollars,
        "pretty": pretty,
        "words": words,
        "size": size,
        "seconds": in_seconds,
        "trust": lambda level: Trust(level).name.replace("_", " ").lower(),
    }
    made.globals["style"] = f"/console/console.css?{style_version()}"
    return made


@cache
def static(name: str) -> bytes:
    """One of our own files that need no signing in."""
    return files("bot.console").joinpath("static", name).read_bytes()


@cache
def style_version() -> str:
    """Changes with the style sheet, so that browsers may keep it for long."""
    return hashlib.sha256(static("console.css")).hexdigest()[:12]


# ------------------------------------------------------------------ filters


def moment(at: datetime | None) -> Markup:
    """A time as people read it and as machines do; "–" when there is none."""
    if at is None:
        return Markup("–")
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(timespec="seconds"), f"{at:%Y-%m-%d %H:%M} UTC")


def ago(span: timedelta) -> str:
    """A span of time in its largest unit: "3 d", "5 h", "12 min"."""
    seconds = max(0, int(span.total_seconds()))
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def in_seconds(seconds: float | None) -> str:
    """A duration for people: "40 ms", "1.2 s", "12 s", "5 min", "3.2 h"."""
    if seconds is None:
        return "–"
    if seconds < 0.95:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3600:.1f} h"


def dollars(micros: int | None) -> str:
    """Millionths of a dollar."""
    return "–" if micros is None else f"{micros / 1_000_000:.4f} USD"


def pretty(value: Any) -> str:
    """JSON as lines; text that holds JSON as such too, any other text as it is."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return str(value)
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def words(value: Any) -> str:
    """A name from code in words: "needs_person" → "needs person"."""
    return str(value).replace("_", " ")


def size(count: int) -> str:
    """Bytes in the unit people use."""
    for unit, length in (("MB", 2**20), ("KB", 2**10)):
        if count >= length:
            return f"{count / length:.1f} {unit}"
    return f"{count} bytes"
