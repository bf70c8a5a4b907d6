"""The private channel where staff see cards, press buttons and are answered; it must stay private."""

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from channels.base import Json, PermanentChannelError, RoomClosed
from channels.cards import Card, Form, Overview, Picture
from channels.slack.api import MINUTE, PAGE, SlackApi
from channels.slack.config import SlackConfig
from channels.slack.escape import LONGEST_FALLBACK, cut, escaped
from channels.slack.gate import Refused, validate_message
from channels.slack.home import home_view
from channels.slack.markers import CARD, Marker, marker_of
from channels.slack.names import Names
from channels.slack.parse import is_mine
from channels.slack.people import may_press
from channels.slack.pictures import missing_pictures, share_pictures
from channels.slack.render import literal
from channels.slack.send import look_from, post, still_doubtful
from channels.slack.views import card_blocks, form_view, linked_card

LOG = logging.getLogger("channels.slack")

SLACK_HOOKS = ("https", "hooks.slack.com")
SHARED = {
    "is_ext_shared": "it is shared with another company",
    "is_pending_ext_shared": "another company is invited into it",
    "is_org_shared": "it is shared with other workspaces",
    "is_shared": "it is shared",
}
# A channel can be made public or shared at any moment, and asking costs one of Slack's fifty calls a minute.
PRIVATE_SECONDS = 3.0
UNKNOWN_MEMBER = ("no_such_subteam", "subteam_not_found")


