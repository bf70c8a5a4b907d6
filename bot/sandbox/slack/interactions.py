"""What Slack sends when a person presses, submits, commands or uses a shortcut."""

import time
from collections.abc import Iterator
from typing import Any

from bot.sandbox.slack.blocks import elements_of
from bot.sandbox.slack.delivery import Delivery, Kind
from bot.sandbox.slack.forms import WITHOUT_STATE, BadInput, filled, state_values
from bot.sandbox.slack.handles import ResponseUrl, Trigger
from bot.sandbox.slack.town import Town
from bot.sandbox.slack.wire import message_json, view_json
from bot.sandbox.slack.world import Channel, Ephemeral, Json, Message, User, View

CHANNEL_NAME = {"group": "privategroup", "im": "directmessage"}


def common(town: Town, user: User) -> Json:
    """What every payload has. `team` is where the app lives; the presser's own team is in `user`."""
    home = town.world.home
    return {
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
        "api_app_id": town.world.app.id,
        "token": "sandbox",
        "team": {"id": home.id, "domain": home.domain},
        "enterprise": {"id": home.enterprise_id, "name": ""} if home.enterprise_id else None,
        "is_enterprise_install": False,
    }


def choose(blocks: list[Json], wish: Json) -> tuple[Json, Json]:
    """The block and element a person points at: by action_id (and block_id, value), else by `index` or label."""
    for number, (block, element) in enumerate(_pressable(blocks)):
        if "action_id" in wish:
            right = element["action_id"] == wish["action_id"]
        elif "label" in wish:
            right = element.get("text", {}).get("text") == wish["label"]
        else:
            right = number == int(wish.get("index", 0))
        if right and wish.get("block_id", block["block_id"]) == block["block_id"]:
            return block, element
    raise BadInput(f"nothing to press there: {[element['action_id'] for _, element in _pressable(blocks)]}")


def _pressable(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    for block in blocks:
        if block["type"] == "input" and not block.get("dispatch_action"):
            continue
        for element in elements_of(block):
            yield block, element


def action_of(town: Town, block: Json, element: Json, given: Any) -> Json:
    """One entry of `actions`."""
    kind = str(element["type"])
    action: Json = {"action_id": element["action_id"], "block_id": block["block_id"], "type": kind}
    if kind == "feedback_buttons":
        side = element["negative_button" if given == "negative" else "positive_button"]
        action |= {"text": side["text"], "value": side["value"]}
    elif kind in WITHOUT_STATE and kind != "overflow":
        action |= {name: element[name] for name in ("text", "value", "style") if name in element}
    else:
        action |= filled(element, given)
    return action | {"action_ts": town.world.new_ts()}


def press_in_message(town: Town, user: User, message: Message, action: Json, given: Json) -> Delivery:
    """block_actions for a button in a message everybody sees."""
    channel = town.world.channels[message.channel]
    container: Json = {"type": "message", "message_ts": message.ts, "channel_id": channel.id, "is_ephemeral": False}
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    shown = message_json(town.world, message, town.base)
    payload = {"container": container, "message": shown, "state": {"values": state_values(message.blocks, given)}}
    response = ResponseUrl(channel.id, user.id, message.ts, message.thread_ts)
    return _press(town, user, action, payload | _place(town, channel, response))


def press_in_ephemeral(town: Town, user: User, seen: Ephemeral, action: Json, given: Json) -> Delivery:
    """block_actions for a button only `user` sees; Slack does not send the message itself."""
    channel = town.world.channels[seen.channel]
    container: Json = {"type": "message", "message_ts": seen.ts, "channel_id": channel.id, "is_ephemeral": True}
    if seen.thread_ts:
        container["thread_ts"] = seen.thread_ts
    payload = {"container": container, "state": {"values": state_values(seen.blocks, given)}}
    response = ResponseUrl(channel.id, user.id, seen.ts, seen.thread_ts)
    return _press(town, user, action, payload | _place(town, channel, response))


def press_in_view(town: Town, user: User, view: View, action: Json, given: Json) -> Delivery:
    """block_actions for an element of a modal or home tab."""
    values = state_values(view.content["blocks"], given)
    shown = view_json(town.world, view, values)
    payload = {"container": {"type": "view", "view_id": view.id}, "view": shown, "state": {"values": values}}
    return _press(town, user, action, payload, view_id=view.id)


def _press(town: Town, user: User, action: Json, payload: Json, view_id: str | None = None) -> Delivery:
    trigger = town.handles.give_trigger(Trigger(user.id, view_id))
    whole = {"type": "block_actions", **common(town, user), **payload, "trigger_id": trigger, "actions": [action]}
    return town.deliveries.send(Kind.INTERACTIVE, whole)


def _place(town: Town, channel: Channel, response: ResponseUrl) -> Json:
    return {
        "channel": {"id": channel.id, "name": CHANNEL_NAME.get(channel.kind, channel.name)},
        "response_url": response_url(town, response),
    }


def response_url(town: Town, response: ResponseUrl) -> str:
    return f"{town.base}/actions/{town.world.home.id}/{time.time_ns() // 1000}/{town.handles.give_response(response)}"


def submit(town: Town, user: User, view: View, values: Json) -> Delivery:
    payload = {
        "type": "view_submission",
        **common(town, user),
        "trigger_id": town.handles.give_trigger(Trigger(user.id, view.id)),
        "view": view_json(town.world, view, values),
        "response_urls": [],
    }
    return town.deliveries.send(Kind.INTERACTIVE, payload)


def close_view(town: Town, user: User, view: View, *, cleared: bool) -> Delivery:
    shown = view_json(town.world, view)
    payload = {"type": "view_closed", **common(town, user), "view": shown, "is_cleared": cleared}
    return town.deliveries.send(Kind.INTERACTIVE, payload)


def command(town: Town, user: User, channel: Channel, name: str, text: str) -> Delivery:
    home = town.world.home
    payload = {
        "token": "sandbox",
        "team_id": home.id,
        "team_domain": home.domain,
        "channel_id": channel.id,
        "channel_name": CHANNEL_NAME.get(channel.kind, channel.name),
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": text,
        "api_app_id": town.world.app.id,
        "is_enterprise_install": "false",
        "response_url": response_url(town, ResponseUrl(channel.id, user.id)),
        "trigger_id": town.handles.give_trigger(Trigger(user.id)),
    }
    return town.deliveries.send(Kind.COMMAND, payload)


def shortcut(town: Town, user: User, callback_id: str, message: Message | None) -> Delivery:
    """A global shortcut, or with `message` the one in a message's menu."""
    payload: Json = {
        **common(town, user),
        "callback_id": callback_id,
        "trigger_id": town.handles.give_trigger(Trigger(user.id)),
        "action_ts": town.world.new_ts(),
    }
    if message is None:
        return town.deliveries.send(Kind.INTERACTIVE, {"type": "shortcut", **payload})
    channel = town.world.channels[message.channel]
    place = _place(town, channel, ResponseUrl(channel.id, user.id, message.ts, message.thread_ts))
    shown = message_json(town.world, message, town.base)
    whole = {"type": "message_action", **payload, **place, "message_ts": message.ts, "message": shown}
    return town.deliveries.send(Kind.INTERACTIVE, whole)
