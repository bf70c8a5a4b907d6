"""Slack's text codes turned into what a person would read."""

import re
from collections.abc import Mapping

CODE = re.compile(r"<([^<>\n]*)>")
# Lone surrogates cannot be stored as UTF-8, NUL not in PostgreSQL.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
USER = re.compile(r"<@([A-Z0-9]+)(?:\|[^<>\n]*)?>")


def readable(text: str, names: Mapping[str, str]) -> str:
    """`text` with mentions, channels, links, dates and entities decoded; unknown users keep their id.

    Written in one pass, so that text a person typed as `&lt;@U1&gt;` never becomes a mention.
    Format: https://docs.slack.dev/messaging/formatting-message-text
    """
    parts: list[str] = []
    end = 0
    for match in CODE.finditer(text):
        parts += [unescaped(text[end : match.start()]), unescaped(_decoded(match[1], names))]
        end = match.end()
    parts.append(unescaped(text[end:]))
    return storable("".join(parts))


def unescaped(text: str) -> str:
    """`text` with Slack's three entities decoded, each once."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def storable(text: str) -> str:
    """`text` without characters that no database takes."""
    return UNSTORABLE.sub("\ufffd", text)


def mentioned(text: str) -> frozenset[str]:
    """Ids of the users `text` mentions."""
    return frozenset(USER.findall(text))


def without_leading_mention(text: str, user_id: str) -> str:
    """`text` without "@bot" at its start: how people call somebody is not what they say."""
    return re.sub(rf"^\s*<@{re.escape(user_id)}(?:\|[^<>\n]*)?>[\s,:]*", "", text) if user_id else text


def _decoded(code: str, names: Mapping[str, str]) -> str:
    target, _, label = code.partition("|")
    if target.startswith("@"):
        return "@" + (names.get(target[1:]) or label or target[1:])
    if target.startswith("#"):
        return "#" + (label.removeprefix("#") or target[1:])
    if target.startswith("!"):
        return _special(target[1:], label)
    if target.startswith(("mailto:", "tel:")):
        return _link(target.partition(":")[2], label)
    return _link(target, label) if "://" in target else f"<{code}>"


def _special(command: str, label: str) -> str:
    if command.startswith("date^"):
        return label
    if command.startswith("subteam^"):
        return "@" + (label.removeprefix("@") or command.removeprefix("subteam^"))
    return "@" + (label.removeprefix("@") or command)


def _link(target: str, label: str) -> str:
    bare = target.partition("://")[2] or target
    if not label or label in (target, bare, bare.removesuffix("/")):
        return target
    return f"{label} ({target})"
