"""What people do in the sandbox: the acts behind the control API, each as a person could do it in Slack."""

import base64
import mimetypes
import re
import uuid
from collections.abc import Awaitable, Callable

from bot.sandbox.slack import answers, events, interactions, posting
from bot.sandbox.slack.delivery import Delivery, State
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.forms import missing_inputs, state_values
from bot.sandbox.slack.posting import Draft
from bot.sandbox.slack.town import Town
from bot.sandbox.slack.wire import view_json
from bot.sandbox.slack.world import Channel, Ephemeral, File, Json, Message, User, View


async def say(town: Town, wish: Json) -> Json:
    """{channel, user, text, thread_ts?, reply_broadcast?, files?, client_msg_id?} -> {ts}"""
    channel, user = _here(town, wish)
    if channel.is_archived:
        raise SlackError("is_archived")
    draft = Draft(
        text=_with_mentions(town, channel, str(wish.get("text", ""))),
        thread_ts=wish.get("thread_ts"),
        reply_broadcast=bool(wish.get("reply_broadcast", False)),
        client_msg_id=wish.get("client_msg_id") or str(uuid.uuid4()),
        files=[_carried(town, user, file) for file in wish.get("files", [])],
    )
    if not (draft.text.strip() or draft.files):
        raise SlackError("no_text")
    message = posting.post(town, channel, user, draft)
    return {"ts": message.ts, "files": message.files, "client_msg_id": message.client_msg_id}


def _here(town: Town, wish: Json) -> tuple[Channel, User]:
    channel, user = town.world.channel(wish["channel"]), town.world.user(wish["user"])
    if user.id not in channel.members:
        raise SlackError("not_in_channel")
    return channel, user


def _with_mentions(town: Town, channel: Channel, text: str) -> str:
    """ "@name" of a member becomes a mention, as Slack's client makes it."""
    names = {town.world.users[each].name: each for each in channel.members}
    return re.sub(
        r"(?<![\w<.])@([a-z0-9._-]+)",
        lambda found: f"<@{names[found[1]]}>" if found[1] in names else found[0],
        text,
    )


def _carried(town: Town, user: User, file: Json) -> File:
    """A file a person attaches: {name, text | base64, mimetype?}."""
    content = base64.b64decode(file["base64"]) if "base64" in file else str(file.get("text", "")).encode()
    guessed = mimetypes.guess_type(file["name"])[0] or "application/octet-stream"
    return posting.new_file(town, user.id, file["name"], content, file.get("mimetype") or guessed)


async def edit(town: Town, wish: Json) -> Json:
    """{channel, user, ts, text}: one's own message only."""
    message = _own(town, wish)
    channel = town.world.channels[message.channel]
    posting.edit(town, message, wish["user"], text=_with_mentions(town, channel, wish["text"]), blocks=None)
    return {"ts": message.ts}


async def delete(town: Town, wish: Json) -> Json:
    """{channel, user, ts}: one's own message only."""
    posting.delete(town, _own(town, wish))
    return {}


def _own(town: Town, wish: Json) -> Message:
    channel, user = _here(town, wish)
    message = town.world.message(channel.id, wish["ts"])
    if message.user != user.id or message.subtype == "tombstone":
        raise SlackError("cant_update_message")
    return message


async def react(town: Town, wish: Json) -> Json:
    """{channel, user, ts, name, remove?}"""
    channel, user = _here(town, wish)
    act = posting.unreact if wish.get("remove") else posting.react
    act(town, town.world.message(channel.id, wish["ts"]), user.id, wish["name"])
    return {}


async def click(town: Town, wish: Json) -> Json:
    """{user, channel, ts | view_id, action_id | label | index, value?, state?} -> how the app took it.

    The element is looked for in what is shown now; `value` is the choice in a select; `state` is
    what the person has typed into the other fields.
    """
    user = town.world.user(wish["user"])
    given = wish.get("state", {})
    if "view_id" in wish:
        view = _seen_view(town, user, wish["view_id"])
        block, element = interactions.choose(view.content["blocks"], wish)
        action = interactions.action_of(town, block, element, wish.get("value"))
        return await _taken(interactions.press_in_view(town, user, view, action, given))
    place = _pressed_place(town, user, wish)
    block, element = interactions.choose(place.blocks, wish)
    action = interactions.action_of(town, block, element, wish.get("value"))
    if isinstance(place, Ephemeral):
        return await _taken(interactions.press_in_ephemeral(town, user, place, action, given))
    return await _taken(interactions.press_in_message(town, user, place, action, given))


def _pressed_place(town: Town, user: User, wish: Json) -> Message | Ephemeral:
    for seen in town.world.ephemerals:
        if seen.ts == wish["ts"] and seen.user == user.id and seen.channel == wish["channel"]:
            return seen
    channel, _ = _here(town, wish)
    return town.world.message(channel.id, wish["ts"])


