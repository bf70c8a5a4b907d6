"""views.*: modals opened by a fresh trigger, and the home tab."""

import secrets
import time
from typing import Any

from bot.sandbox.slack.args import Args
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.town import Town
from bot.sandbox.slack.view_rules import accept_view
from bot.sandbox.slack.wire import view_json
from bot.sandbox.slack.world import Json, View, new_id

MAX_DEPTH = 3


def open_view(town: Town, args: Args) -> Json:
    """The view is checked before the trigger is spent, so that a mistake can be mended in time."""
    content = _content(town, args, "modal")
    trigger = town.handles.use_trigger(args.text("trigger_id"))
    view = new_view(town, trigger.user, content)
    town.world.modals[trigger.user] = [view]
    return _shown(town, view)


def push_view(town: Town, args: Args) -> Json:
    content = _content(town, args, "modal")
    trigger = town.handles.use_trigger(args.text("trigger_id"))
    stack = town.world.modals.get(trigger.user, [])
    if not stack or trigger.view_id is None:
        raise SlackError("not_found")
    return _shown(town, push(town, trigger.user, content))


def push(town: Town, user: str, content: Json) -> View:
    """One more view on top of what `user` has open; three at most."""
    stack = town.world.modals[user]
    if len(stack) >= MAX_DEPTH:
        raise SlackError("push_limit_reached")
    stack.append(new_view(town, user, content, below=stack[-1]))
    return stack[-1]


def update_view(town: Town, args: Args) -> Json:
    view = _find(town, args)
    content = _content(town, args, str(view.content["type"]), replacing=view)
    if args.has("hash") and args.text("hash") != view.hash:
        raise SlackError("hash_conflict")
    replace(town, view, content)
    return _shown(town, view)


def replace(town: Town, view: View, content: Json) -> None:
    view.content, view.hash, view.errors = content, _hash(), {}
    town.feed.add("view", user=view.user, view=view.id)


def publish_view(town: Town, args: Args) -> Json:
    user = town.world.user(args.text("user_id"))
    if not town.world.is_home(user):
        raise SlackError("user_not_found")
    content = _content(town, args, "home")
    old = town.world.homes.get(user.id)
    if old is None:
        old = town.world.homes[user.id] = new_view(town, user.id, content)
    elif args.has("hash") and args.text("hash") != old.hash:
        raise SlackError("hash_conflict")
    else:
        replace(town, old, content)
    return _shown(town, old)


def new_view(town: Town, user: str, content: Json, below: View | None = None) -> View:
    view_id = new_id("V")
    root, previous = (below.root_id, below.id) if below else (view_id, None)
    town.feed.add("view", user=user, view=view_id)
    return View(view_id, user, content, _hash(), root, previous)


def _find(town: Town, args: Args) -> View:
    for view in (*town.world.open_views(), *town.world.homes.values()):
        external = view.content.get("external_id")
        if args.has("view_id") and view.id == args.text("view_id"):
            return view
        if not args.has("view_id") and external and external == args.text("external_id"):
            return view
    raise SlackError("not_found")


def _content(town: Town, args: Args, kind: str, replacing: View | None = None) -> Json:
    view: Any = args.data("view", "invalid_arguments")
    content = accept_view(view, kind)
    external = content.get("external_id")
    others = (each for each in town.world.open_views() if each is not replacing)
    if external and any(each.content.get("external_id") == external for each in others):
        raise SlackError("duplicate_external_id")
    return content


def _shown(town: Town, view: View) -> Json:
    return {"view": view_json(town.world, view)}


def _hash() -> str:
    return f"{int(time.time())}.{secrets.token_hex(4)}"
