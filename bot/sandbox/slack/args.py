"""The arguments of one Web API call, from query, form or JSON, as Slack reads them."""

import json
from typing import Any

from aiohttp import web

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.world import Json

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
TRUE = (True, "1", "true", "True", 1)


class Args:
    """Named values; a form gives texts where JSON gives objects, and both are understood."""

    def __init__(self, values: Json) -> None:
        self.values = values

    def has(self, name: str) -> bool:
        return self.values.get(name) not in (None, "")

    def text(self, name: str) -> str:
        """The value as text; empty when it is missing. A JSON number where Slack wants a string is refused."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, str):
            raise SlackError("invalid_arguments", f"must be a string [json-pointer:/{name}]")
        return value or ""

    def flag(self, name: str) -> bool:
        return self.values.get(name) in TRUE

    def whole(self, name: str, default: int, most: int) -> int:
        """A whole number from 1 to `most`; SlackError("invalid_limit") otherwise."""
        if not self.has(name):
            return default
        try:
            number = int(self.values[name])
        except (TypeError, ValueError):
            raise SlackError("invalid_limit") from None
        if not 1 <= number <= most:
            raise SlackError("invalid_limit")
        return number

    def data(self, name: str, error: str) -> Any:
        """A JSON value, given as such or as its text; SlackError(error) when it is not JSON."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise SlackError(error) from None


async def read_arguments(request: web.Request, *, json_allowed: bool) -> tuple[Json, str]:
    """All arguments, and the token from the Authorization header or the form; never from the query or from JSON."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    token = bearer.strip() if scheme.lower() == "bearer" else ""
    values: Json = {name: value for name, value in request.query.items() if name != "token"}
    if request.method == "POST":
        body = await _body(request, json_allowed=json_allowed)
        if request.content_type in FORMS:
            token = token or str(body.pop("token", ""))
        body.pop("token", None)
        values |= body
    return values, token


async def _body(request: web.Request, *, json_allowed: bool) -> Json:
    if request.content_type in FORMS:
        return dict(await request.post())
    raw = await request.read()
    if not raw:
        return {}
    if "Content-Type" not in request.headers:
        raise SlackError("missing_post_type")
    if request.content_type == "text/plain":
        return {}
    if request.content_type != "application/json":
        raise SlackError("invalid_post_type")
    # Methods that only read ignore a JSON body, as Slack's do.
    return _parse(raw) if json_allowed else {}


def _parse(raw: bytes) -> Json:
    try:
        parsed = json.loads(raw)
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(parsed, dict):
        raise SlackError("json_not_object")
    return parsed
