"""What people, teams and channels are called, put where staff would otherwise read an id."""

import re
from collections.abc import Mapping
from dataclasses import replace

from channels.base import ChannelError
from channels.cards import Card, Form, Overview, Row
from channels.moments import Moment
from channels.slack.api import SlackApi

# Ids of people ("T…/U…", U…), teams, channels and groups; real ones hold a digit, words of people hardly ever do.
NAMED = re.compile(
    r"\b(?:[TE][A-Z0-9]{2,20}/([UW][A-Z0-9]{2,20})"
    r"|(?=[A-Z]*\d)([UW][A-Z0-9]{4,20})"
    r"|(?=[A-Z]*\d)([CGST][A-Z0-9]{5,20}))\b"
)
MOST = 40
HOUR = 3600.0


class Names:
    """Reads names from Slack, each once an hour; an id whose name nobody tells stays an id."""

    def __init__(self, api: SlackApi):
        self._api = api

    async def card(self, card: Card) -> Card:
        """Only what the desk says of it: what a customer or a model wrote stays to the letter."""
        found = await self._of(
            card.title, card.state, card.verdict, card.footer, card.proposed_by, *(value for _, value in card.facts)
        )
        facts = tuple((label, _put(value, found)) for label, value in card.facts)
        return replace(
            card,
            facts=facts,
            title=_put(card.title, found),
            state=_put(card.state, found),
            verdict=_put(card.verdict, found),
            footer=_put(card.footer, found),
            proposed_by=_put(card.proposed_by, found),
        )

    async def overview(self, overview: Overview) -> Overview:
        rows = [row for _, rows in overview.sections for row in rows]
        found = await self._of(overview.notice, overview.footer, *(row.text for row in rows))

        def named(rows: tuple[Row, ...]) -> tuple[Row, ...]:
            return tuple(replace(row, text=_put(row.text, found)) for row in rows)

        sections = tuple((heading, named(rows)) for heading, rows in overview.sections)
        notice, footer = _put(overview.notice, found), _put(overview.footer, found)
        return replace(overview, sections=sections, notice=notice, footer=footer)

    async def form(self, form: Form) -> Form:
        return replace(form, note=_put(form.note, await self._of(form.note)))

    async def text(self, text: str) -> str:
        return _put(text, await self._of(text))

    async def _of(self, *texts: str) -> Mapping[str, str]:
        """Names by id; the first MOST ids of all the texts."""
        matches = {match[0]: match for text in texts for match in NAMED.finditer(text)}
        return {name: told for name in list(matches)[:MOST] if (told := await self._name(matches[name]))}

    async def _name(self, match: re.Match[str]) -> str:
        try:
            user = match[1] or match[2]
            if user:
                person = await self._api.person(user, max_age=HOUR)
                return person.name if person else ""
            return await self._api.name_of(match[3])
        except ChannelError:
            # Nice to have: a card is never late for it.
            return ""


def _put(text: str, names: Mapping[str, str]) -> str:
    if isinstance(text, Moment):
        return text
    return NAMED.sub(lambda match: names.get(match[0], match[0]), text)
