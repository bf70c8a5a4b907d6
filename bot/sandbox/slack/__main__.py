"""`python -m bot.sandbox.slack`: runs one sandbox Slack until it is told to stop."""

import argparse
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.sandbox.faults import add_fault_routes
from bot.sandbox.process import Ready, arguments, serve
from bot.sandbox.slack.answers import receive_response
from bot.sandbox.slack.control import add_control_routes
from bot.sandbox.slack.delivery import Options
from bot.sandbox.slack.gateway import serve_method
from bot.sandbox.slack.methods.files import receive_upload, send_file
from bot.sandbox.slack.openid import add_openid_routes
from bot.sandbox.slack.seed import read_seed
from bot.sandbox.slack.town import TOWN, Town

MAX_BODY_BYTES = 64 * 2**20


def build_app(town: Town) -> web.Application:
    """All addresses of the sandbox: Slack's own, and the control API."""
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app[TOWN] = town
    app.router.add_get("/api/{method}", serve_method, allow_head=False)
    app.router.add_post("/api/{method}", serve_method)
    app.router.add_get("/link/", town.hub.serve)
    app.router.add_post("/actions/{team}/{number}/{word}", receive_response)
    app.router.add_post("/upload/v1/{file_id}", receive_upload)
    app.router.add_get("/files-pri/{file}/{name}", send_file)
    app.router.add_get("/files-pri/{file}/download/{name}", send_file)
    add_openid_routes(app)
    add_control_routes(app)
    add_fault_routes(app, town.faults)

    async def stop(_: web.Application) -> None:
        await town.close()

    app.on_shutdown.append(stop)
    return app


def introduce(town: Town) -> Callable[[int], Awaitable[Ready]]:
    """What the ready line tells: addresses, tokens and the ids of the world, by name."""

    async def ready(port: int) -> Ready:
        town.base = f"http://127.0.0.1:{port}"
        world, app = town.world, town.world.app
        return {
            "api_url": f"{town.base}/api/",
            "bot_token": app.bot_token,
            "app_token": app.app_token,
            "signing_secret": app.signing_secret,
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "app_id": app.id,
            "bot_user_id": app.bot_user_id,
            "bot_id": app.bot_id,
            "team_id": world.home.id,
            "teams": {team.domain: team.id for team in world.teams.values()},
            "users": {user.name: user.id for user in world.users.values()},
            "channels": {channel.name: channel.id for channel in world.channels.values()},
            "usergroups": {group.handle: group.id for group in world.groups.values()},
        }

    return ready


def parse() -> argparse.Namespace:
    parser = arguments("A Slack on loopback: Web API, Socket Mode, signed HTTP push, and people to play.")
    parser.add_argument("--world", help="a JSON file that replaces the default world")
    parser.add_argument("--ack-seconds", type=float, default=3.0, help="how long the app may take to acknowledge")
    parser.add_argument("--offline-seconds", type=float, default=60.0, help="how long an event waits for a socket")
    parser.add_argument("--retry-seconds", default="0,1,3", help="pauses before the three retries")
    parser.add_argument("--push-url", default="", help="HTTP mode: where events and clicks are posted")
    parser.add_argument("--signing-secret", default="", help="instead of the world's own")
    parser.add_argument("--scopes", default="", help="the app's scopes, comma-separated, instead of all")
    parser.add_argument("--limit-posts", action="store_true", help="about one message a second and channel, then 429")
    parser.add_argument(
        "--dedupe-client-msg-id", action="store_true", help="an equal client_msg_id is not posted twice"
    )
    return parser.parse_args()


def main() -> None:
    asked = parse()
    options = Options(
        ack_seconds=asked.ack_seconds,
        offline_seconds=asked.offline_seconds,
        retry_seconds=[float(each) for each in asked.retry_seconds.split(",")],
        dedupe_client_msg_id=asked.dedupe_client_msg_id,
        limit_posts=asked.limit_posts,
        push_url=asked.push_url,
    )
    seed = read_seed(asked.world)
    if asked.signing_secret:
        seed = {**seed, "app": {**seed.get("app", {}), "signing_secret": asked.signing_secret}}
    town = Town(seed, options, [each.strip() for each in asked.scopes.split(",") if each.strip()] or None)
    serve(build_app(town), port=asked.port, parent=asked.parent, ready=introduce(town))


if __name__ == "__main__":
    main()
