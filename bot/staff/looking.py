"""Looks before a press is decided about: who may decide, what is true now, and whether a form must be shown first."""

import asyncio
from dataclasses import replace

from sqlmodel import Session

from agents_team.tools.shop import ShopUnavailable
from bot.actions import ACTIONS
from bot.actions.kind import BadInput, Case
from bot.actions.press import Looked, read_value
from bot.actions.verbs import VERBS
from bot.backends.errors import BackendUnavailable
from bot.backends.none import NoPayments, NoShop
from bot.desk import Desk
from bot.errors import RetryLater
from bot.staff.desk_press import Who
from bot.staff.desk_verbs import DESK, desk_form
from bot.staff.forms import form_for
from channels.base import ChannelError, Clicked, Inbound, PermanentChannelError, StaffRoom, TemporaryChannelError
from channels.cards import Form
from storage.models import Action

LOOK_SECONDS = 6.0
"""A presser waits for an answer: backends that take longer are asked again before anything is done."""

NEW_TERMS = ("amend", "renew")


async def look_before(desk: Desk, inbound: Inbound) -> Looked:
    """Asked only for presses, outside any transaction. Raises RetryLater when nobody knows who may decide."""
    if not isinstance(inbound, Clicked) or desk.staff_room is None:
        return Looked()
    if closed := await _trouble(desk.staff_room, inbound):
        return Looked(room=closed)
    if inbound.verb in DESK:
        return await _look_for_desk(desk, desk.staff_room, inbound)
    if await _shown(desk, inbound):
        return Looked(form_shown=True)
    try:
        approvers = await desk.staff_room.approvers()
        members = await desk.staff_room.members(frozenset(desk.settings.policy.refund.roles))
    except TemporaryChannelError as error:
        raise RetryLater(f"approvers: {error}") from error
    except PermanentChannelError as error:
        return Looked(room=f"who may decide cannot be looked up ({error})")
    looked = Looked(approvers=approvers, members=members)
    if not inbound.home or inbound.by.external_id not in approvers or inbound.verb not in VERBS:
        return looked
    return await look_at_action(desk, inbound.verb, read_value(inbound.value)[0], dict(inbound.inputs), looked)


async def _trouble(room: StaffRoom, click: Clicked) -> str:
    """Why nothing of the staff's may be done now; what anybody may do does not depend on their room."""
    if click.verb in DESK and DESK[click.verb].who is Who.ANYBODY:
        return ""
    try:
        return await room.trouble()
    except TemporaryChannelError as error:
        raise RetryLater(f"staff room: {error}") from error


async def _look_for_desk(desk: Desk, room: StaffRoom, click: Clicked) -> Looked:
    """Who is in the staff room, and the form this press asks for first, while Slack still allows one."""
    try:
        approvers = await _approvers(room)
        staff = await _staff(desk, room, click)
    except TemporaryChannelError as error:
        raise RetryLater(f"staff: {error}") from error
    form = await desk.db.read(lambda tx: desk_form(tx, desk, click, staff))
    shown = form is not None and await _opened(room, click, form)
    return Looked(approvers=approvers, staff=staff, form_shown=shown)


async def _approvers(room: StaffRoom) -> frozenset[str]:
    """Most of what staff do needs no approver: without a list nobody counts as one, and the rest goes on."""
    try:
        return await room.approvers()
    except PermanentChannelError:
        return frozenset()


async def _staff(desk: Desk, room: StaffRoom, click: Clicked) -> frozenset[str]:
    """Who is in the room. Where Slack does not tell, a press on something in it is proof: nobody else sees it."""
    try:
        return await room.staff()
    except PermanentChannelError:
        inside = click.answer_to.get("channel") == desk.settings.slack.staff_channel
        return frozenset({click.by.external_id}) if inside and click.home else frozenset()


async def _opened(room: StaffRoom, click: Clicked, form: Form) -> bool:
    try:
        await room.ask(click.answer_to, form)
    except ChannelError:
        return False
    return True


async def _shown(desk: Desk, click: Clicked) -> bool:
    """Open the form this press needs, while Slack still allows it; whoever may not decide is told on submitting."""
    form = await desk.db.read(lambda tx: form_for(tx, desk, click)) if click.home else None
    if form is None or desk.staff_room is None:
        return False
    return await _opened(desk.staff_room, click, form)


async def look_at_action(desk: Desk, verb: str, action_id: str, inputs: dict[str, object], looked: Looked) -> Looked:
    """What the backends say to this wish; without an answer in time the decision goes on without."""

    def find(tx: Session) -> Action | None:
        action = tx.get(Action, action_id)
        return action if action is not None and action.state in VERBS[verb].states else None

    action = await desk.db.read(find)
    if action is None or verb not in ("approve", *NEW_TERMS) or _knows_nothing(desk):
        return looked
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return await _asked(desk, verb, action, inputs, looked)
    except (BackendUnavailable, ShopUnavailable, TimeoutError):
        return looked


def _knows_nothing(desk: Desk) -> bool:
    """A command run without backends has no facts; the act step of the running desk has them."""
    return isinstance(desk.shop, NoShop) or isinstance(desk.payments, NoPayments)


async def _asked(desk: Desk, verb: str, action: Action, inputs: dict[str, object], looked: Looked) -> Looked:
    kind = ACTIONS[action.kind]
    if verb == "approve":
        fresh = await kind.again(desk, action)
        return replace(looked, fresh=fresh)
    try:
        wish = kind.amend(action, inputs) if verb == "amend" else action.wish
    except BadInput as bad:
        return replace(looked, trouble=str(bad))
    # What a colleague typed, now or in an earlier version, is confirmed by them; the rest keeps the taint it has.
    by_staff = tuple(n for n in wish if wish[n] != action.wish.get(n) or n not in action.tainted)
    case = Case(action.ticket_id, action.customer_id, action.trust, wish, action.reason, by_staff)
    prepared = await kind.prepare(desk, case)
    return replace(looked, prepared=prepared)