class SlackStaffRoom:
    """The StaffRoom port for Slack. Share `api` with SlackChannel to share its connections."""

    def __init__(self, config: SlackConfig, api: SlackApi | None = None):
        self._config = config
        self.api = api or SlackApi(config)
        self._private_until = 0.0
        self._approvers: tuple[float, frozenset[str]] | None = None
        self._staff: tuple[float, frozenset[str]] | None = None
        self._groups: dict[str, tuple[float, list[str]]] = {}
        self._names = Names(self.api)

    # -------------------------------------------------------------- cards

    async def find_card(self, card: Card) -> str | None:
        """The external id of a card posted under `card.key` since its first try; None when it may be shown.

        As with replies, a try that may still be on its way raises TemporaryChannelError.
        """
        if card.first_tried_at is None:
            return None
        await self.ensure_private()
        me = await self.api.me()
        room, oldest = self._room(), look_from(card.first_tried_at)
        messages = self.api.pages(
            lambda cursor: self.api.client.conversations_history(
                channel=room, oldest=oldest, limit=PAGE, cursor=cursor, include_all_metadata=True
            ),
            "messages",
        )
        async for message in messages:
            marker = marker_of(message) if is_mine(message, me) else None
            if marker is not None and marker.key == card.key:
                return f"{me.team_id}:{room}:{message['ts']}"
        still_doubtful(card.first_tried_at, self._config.doubt_seconds)
        return None

    async def show_card(self, card: Card) -> str:
        """Post the card; refuses with RoomClosed where others than our own people could read it."""
        await self._look_again()
        me, room = await self.api.me(), self._room()
        part = card_blocks(await self._names.card(card), me.url)
        try:
            ts = await post(self.api, room, part, Marker(card.key), CARD, self._config.doubt_seconds)
        except PermanentChannelError:
            await self._look_again()
            raise
        return f"{me.team_id}:{room}:{ts}"

    async def _look_again(self) -> None:
        """Asked anew: for each new card, and when Slack refused one, which waits if the room was closed meanwhile."""
        self._private_until = 0.0
        await self.ensure_private()

    async def update_card(self, external_id: str, card: Card) -> None:
        """Make the card say what `card` says; the same update twice changes nothing."""
        await self.ensure_private()
        channel, ts = _place_of(external_id)
        me = await self.api.me()
        part, marker = card_blocks(await self._names.card(card), me.url), Marker(card.key)
        blocks = [{**part.blocks[0], "block_id": marker.block_id}, *part.blocks[1:]]
        try:
            validate_message(blocks, part.text)
        except Refused as error:
            raise PermanentChannelError(f"this card must not be sent: {error}") from error
        try:
            await self.api.paced(
                "chat.update",
                channel,
                lambda: self.api.client.chat_update(
                    channel=channel,
                    ts=ts,
                    text=part.text,
                    blocks=blocks,
                    metadata=marker.metadata(CARD),
                    link_names=False,
                ),
            )
        except PermanentChannelError:
            await self._look_again()
            raise

    async def show_pictures(self, external_id: str, pictures: Sequence[Picture]) -> None:
        """Show those that are not there yet in the card's thread; refuses where others could see them."""
        await self.ensure_private()
        channel, ts = _place_of(external_id)
        missing = await missing_pictures(self.api, channel, ts, pictures)
        if missing:
            wait = self._config.doubt_seconds
            await share_pictures(self.api, self._config.api_url, channel, ts, missing, wait)

    async def close(self) -> None:
        """End the connections to Slack; not needed when `api` is the channel's, which ends them itself."""
        await self.api.close()

    # -------------------------------------------------------------- people

    async def whisper(self, answer_to: Json, text: str, *, card: str = "") -> None:
        """Tell only the presser; by the click's own address while Slack accepts it, else as an ephemeral message."""
        text = await self._names.text(text)
        url = str(answer_to.get("response_url") or "")
        said = whispered(text, await self._links(card))
        if url and self._may_post_to(url) and await self._respond(url, said):
            return
        call = self.api.client.chat_postEphemeral(
            channel=str(answer_to.get("channel") or self._room()),
            user=str(answer_to.get("user") or ""),
            link_names=False,
            **said,
        )
        await self.api.answer(call)

    async def _links(self, card: str) -> list[dict[str, Any]]:
        """A link to the card, if we know where it is."""
        channel, _, ts = card.partition(":")[2].partition(":")
        return linked_card(channel, ts, (await self.api.me()).url) if ts else []

    async def ask(self, answer_to: Json, form: Form) -> None:
        """Open the form for the presser; Slack allows it for three seconds after the press (`trigger_id`)."""
        trigger_id = str(answer_to.get("trigger_id") or "")
        view = form_view(await self._names.form(form))
        await self.api.answer(self.api.client.views_open(trigger_id=trigger_id, view=view))

    async def show_overview(self, who: str, overview: Overview) -> None:
        """Publish the home tab of one of our own people."""
        user, me = who.partition("/")[2], await self.api.me()
        view = home_view(await self._names.overview(overview), me.url)
        await self.api.paced("views.publish", "", lambda: self.api.client.views_publish(user_id=user, view=view))

    async def staff(self) -> frozenset[str]:
        """ "T…/U…" of everybody in the staff channel who is one of our own team, no guest; at most a minute old.

        Nobody while the channel is not private. Raises TemporaryChannelError when Slack cannot be asked.
        """
        if await self.trouble():
            return frozenset()
        if self._staff and time.monotonic() < self._staff[0]:
            return self._staff[1]
        room, me = self._room(), await self.api.me()
        there = self.api.pages(
            lambda cursor: self.api.client.conversations_members(channel=room, limit=PAGE, cursor=cursor), "members"
        )
        names = frozenset([str(user) async for user in there]) - {me.user_id}
        people = await self.api.people(names, max_age=MINUTE)
        ours = frozenset(
            f"{me.team_id}/{person.user_id}" for person in people.values() if may_press(me, person.team_id, person)
        )
        self._staff = (time.monotonic() + MINUTE, ours)
        return ours

    async def members(self, names: frozenset[str]) -> Mapping[str, frozenset[str]]:
        """ "T…/U…" behind each U… or S…, of our own team; a minute old at most."""
        me = await self.api.me()
        people = {name: await self._members(name) if name.startswith("S") else [name] for name in names}
        return {name: frozenset(f"{me.team_id}/{user}" for user in users) for name, users in people.items()}

    async def approvers(self) -> frozenset[str]:
        """ "T…/U…" of everybody who may decide: the configured people and groups, of our own team, no guests.

        At most a minute old, and nobody while the staff channel is not private: a press there may be anybody's.
        A group or user Slack does not know adds nobody, and neither does a group Slack will not show while others
        may decide. Raises ChannelError when nobody is known because Slack did not say: that is not the same as nobody.
        """
        if await self.trouble():
            return frozenset()
        if self._approvers and time.monotonic() < self._approvers[0]:
            return self._approvers[1]
        allowed = frozenset(await self.ours(frozenset(self._config.approvers)))
        self._approvers = (time.monotonic() + MINUTE, allowed)
        return allowed

    async def ours(self, names: frozenset[str]) -> Mapping[str, str]:
        """ "T…/U…" and name of everybody behind these U… and S…: of our own team, no guests; a minute old at most.

        Raises ChannelError when Slack cannot be asked, and when it shows none of these groups and nobody else is named.
        """
        me = await self.api.me()
        named = [one for one in names if not one.startswith("S")]
        hidden: PermanentChannelError | None = None
        for group in (one for one in names if one.startswith("S")):
            try:
                named += await self._members(group)
            except PermanentChannelError as error:
                LOG.warning("the members of %s are not known, so none of them may decide: %s", group, error)
                hidden = error
        if hidden and not named:
            raise hidden
        people = await self.api.people(frozenset(named), max_age=MINUTE)
        ours = [person for person in people.values() if may_press(me, person.team_id, person)]
        return {f"{me.team_id}/{person.user_id}": person.name for person in ours}

    async def trouble(self) -> str:
        """Asked anew for every press: it decides about money, and a channel is made public with one press as well."""
        self._private_until = 0.0
        try:
            await self.ensure_private()
        except RoomClosed as error:
            LOG.warning("nobody may decide anything: %s", error)
            return str(error)
        return ""

    async def ensure_private(self) -> None:
        """Raise RoomClosed unless the staff channel is private, unshared and in use (seconds ago)."""
        if time.monotonic() < self._private_until:
            return
        room = self._room()
        try:
            answer = await self.api.answer(self.api.client.conversations_info(channel=room))
        except PermanentChannelError as error:
            raise RoomClosed(f"the staff channel {room} cannot be looked at: {error}") from error
        channel = answer.get("channel") or {}
        why = [words for name, words in SHARED.items() if channel.get(name)][:1]
        why += [] if channel.get("is_private") is True else ["it is not private"]
        why += ["it is archived"] if channel.get("is_archived") else []
        why += ["the bot is not in it (/invite it)"] if channel.get("is_member") is False else []
        if why:
            raise RoomClosed(
                f"no card is shown and no press counts in {room}, because {' and '.join(why)}: "
                "slack.staff_channel must be a private channel that is shared with no other company"
            )
        self._private_until = time.monotonic() + PRIVATE_SECONDS

    async def _members(self, group: str) -> list[str]:
        """At most a minute old: asking is rationed, and people press often."""
        known = self._groups.get(group)
        if known is None or time.monotonic() >= known[0]:
            known = self._groups[group] = (time.monotonic() + MINUTE, await self._ask_members(group))
        return known[1]

    async def _ask_members(self, group: str) -> list[str]:
        try:
            answer = await self.api.answer(self.api.client.usergroups_users_list(usergroup=group))
        except PermanentChannelError as error:
            if not any(code in str(error) for code in UNKNOWN_MEMBER):
                raise
            LOG.warning("slack.approvers names a user group that does not exist: %s", group)
            return []
        return [str(user_id) for user_id in answer.get("users") or []]

    def _room(self) -> str:
        if not self._config.staff_channel:
            raise PermanentChannelError("slack.staff_channel is not set: there is nobody to ask")
        return self._config.staff_channel

    def _may_post_to(self, url: str) -> bool:
        """The address comes from a delivery, so only Slack itself (or the configured stand-in) is ever called."""
        try:
            ours, theirs = urlsplit(self._config.api_url), urlsplit(url)
        except ValueError:
            return False
        if (theirs.scheme, theirs.netloc) == SLACK_HOOKS:
            return True
        return (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc)

    async def _respond(self, url: str, said: Json) -> bool:
        """Whether Slack took it: an address works five times within half an hour."""
        body = {"response_type": "ephemeral", "replace_original": False, **said}
        try:
            async with self.api.session.post(url, json=body, allow_redirects=False) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            LOG.info("a click's answer address did not work (%s)", type(error).__name__)
            return False


def whispered(text: str, links: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """Text and blocks of words for one person: literal, and no longer than Slack takes; then `links`."""
    return {"text": escaped(text) or "…", "blocks": [literal(cut(text, LONGEST_FALLBACK)), *links]}


def _place_of(external_id: str) -> tuple[str, str]:
    """(channel, ts) of a card."""
    _, channel, ts = external_id.split(":")
    return channel, ts
