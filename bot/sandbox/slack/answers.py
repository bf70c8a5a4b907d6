"""What the app answers to an interaction: in the acknowledgement, or later through a response_url."""

import json
from typing import Any

from aiohttp import web

from bot.sandbox.slack import posting
from bot.sandbox.slack.args import Args
from bot.sandbox.slack.delivery import Delivery, State
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.handles import ResponseUrl
from bot.sandbox.slack.methods import views
from bot.sandbox.slack.methods.content import read_draft
from bot.sandbox.slack.town import TOWN, Town
from bot.sandbox.slack.view_rules import accept_view
from bot.sandbox.slack.world import Json, View

GONE = ("invalid_url", "expired_url", "used_url")


async def receive_response(request: web.Request) -> web.Response:
    """POST to a response_url: no token, five uses, thirty minutes."""
    town = request.app[TOWN]
    try:
        response = town.handles.use_response(request.match_info["word"])
        try:
            body = json.loads(await request.read())
        except ValueError:
            raise SlackError("invalid_payload") from None
        if not isinstance(body, dict):
            raise SlackError("invalid_payload")
        answer(town, response, body)
    except SlackError as error:
        status = 404 if error.code in GONE else 200
        return web.json_response({"ok": False, "error": error.code, **error.details}, status=status)
    return web.Response(text="ok")


def answer(town: Town, response: ResponseUrl, body: Json) -> None:
    """Replace, remove, post for all, or (without a wish) whisper to the person who acted."""
    args = Args(body)
    if args.flag("delete_original"):
        _delete_original(town, response)
        return
    draft = read_draft(args)
    draft.metadata = None
    channel = town.world.channel(response.channel)
    if args.flag("replace_original"):
        _replace_original(town, response, draft)
    elif args.text("response_type") == "in_channel":
        posting.post(town, channel, town.world.bot, draft)
    else:
        posting.whisper(town, channel, response.user, draft)


def _delete_original(town: Town, response: ResponseUrl) -> None:
    seen = [each for each in town.world.ephemerals if each.ts == response.ts]
    if seen:
        town.world.ephemerals.remove(seen[0])
        town.feed.add("ephemeral", channel=response.channel, user=response.user, ts=seen[0].ts)
        return
    posting.delete(town, town.world.message(response.channel, response.ts or ""))


def _replace_original(town: Town, response: ResponseUrl, draft: posting.Draft) -> None:
    for seen in town.world.ephemerals:
        if seen.ts == response.ts:
            seen.text, seen.blocks = draft.text, draft.blocks
            town.feed.add("ephemeral", channel=response.channel, user=response.user, ts=seen.ts)
            return
    message = town.world.message(response.channel, response.ts or "")
    text = draft.text if draft.text else None
    posting.edit(town, message, town.world.app.bot_user_id, text=text, blocks=draft.blocks or None)


def apply_command_answer(town: Town, delivery: Delivery) -> None:
    """A command may be answered with a message in its acknowledgement."""
    if not delivery.reply:
        return
    body = delivery.reply if isinstance(delivery.reply, dict) else {"text": str(delivery.reply)}
    answer(town, ResponseUrl(delivery.payload["channel_id"], delivery.payload["user_id"]), body)


def apply_submission_answer(town: Town, view: View, delivery: Delivery) -> Json:
    """Do what the app said to do with a submitted view; what the person sees then: closed, errors or a view."""
    stack = town.world.modals.get(view.user, [])
    if delivery.state is not State.ACKED or view not in stack:
        return {"acked": False, "closed": False}
    reply: Any = delivery.reply if isinstance(delivery.reply, dict) else {}
    match reply.get("response_action"):
        case None | "":
            _close(stack, view)
        case "clear":
            stack.clear()
        case "errors":
            _show_errors(view, reply.get("errors"))
        case "update":
            views.replace(town, view, accept_view(reply.get("view"), "modal"))
        case "push":
            views.push(town, view.user, accept_view(reply.get("view"), "modal"))
        case other:
            raise SlackError("invalid_response_action", f"unknown response_action {other!r}")
    town.feed.add("view", user=view.user, view=view.id)
    return {"acked": True, "closed": view not in stack, "errors": view.errors}


def _close(stack: list[View], view: View) -> None:
    stack.remove(view)
    view.errors = {}


def _show_errors(view: View, errors: Any) -> None:
    """Errors must name input blocks of the view, or Slack shows its own trouble instead."""
    inputs = {block["block_id"] for block in view.content["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise SlackError("invalid_response_action", f"errors must be keyed by block_ids of inputs: {sorted(inputs)}")
    view.errors = {str(block): str(text) for block, text in errors.items()}