async def click_raw(town: Town, wish: Json) -> Json:
    """{user, channel, ts, action_id, value, block_id?, type?}: a button as it once was, say from a stale screen."""
    user = town.world.user(wish["user"])
    channel = town.world.channel(wish["channel"])
    action: Json = {
        "action_id": wish["action_id"],
        "block_id": wish.get("block_id", "stale"),
        "type": wish.get("type", "button"),
        "text": {"type": "plain_text", "text": wish.get("label", wish["action_id"]), "emoji": True},
        "value": wish["value"],
        "action_ts": town.world.new_ts(),
    }
    message = town.world.message(channel.id, wish["ts"])
    return await _taken(interactions.press_in_message(town, user, message, action, {}))


async def submit(town: Town, wish: Json) -> Json:
    """{user, view_id, values?} -> {acked, closed, errors}; values by action_id, block_id or both nested."""
    user = town.world.user(wish["user"])
    view = _seen_view(town, user, wish["view_id"])
    blocks = view.content["blocks"]
    values = state_values(blocks, wish.get("values", {}))
    missing = missing_inputs(blocks, values)
    if missing:
        return {"ok": False, "error": "missing_input", "errors": missing}
    view.errors = {}
    delivery = interactions.submit(town, user, view, values)
    await delivery.done.wait()
    return answers.apply_submission_answer(town, view, delivery)


async def close(town: Town, wish: Json) -> Json:
    """{user, view_id}: cancel a modal; the app hears of it when it asked to."""
    user = town.world.user(wish["user"])
    view = _seen_view(town, user, wish["view_id"])
    stack = town.world.modals.get(user.id, [])
    if view not in stack:
        raise SlackError("not_found")
    stack.remove(view)
    town.feed.add("view", user=user.id, view=view.id)
    if view.content.get("notify_on_close"):
        return await _taken(interactions.close_view(town, user, view, cleared=False))
    return {}


def _seen_view(town: Town, user: User, view_id: str) -> View:
    """A view on this user's own screen: the topmost modal, or their home tab."""
    on_screen = [*town.world.modals.get(user.id, [])[-1:], *filter(None, [town.world.homes.get(user.id)])]
    for view in on_screen:
        if view.id == view_id:
            return view
    raise SlackError("not_found")


async def slash(town: Town, wish: Json) -> Json:
    """{user, channel, command, text?}: people of our own team only, and commands the app has."""
    channel, user = _here(town, wish)
    _must_be_home(town, user)
    if wish["command"] not in town.world.app.commands:
        raise SlackError("invalid_command")
    delivery = interactions.command(town, user, channel, wish["command"], wish.get("text", ""))
    taken = await _taken(delivery)
    answers.apply_command_answer(town, delivery)
    return taken


async def shortcut(town: Town, wish: Json) -> Json:
    """{user, callback_id, channel?, ts?}: global, or on a message when channel and ts are given."""
    user = town.world.user(wish["user"])
    _must_be_home(town, user)
    message = town.world.message(_here(town, wish)[0].id, wish["ts"]) if "ts" in wish else None
    return await _taken(interactions.shortcut(town, user, wish["callback_id"], message))


def _must_be_home(town: Town, user: User) -> None:
    """Another company's people see our messages and buttons, but neither our commands nor our home tab."""
    if not town.world.is_home(user):
        raise SlackError("not_available_to_external_users")


async def open_home(town: Town, wish: Json) -> Json:
    """{user, tab?}: opens the app's home; the view that is published there, if any."""
    user = town.world.user(wish["user"])
    _must_be_home(town, user)
    channel = town.world.direct_channel(user)
    tab = wish.get("tab", "home")
    event: Json = {"type": "app_home_opened", "user": user.id, "channel": channel.id, "tab": tab}
    view = town.world.homes.get(user.id)
    shown = view_json(town.world, view) if view else None
    events.emit(town, event | ({"view": shown} if shown and tab == "home" else {}), None)
    return {"channel": channel.id, "view": shown}


async def open_direct(town: Town, wish: Json) -> Json:
    """{user} -> {channel}: where this person of our own team and the bot write to each other."""
    user = town.world.user(wish["user"])
    _must_be_home(town, user)
    return {"channel": town.world.direct_channel(user).id}


async def _taken(delivery: Delivery) -> Json:
    """Wait until the app has acknowledged, or has not in time; then Slack shows the person a warning sign."""
    await delivery.done.wait()
    acked = delivery.state is State.ACKED
    return {"acked": acked, "delivery": delivery.n, "reason": delivery.reason, "reply": delivery.reply}


Act = Callable[[Town, Json], Awaitable[Json]]

ACTS: dict[str, Act] = {
    "say": say,
    "edit": edit,
    "delete": delete,
    "react": react,
    "click": click,
    "click_raw": click_raw,
    "submit": submit,
    "close": close,
    "slash": slash,
    "shortcut": shortcut,
    "home": open_home,
    "dm": open_direct,
}
