"""Who may look at the console, and who may decide there: the same people as in Slack, asked again all the time."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.actions.press import Looked
from bot.desk import Desk
from channels.base import ChannelError, StaffRoom

CLI = "cli/"
"""How whoever has the machine is called, here as in `helpdesk refunds`: no list can take that away."""

ASKED_AGAIN = timedelta(seconds=20)
"""Slack rations the question, and a page is read many times a minute. A decision always asks anew."""

TRUSTED_FOR = timedelta(minutes=15)
"""While Slack cannot be asked, who could look a moment ago still may; who may decide is then nobody."""


class NobodyKnows(Exception):
    """Slack cannot be asked who may look, and it was not asked lately either."""


@dataclass(frozen=True, slots=True)
class Rights:
    """`looking` by external id with the name, `deciding` a part of them; both as of `at`."""

    looking: dict[str, str]
    deciding: frozenset[str]
    at: datetime


@dataclass(slots=True)
class People:
    """One desk's people, remembered for a moment in this process."""

    desk: Desk
    _known: Rights | None = field(default=None)

    async def rights(self, *, fresh: bool = False) -> Rights:
        """Who may what. Raises NobodyKnows."""
        now, known = self.desk.now(), self._known
        if known is not None and not fresh and now - known.at < ASKED_AGAIN:
            return known
        room = self.desk.staff_room
        if room is None:
            return Rights({}, frozenset(), now)
        try:
            self._known = await _ask(self.desk, room)
        except ChannelError as error:
            if fresh or known is None or now - known.at > TRUSTED_FOR:
                raise NobodyKnows(str(error)) from error
            return known
        return self._known

    async def may_look(self, who: str, *, fresh: bool = False) -> bool:
        """Whether this person may see the console now. Raises NobodyKnows."""
        return who.startswith(CLI) or who in (await self.rights(fresh=fresh)).looking

    async def looked(self, who: str) -> Looked:
        """Who may decide, asked anew, as a press in Slack asks it. Raises NobodyKnows."""
        room = self.desk.staff_room
        if room is None or who.startswith(CLI):
            return Looked()
        try:
            if closed := await room.trouble():
                return Looked(room=closed)
            return Looked(
                approvers=await room.approvers(),
                members=await room.members(frozenset(self.desk.settings.policy.refund.roles)),
            )
        except ChannelError as error:
            raise NobodyKnows(str(error)) from error


async def _ask(desk: Desk, room: StaffRoom) -> Rights:
    """Approvers may look also while their channel is closed and nobody may decide: that is when they need to."""
    listed = frozenset({*desk.settings.slack.approvers, *desk.settings.console.people})
    approvers = await room.approvers()
    named = dict(await room.ours(listed)) if listed else {}
    return Rights({**dict.fromkeys(approvers, ""), **named}, approvers, desk.now())
