"""Other bots: what they are called, what they say, and as whom they count when the operator lets them speak. Pure."""

from collections.abc import Iterator, Mapping

from channels.base import Author, Json, Role, Trust
from channels.slack.people import Me, team_of


def names_of_bot(event: Json) -> frozenset[str]:
    """Every id under which the bot that wrote `event` may be listed: bot (B…), app (A…), bot user (U…)."""
    profile = _part(event, "bot_profile")
    return frozenset(
        value
        for value in (event.get("bot_id"), event.get("app_id"), event.get("user"), profile.get("app_id"))
        if isinstance(value, str) and value
    )


def writer_of(event: Json) -> str:
    """The user who wrote, or the bot where there is no user."""
    value = event.get("user") or event.get("bot_id")
    return value if isinstance(value, str) else ""


def author_of_bot(event: Json, me: Me) -> Author:
    """A requester whom nothing proves: a bot says what its owner lets it say."""
    profile = _part(event, "bot_profile")
    team = team_of({**event, "user_team": event.get("user_team") or profile.get("team_id")}, None) or me.team_id
    bot = event.get("bot_id") or writer_of(event)
    name = event.get("username") or profile.get("name") or bot
    foreign = team if team != me.team_id else None
    return Author(f"{team}/{bot}", str(name), Role.REQUESTER, Trust.UNKNOWN, company_key=foreign)


def words_of_bot(event: Json) -> str:
    """What people see of a message without text: the texts of its blocks, else of its attachments."""
    return "\n".join(_texts(event.get("blocks"))) or "\n".join(_fallbacks(event.get("attachments")))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        text = value.get("text")
        if isinstance(text, str) and text.strip():
            yield text
        yield from (found for inner in value.values() if not isinstance(inner, str) for found in _texts(inner))
    elif isinstance(value, list):
        yield from (found for inner in value for found in _texts(inner))


def _fallbacks(attachments: object) -> Iterator[str]:
    for one in attachments if isinstance(attachments, list) else []:
        said = (one.get("text") or one.get("fallback")) if isinstance(one, Mapping) else None
        if isinstance(said, str) and said.strip():
            yield said


def _part(source: Json, name: str) -> Json:
    value = source.get(name)
    return value if isinstance(value, Mapping) else {}
