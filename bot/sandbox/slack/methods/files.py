"""files.*: the three steps of an upload, facts about a file, and the two plain addresses for bytes."""

import mimetypes

from aiohttp import web

from bot.sandbox.slack import posting
from bot.sandbox.slack.args import Args
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.methods.common import writable_channel
from bot.sandbox.slack.posting import Draft
from bot.sandbox.slack.town import TOWN, Town
from bot.sandbox.slack.wire import file_json
from bot.sandbox.slack.world import File, Json

MAX_FILES = 10
MAX_ALT_TEXT = 1000
LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Sign in to Slack</title></head><body>Sign in</body></html>"


def get_upload_url(town: Town, args: Args) -> Json:
    if not args.has("filename"):
        raise SlackError("invalid_arguments", "missing required field: filename")
    length = args.whole("length", 0, 2**30)
    if not length:
        raise SlackError("invalid_arguments", "missing required field: length")
    name = args.text("filename")
    mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if len(args.text("alt_txt")) > MAX_ALT_TEXT:
        raise SlackError("alt_txt_too_large")
    file = posting.new_file(town, town.world.app.bot_user_id, name, b"", mimetype)
    file.alt_txt = args.text("alt_txt")
    return {"upload_url": f"{town.base}/upload/v1/{file.id}?length={length}", "file_id": file.id}


def complete_upload(town: Town, args: Args) -> Json:
    """Share what was uploaded; without a channel it stays the bot's own."""
    wishes = args.data("files", "invalid_arguments")
    if not isinstance(wishes, list) or not 1 <= len(wishes) <= MAX_FILES:
        raise SlackError("invalid_arguments", "files must be an array of 1 to 10 items")
    files = [_uploaded(town, wish) for wish in wishes]
    channel_id = args.text("channel_id") or args.text("channels")
    if channel_id:
        thread_ts = args.text("thread_ts") or None
        channel = writable_channel(town, channel_id, thread_ts)
        draft = Draft(text=args.text("initial_comment"), thread_ts=thread_ts, files=files)
        posting.post(town, channel, town.world.bot, draft)
    return {"files": [file_json(town.world, file, town.base) for file in files]}


def _uploaded(town: Town, wish: Json) -> File:
    file = town.world.files.get(str(wish.get("id"))) if isinstance(wish, dict) else None
    if file is None or file.user != town.world.app.bot_user_id or not file.content:
        raise SlackError("file_not_found")
    file.title = str(wish.get("title") or file.name)
    return file


def files_info(town: Town, args: Args) -> Json:
    file = town.world.files.get(args.text("file"))
    if file is None or not _may_see(town, file):
        raise SlackError("file_not_found")
    return {"file": file_json(town.world, file, town.base), "comments": [], "response_metadata": {"next_cursor": ""}}


def _may_see(town: Town, file: File) -> bool:
    """The bot sees its own files and those in channels it is a member of."""
    bot = town.world.app.bot_user_id
    return file.user == bot or any(bot in town.world.channels[each].members for each in file.channels)


async def receive_upload(request: web.Request) -> web.Response:
    """POST to the upload address: raw bytes, or a form with one file; the length must be the one announced."""
    town = request.app[TOWN]
    file = town.world.files.get(request.match_info["file_id"])
    if file is None or file.content:
        return web.Response(status=404, text="no such upload")
    content = await _bytes(request)
    if len(content) != int(request.query.get("length", "-1")):
        return web.Response(status=400, text="length differs")
    file.content = content
    return web.Response(text=f"OK - {len(content)}")


async def _bytes(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    for part in (await request.post()).values():
        if isinstance(part, web.FileField):
            return part.file.read()
    return b""


async def send_file(request: web.Request) -> web.Response:
    """The bytes for the bearer who may see them; a page to sign in, with status 200, for everybody else."""
    town = request.app[TOWN]
    file = town.world.files.get(request.match_info["file"].partition("-")[2])
    app = town.world.app
    known = request.headers.get("Authorization") == f"Bearer {app.bot_token}" and not app.revoked
    if file is None or not known or "files:read" not in app.scopes or not _may_see(town, file):
        return web.Response(text=LOGIN_PAGE, content_type="text/html")
    disposition = {"Content-Disposition": "attachment"} if "download" in request.path else {}
    return web.Response(body=file.content, content_type=file.mimetype, headers=disposition)
