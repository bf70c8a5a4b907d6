"""Slack's text: what is escaped, what counts as a mention, and the rich_text Slack derives from it."""

import re
from collections.abc import Iterator
from typing import Any

from bot.sandbox.slack.world import Json

# What Slack understands between angle brackets; any other < or > is only a sign.
TOKEN = re.compile(
    r"<(?:@[UW][A-Z0-9]+|#C[A-Z0-9]+|![a-z]+|!subteam\^S[A-Z0-9]+|!date\^[^|>]+|(?:https?://|mailto:|tel:)[^|>\s]+)"
    r"(?:\|[^<>]*)?>"
)
URL = re.compile(r"https?://[^\s<>|]+[^\s<>|.,;:!?)\"']")
USER = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
CROWDS = ("channel", "here", "everyone")


def tidy(text: str, *, link: bool = True) -> str:
    """`text` as Slack stores it: tokens kept, other signs escaped, bare addresses in angle brackets."""
    parts = []
    for token, plain in _pieces(text):
        if token:
            parts.append(token)
            continue
        escaped = re.sub(r"&(?!amp;|lt;|gt;)", "&amp;", plain).replace("<", "&lt;").replace(">", "&gt;")
        parts.append(URL.sub(lambda found: f"<{found[0]}>", escaped) if link else escaped)
    return "".join(parts)


def with_crowds_linked(text: str) -> str:
    """What `link_names` and `parse=full` do: plain @channel, @here and @everyone become real."""
    return re.sub(rf"(?<![\w<!])@({'|'.join(CROWDS)})\b", r"<!\1>", text)


def mentioned(text: str) -> set[str]:
    """Ids of the users `text` mentions."""
    return set(USER.findall(text))


def crowd_pings(text: str, blocks: list[Json]) -> list[str]:
    """Which crowds a message notifies: channel, here, everyone, or a user group's id; from text and blocks alike."""
    found: list[str] = []
    for piece in (text, *_mrkdwn(blocks)):
        for token, _ in _pieces(piece):
            name = token.strip("<>").partition("|")[0]
            if name.removeprefix("!") in CROWDS or name.startswith("!subteam^"):
                found.append(name.removeprefix("!").removeprefix("subteam^"))
    for element in _walk(blocks):
        if element.get("type") == "broadcast":
            found.append(str(element.get("range")))
        if element.get("type") == "usergroup":
            found.append(str(element.get("usergroup_id")))
    return sorted(set(found))


def users_in(blocks: list[Json]) -> set[str]:
    """Ids of the users that blocks mention, in rich_text and in mrkdwn."""
    ids = {
        str(element["user_id"]) for element in _walk(blocks) if element.get("type") == "user" and "user_id" in element
    }
    return ids.union(*(mentioned(piece) for piece in _mrkdwn(blocks)))


def rich_text(text: str, block_id: str) -> Json:
    """The block Slack makes of a message that was only text."""
    elements = [_element(token, plain) for token, plain in _pieces(text)]
    section = {"type": "rich_text_section", "elements": [element for element in elements if element]}
    return {"type": "rich_text", "block_id": block_id, "elements": [section]}


def _element(token: str, plain: str) -> Json:
    if not token:
        return {"type": "text", "text": unescape(plain)} if plain else {}
    target, _, label = token[1:-1].partition("|")
    if target[0] == "@":
        return {"type": "user", "user_id": target[1:]}
    if target[0] == "#":
        return {"type": "channel", "channel_id": target[1:]}
    if target.startswith("!subteam^"):
        return {"type": "usergroup", "usergroup_id": target.removeprefix("!subteam^")}
    if target.removeprefix("!") in CROWDS:
        return {"type": "broadcast", "range": target[1:]}
    if target[0] == "!":
        return {"type": "text", "text": unescape(label or token)}
    return {"type": "link", "url": unescape(target), **({"text": unescape(label)} if label else {})}


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Tokens and the plain text between them, in order: ("", plain) or (token, "")."""
    at = 0
    for found in TOKEN.finditer(text):
        if found.start() > at:
            yield "", text[at : found.start()]
        yield found[0], ""
        at = found.end()
    if at < len(text):
        yield "", text[at:]


def _walk(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner)


def _mrkdwn(blocks: list[Json]) -> Iterator[str]:
    for element in _walk(blocks):
        if element.get("type") in ("mrkdwn", "markdown") and isinstance(element.get("text"), str):
            yield element["text"]
