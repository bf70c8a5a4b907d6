"""The door of the Web API: counts the call, has the planned fault, checks the token and runs the method."""

import contextlib

from aiohttp import web

from bot.sandbox.faults import serve_with_fault
from bot.sandbox.slack.args import Args, read_arguments
from bot.sandbox.slack.errors import RateLimited, SlackError
from bot.sandbox.slack.methods import METHODS, Method
from bot.sandbox.slack.methods.common import need_scope
from bot.sandbox.slack.openid import client_of
from bot.sandbox.slack.town import TOWN, Call, Town
from bot.sandbox.slack.world import Json

UNKNOWN = Method(lambda town, args: {})


async def serve_method(request: web.Request) -> web.StreamResponse:
    """GET or POST /api/{method}."""
    town = request.app[TOWN]
    name = request.match_info["method"]
    call = Call(len(town.calls) + 1, name, request.method)
    town.calls.append(call)

    async def handle(request: web.Request) -> web.Response:
        return await _answer(town, call, request)

    planned = town.faults.take(name)
    if planned is None:
        return await handle(request)
    call.fault = planned.fault.value
    with contextlib.suppress(SlackError):
        call.args, _ = await read_arguments(request, json_allowed=True)
    return await serve_with_fault(planned, request, handle)


async def _answer(town: Town, call: Call, request: web.Request) -> web.Response:
    headers: dict[str, str] = {}
    try:
        method = METHODS.get(call.method)
        call.args, token = await read_arguments(request, json_allowed=(method or UNKNOWN).takes_json)
        if method is None:
            raise SlackError("unknown_method", req_method=call.method)
        if method.token == "client":
            call.args, call.token = client_of(request.headers.get("Authorization", ""), call.args), "client"
        else:
            _check_token(town, call, method, token)
        if method.token == "user":
            call.args["user_token"] = token
        headers = _scope_headers(town, method)
        for scope in method.scopes:
            need_scope(town, scope)
        body: Json = {"ok": True, **method.run(town, Args(call.args))}
        call.ok, call.applied = True, method.writes
    except SlackError as error:
        call.error = error.code
        body = {"ok": False, "error": error.code, **error.details}
    except RateLimited as limit:
        call.error = "ratelimited"
        headers["Retry-After"] = str(limit.seconds)
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
    finally:
        town.feed.add("call", call=call.n, method=call.method, ok=call.ok)
    return web.json_response(body, headers=headers)


def _check_token(town: Town, call: Call, method: Method, token: str) -> None:
    app = town.world.app
    given = {"": "none", app.bot_token: "bot", app.app_token: "app", **dict.fromkeys(town.sign_ins.tokens, "user")}
    call.token = given.get(token, "unknown")
    if call.token == "none":
        raise SlackError("not_authed")
    if call.token == "unknown":
        raise SlackError("invalid_auth")
    if app.revoked:
        raise SlackError("token_revoked")
    if call.token != method.token:
        raise SlackError("not_allowed_token_type")


def _scope_headers(town: Town, method: Method) -> dict[str, str]:
    if method.token == "app":
        return {"x-oauth-scopes": "connections:write", "x-accepted-oauth-scopes": "connections:write"}
    if method.token != "bot":
        return {}
    return {
        "x-oauth-scopes": ",".join(town.world.app.scopes),
        "x-accepted-oauth-scopes": ",".join(method.scopes),
    }
