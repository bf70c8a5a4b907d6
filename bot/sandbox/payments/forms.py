"""Stripe's form encoding: `metadata[order]=7&expand[0]=charge` into nested values."""

import re
from typing import Any
from urllib.parse import parse_qsl

from bot.sandbox.payments.refusal import Refusal

Params = dict[str, Any]

_KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")


def decode(text: str) -> Params:
    """The parameters of a body or a query string; lists come back as lists, everything else as text."""
    params: Params = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        match = _KEY.match(key)
        if match is None:
            raise Refusal(f"Invalid parameter name: {key}", code="parameter_unknown", param=key)
        _put(params, [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])], value)
    return {key: _lists(value) for key, value in params.items()}


def _put(params: Params, path: list[str], value: str) -> None:
    for part in path[:-1]:
        inner = params.setdefault(part, {})
        if not isinstance(inner, dict):
            raise Refusal("Invalid hash", code="parameter_invalid_empty", param=path[0])
        params = inner
    # `expand[]=a&expand[]=b` names no position: the next free one.
    params[path[-1] or str(len(params))] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _lists(item) for key, item in value.items()}
    if inner and all(key.isdigit() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


def allow(params: Params, *names: str) -> None:
    """Refuse every parameter that is not in `names`, as Stripe does."""
    for name in params:
        if name not in names:
            raise Refusal(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def integer(params: Params, name: str, *, least: int, most: int = 99_999_999) -> int | None:
    """The whole number under `name`; None when it was not sent."""
    text = params.get(name)
    if text is None:
        return None
    if not isinstance(text, str) or not re.fullmatch(r"-?[0-9]{1,12}", text):
        raise Refusal(f"Invalid integer: {text}", code="parameter_invalid_integer", param=name)
    if int(text) < least:
        message = f"This value must be greater than or equal to {least}."
        raise Refusal(message, code="parameter_invalid_integer", param=name)
    if int(text) > most:
        raise Refusal(f"This value must be at most {most}.", code="parameter_invalid_integer", param=name)
    return int(text)


def within(params: Params, name: str, moment: int) -> bool:
    """Whether a moment (seconds since 1970) lies in the range asked for: `created=7` or `created[gte]=7`."""
    wish = params.get(name)
    if wish is None:
        return True
    if not isinstance(wish, dict):
        return moment == integer(params, name, least=0, most=99_999_999_999)
    allow(wish, "gt", "gte", "lt", "lte")
    bounds = {bound: integer(wish, bound, least=0, most=99_999_999_999) or 0 for bound in wish}
    checks = {"gt": int.__gt__, "gte": int.__ge__, "lt": int.__lt__, "lte": int.__le__}
    return all(checks[bound](moment, limit) for bound, limit in bounds.items())


def metadata(params: Params) -> dict[str, str]:
    """The metadata of a request, within Stripe's limits (50 keys of 40 characters, values of 500)."""
    found = params.get("metadata") or {}
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise Refusal("Invalid hash", param="metadata")
    if len(found) > 50:
        raise Refusal("You can only specify up to 50 metadata keys.", param="metadata")
    for key, value in found.items():
        if len(key) > 40 or len(value) > 500:
            raise Refusal("Metadata keys are at most 40 characters, values at most 500.", param=f"metadata[{key}]")
    return {key: value for key, value in found.items() if value}
