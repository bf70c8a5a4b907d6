"""Sign in with Slack: the page where people say yes, codes that work once, and tokens signed as Slack signs them.

https://docs.slack.dev/authentication/sign-in-with-slack
"""

import base64
import binascii
import json
import secrets
import time
from html import escape
from urllib.parse import urlencode, urlsplit

import jwt
from aiohttp import web

from bot.sandbox.slack.args import Args
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.openid_state import Grant
from bot.sandbox.slack.town import TOWN, Town
from bot.sandbox.slack.world import Json, User

CODE_SECONDS = 600.0
TOKEN_SECONDS = 300
ISSUER = "https://slack.com"
KEY_ID = "sandbox-1"
SCOPES = {"openid", "profile", "email"}


def add_openid_routes(app: web.Application) -> None:
    app.router.add_get("/openid/connect/authorize", authorize)
    app.router.add_get("/openid/connect/allow", allow)
    app.router.add_get("/openid/connect/keys", keys)


async def authorize(request: web.Request) -> web.Response:
    """The page Slack shows: who are you, and may this app know it? Wrong parameters are refused here, in words."""
    town = request.app[TOWN]
    if wrong := _wrong(town, request):
        return web.Response(status=400, text=f"Something went wrong when authorizing this app: {wrong}\n")
    team = request.query.get("team", "")
    people = [user for user in town.world.users.values() if not user.bot_id and team in ("", user.team_id)]
    choices = "".join(
        f'<li><a href="/openid/connect/allow?{escape(urlencode({**request.query, "user": user.id}))}">'
        f"{escape(user.real_name)}</a></li>"
        for user in people
    )
    name = escape(town.world.app.name)
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign in to {name}</title></head>'
        f"<body><main><h1>{name} asks who you are</h1><p>This is the sandbox Slack. Allow as:</p><ul>{choices}</ul>"
        "</main></body></html>"
    )
    return web.Response(text=page, content_type="text/html", charset="utf-8")


async def allow(request: web.Request) -> web.Response:
    """Somebody pressed Allow: back to the app with a code."""
    town = request.app[TOWN]
    user = town.world.users.get(request.query.get("user", ""))
    if user is None or user.deleted or (wrong := _wrong(town, request)):
        return web.Response(status=400, text=f"Something went wrong: {wrong if user else 'nobody by that id'}\n")
    code = secrets.token_hex(32)
    town.sign_ins.codes[code] = Grant(
        user.id, request.query["redirect_uri"], request.query.get("nonce", ""), request.query["scope"].split()
    )
    answer = {"code": code, **({"state": request.query["state"]} if "state" in request.query else {})}
    raise web.HTTPFound(f"{request.query['redirect_uri']}?{urlencode(answer)}")


def _wrong(town: Town, request: web.Request) -> str:
    asked, app = request.query, town.world.app
    if asked.get("client_id") != app.client_id:
        return "Invalid client_id parameter"
    if asked.get("response_type") != "code":
        return "Invalid response_type parameter"
    scopes = set(asked.get("scope", "").replace(",", " ").split())
    if "openid" not in scopes or not scopes <= SCOPES:
        return "Invalid permissions requested"
    if not any(_below(asked.get("redirect_uri", ""), url) for url in app.redirect_urls):
        return f"redirect_uri did not match any configured URIs. Passed URI: {asked.get('redirect_uri', '')}"
    return ""


def _below(passed: str, configured: str) -> bool:
    """Slack takes the configured address itself and what is below it: same scheme, host and port."""
    ours, theirs = urlsplit(configured), urlsplit(passed)
    return (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc) and theirs.path.startswith(ours.path)


async def keys(request: web.Request) -> web.Response:
    """The public half of the key, as a JSON Web Key Set."""
    public = request.app[TOWN].sign_ins.key.public_key()
    key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(public))
    return web.json_response({"keys": [{**key, "kid": KEY_ID, "alg": "RS256", "use": "sig"}]})


# ------------------------------------------------------------------ the two methods


def client_of(authorization: str, values: Json) -> Json:
    """client_id and client_secret, from a Basic header or from the form, as both are allowed."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return values
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return values
    return {**values, "client_id": name, "client_secret": secret}


def token(town: Town, args: Args) -> Json:
    """openid.connect.token: a code works once, within ten minutes, for the app and the address it was given to."""
    app = town.world.app
    if args.text("client_id") != app.client_id:
        raise SlackError("invalid_client_id")
    if not secrets.compare_digest(args.text("client_secret").encode(), app.client_secret.encode()):
        raise SlackError("bad_client_secret")
    if args.text("grant_type") not in ("", "authorization_code"):
        raise SlackError("invalid_grant_type")
    grant = town.sign_ins.codes.get(args.text("code"))
    if grant is None or time.monotonic() - grant.born > CODE_SECONDS:
        raise SlackError("invalid_code")
    if grant.used:
        raise SlackError("code_already_used")
    if args.text("redirect_uri") != grant.redirect_uri:
        raise SlackError("bad_redirect_uri")
    grant.used = True
    access = f"xoxp-{secrets.token_hex(20)}"
    town.sign_ins.tokens[access] = grant.user
    return {"access_token": access, "token_type": "Bearer", "id_token": _signed(town, grant)}


def user_info(town: Town, args: Args) -> Json:
    """openid.connect.userInfo, with the token of whoever signed in."""
    return _claims(town, town.world.users[town.sign_ins.tokens[args.text("user_token")]], ["profile", "email"])


def _signed(town: Town, grant: Grant) -> str:
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": town.world.app.client_id,
        "exp": now + TOKEN_SECONDS,
        "iat": now,
        "auth_time": now,
        "nonce": grant.nonce,
        **_claims(town, town.world.users[grant.user], grant.scopes),
    }
    return jwt.encode(claims, town.sign_ins.key, algorithm="RS256", headers={"kid": KEY_ID})


def _claims(town: Town, user: User, scopes: list[str]) -> Json:
    team = town.world.team_of(user)
    claims: Json = {"sub": user.id, "https://slack.com/user_id": user.id, "https://slack.com/team_id": team.id}
    if "profile" in scopes:
        claims |= {
            "name": user.real_name,
            "locale": "en-US",
            "https://slack.com/team_name": team.name,
            "https://slack.com/team_domain": team.domain,
        }
    if "email" in scopes and user.email:
        claims |= {"email": user.email, "email_verified": True}
    return claims
