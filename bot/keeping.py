"""Which bytes of a delivery are kept once it is understood: as they came, masked, or sealed for good."""

import json
from collections.abc import Sequence
from typing import Any

from agents_team.guardrails.pii import mask_pii
from channels.base import Unreadable
from channels.mail.parse import read_mail
from channels.mail.parse.rewrite import CannotRewrite, rewritten
from channels.mail.smtp import CHANNEL as MAIL

WRITTEN = frozenset(
    {
        *("text", "title", "name", "fallback", "pretext", "preview", "preview_plain_text", "plain_text", "footer"),
        *("alt_text", "initial_comment", "topic", "purpose"),
    }
)
"""The fields of Slack's events that hold what people wrote; times and ids in the others look like numbers of cards."""


def harmless(channel: str, body: bytes, words: Sequence[str]) -> bytes:
    """The same delivery without numbers nobody may keep; the very same bytes when it holds none.

    `words` is what was understood of it. Raises Unreadable when it cannot be made certain that none is left.
    """
    kept = _mail(body) if channel == MAIL else _json(body)
    left = words if kept is body else _texts(kept) if channel == MAIL else ()
    if any(mask_pii(text).kinds for text in left):
        raise Unreadable("a number that may not be kept stands where it cannot be masked")
    return kept


def harmless_file(content_type: str, body: bytes) -> bytes:
    """A file of text without such numbers; other files are not looked into."""
    if not _is_text(content_type.partition(";")[0].strip().lower()):
        return body
    charset = next((name for name in ("utf-8", "cp1252") if _decodes(body, name)), "latin-1")
    text = body.decode(charset)
    masked = _masked(text)
    return body if masked == text else masked.encode(charset, "replace")


def _decodes(body: bytes, charset: str) -> bool:
    try:
        body.decode(charset)
    except UnicodeDecodeError:
        return False
    return True


def _mail(body: bytes) -> bytes:
    try:
        kept = rewritten(body, _masked)
    except (CannotRewrite, ValueError) as error:
        raise Unreadable(f"it cannot be masked: {error}") from error
    return body if kept == body else kept


def _texts(body: bytes) -> list[str]:
    """Everything the desk may ever take out of a stored mail as words."""
    mail = read_mail(body)
    names = [one.filename for one in mail.attachments]
    files = [one.content.decode("utf-8", "replace") for one in mail.attachments if _is_text(one.content_type)]
    return [mail.text, mail.visible, mail.quoted or "", mail.subject, *names, *files]


def _is_text(content_type: str) -> bool:
    return content_type.startswith(("text/", "message/")) or content_type.endswith(("json", "xml", "csv"))


def _json(body: bytes) -> bytes:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return body  # what is no JSON has no fields; its words were looked at as a whole
    kept = _without(told, written=False)
    return body if kept == told else json.dumps(kept, separators=(",", ":")).encode("ascii")


def _without(value: Any, *, written: bool) -> Any:
    match value:
        case str():
            return _masked(value) if written else value
        case list():
            return [_without(each, written=written) for each in value]
        case dict():
            typed = value.get("type") == "plain_text_input"
            if "blocks" in value and isinstance(text := value.get("text"), str) and _masked(text) != text:
                # The same words once more, in pieces between which a number may be cut.
                value = {name: each for name, each in value.items() if name != "blocks"}
            return {
                name: _without(each, written=name in WRITTEN or (typed and name == "value"))
                for name, each in value.items()
            }
    return value


def _masked(text: str) -> str:
    return mask_pii(text).text
