"""The control API under /_control/: for the demo page and tests, which play the people and look at everything."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.sandbox.slack import people, places
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.forms import BadInput
from bot.sandbox.slack.town import TOWN, Town
from bot.sandbox.slack.view_of_world import world_json
from bot.sandbox.slack.world import Json

MAX_WAIT = 25.0


def add_control_routes(app: web.Application) -> None:
    for name, act in {**people.ACTS, **places.ACTS}.items():
        app.router.add_post(f"/_control/{name}", _acting(act))
    app.router.add_get("/_control/world", _answering(world_json))
    app.router.add_get("/_control/log", _answering(_log))
    app.router.add_get("/_control/deliveries", _answering(_deliveries))
    app.router.add_get("/_control/sockets", _answering(lambda town: town.hub.told()))
    app.router.add_post("/_control/sockets", _acting(_change_sockets))
    app.router.add_post("/_control/options", _acting(_change_options))
    app.router.add_post("/_control/verify_push", _acting(_verify_push))
    app.router.add_post("/_control/reset", _acting(_reset))
    app.router.add_get("/_control/changes", _changes)


def _acting(act: people.Act) -> Callable[[web.Request], Awaitable[web.Response]]:
    """POST with a JSON object; {"ok": true, …}, or status 400 and the reason why a person could not do this."""

    async def handle(request: web.Request) -> web.Response:
        try:
            wish = await request.json() if request.can_read_body else {}
            done = {"ok": True, **await act(request.app[TOWN], wish)}
        except SlackError as error:
            done = {"ok": False, "error": error.code, **error.details}
        except KeyError as error:
            done = {"ok": False, "error": "missing_argument", "detail": str(error.args[0])}
        except (BadInput, ValueError, TypeError) as error:
            done = {"ok": False, "error": "bad_argument", "detail": str(error)}
        return web.json_response(done, status=200 if done["ok"] else 400)

    return handle


def _answering(look: Callable[[Town], Json]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        return web.json_response(look(request.app[TOWN]))

    return handle


def _log(town: Town) -> Json:
    """Every call of the Web API since the last reset."""
    return {"calls": [{name: getattr(call, name) for name in call.__dataclass_fields__} for call in town.calls]}


def _deliveries(town: Town) -> Json:
    """Every payload sent to the app since the last reset, with what became of it, and the counts."""
    told = [delivery.told() for delivery in town.deliveries.all]
    counts = {state: sum(each["state"] == state for each in told) for state in ("waiting", "acked", "dropped")}
    return {"deliveries": told, **counts}


async def _change_sockets(town: Town, wish: Json) -> Json:
    """{do: drop | disconnect | refuse, reason?, close_after?, times?}"""
    match wish["do"]:
        case "drop":
            return {"sockets": await town.hub.drop()}
        case "disconnect":
            reason = str(wish.get("reason", "refresh_requested"))
            return {"sockets": await town.hub.disconnect(reason, float(wish.get("close_after", 10.0)))}
        case "refuse":
            town.hub.refuse = int(wish.get("times", 1))
            return {"refuse": town.hub.refuse}
    raise BadInput("do is drop, disconnect or refuse")


async def _change_options(town: Town, wish: Json) -> Json:
    """Any field of Options, and `scopes`, `signing_secret` and `redirect_urls` of the app."""
    wish = dict(wish)
    town.world.app.redirect_urls = wish.pop("redirect_urls", town.world.app.redirect_urls)
    town.world.app.scopes = wish.pop("scopes", town.world.app.scopes)
    town.world.app.signing_secret = wish.pop("signing_secret", town.world.app.signing_secret)
    town.options.change(wish)
    return {}


async def _verify_push(town: Town, _: Json) -> Json:
    """Ask the app's address the challenge, as Slack does when it is typed in."""
    return {"verified": bool(town.options.push_url) and await town.push.verify()}


async def _reset(town: Town, _: Json) -> Json:
    town.reset()
    return {}


async def _changes(request: web.Request) -> web.Response:
    """GET ?since=N&seconds=S: what happened after N, waiting up to S seconds for the first of it."""
    seconds = min(float(request.query.get("seconds", "20")), MAX_WAIT)
    return web.json_response(await request.app[TOWN].feed.since(int(request.query.get("since", "0")), seconds))
