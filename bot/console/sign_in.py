"""The pages in front of the console: the one-time link, Sign in with Slack, and signing out."""

import base64
import binascii

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.audit import record
from bot.console import keys
from bot.console.guard import is_https
from bot.console.page import Ask, Handler, Told, cookie_name, forget_cookie, form_of, safe_next, set_cookie, told_page
from bot.console.people import NobodyKnows, People
from bot.console.render import render
from bot.desk import Desk
from bot.settings import THIS_MACHINE
from channels.base import ChannelError, PermanentChannelError
from channels.slack import SlackChannel, SlackSignIn
from channels.slack.manifest import SIGNED_IN_PATH

VISIT_SECONDS = 600
"""How long somebody may take to sign in."""

USED = "This link was used already, is older than ten minutes, or is not whole. Make a new one: helpdesk console-login"
OTHER_VISIT = "This sign-in was begun in another browser, or more than ten minutes ago. Please begin again."


def slack_sign_in(desk: Desk) -> SlackSignIn | None:
    """The app's sign-in; None where it is not set up, or Slack could not send anybody back (it wants https)."""
    slack, channel = desk.settings.slack, desk.channels.get("slack")
    if slack.client_id is None or slack.client_secret is None or not isinstance(channel, SlackChannel):
        return None
    if not is_https(desk.settings) and not any(f"//{name}" in slack.api_url for name in THIS_MACHINE):
        return None
    secret = slack.client_secret.get_secret_value()
    return SlackSignIn(channel.api, slack.api_url, client_id=slack.client_id, client_secret=secret)


def sign_in_page(desk: Desk) -> Handler:
    """What there is to sign in with."""

    async def show(request: Request) -> Response:
        wanted = safe_next(request.query_params.get("next", ""))
        return render("sign_in.html", title="Sign in", slack=slack_sign_in(desk) is not None, wanted=wanted)

    return show


# ------------------------------------------------------------------ the one-time link


def link_page(desk: Desk) -> Handler:
    """Opened by the link: a button. Programs that look at links would otherwise use it up."""

    async def show(request: Request) -> Response:
        visit = _visit(desk, request) or keys.new_secret()
        key = request.query_params.get("key", "")[:200]
        response = render("link.html", title="Sign in", key=key, token=keys.token_of(visit, "form"))
        set_cookie(desk, request, response, "visit", visit, VISIT_SECONDS)
        return response

    return show


def use_link(desk: Desk) -> Handler:
    """The button was pressed."""

    async def enter(request: Request) -> Response:
        try:
            visit = _visit(desk, request)
            if visit is None:
                raise Told(403, "Please begin again", OTHER_VISIT)
            form = await form_of(desk, request, keys.token_of(visit, "form"))
        except Told as told:
            return told_page(desk, told)
        secret = await desk.db.write(lambda tx: keys.redeem_link(tx, desk, form.get("key", "")))
        if secret is None:
            return told_page(desk, Told(403, "This link does not work", USED))
        return _welcome(desk, request, secret, "/console")

    return enter


# ------------------------------------------------------------------ Sign in with Slack


def to_slack(desk: Desk) -> Handler:
    """Off to Slack, with what only this browser can bring back."""

    async def leave(request: Request) -> Response:
        slack = slack_sign_in(desk)
        if slack is None:
            return told_page(desk, Told(404, "Not set up", "Sign in with Slack is not set up here (slack.client_id)."))
        visit, wanted = keys.new_secret(), safe_next(request.query_params.get("next", ""))
        try:
            address = await slack.address(
                redirect_uri=_back(desk, request), state=_state(visit, wanted), nonce=keys.token_of(visit, "nonce")
            )
        except ChannelError as error:
            return told_page(desk, Told(503, "Please try again", f"Slack does not answer: {error}"))
        response = RedirectResponse(address, status_code=303)
        set_cookie(desk, request, response, "visit", visit, VISIT_SECONDS)
        return response

    return leave


def from_slack(desk: Desk, people: People) -> Handler:
    """Back from Slack: whoever it is, only our own people who may look get a session."""

    async def enter(request: Request) -> Response:
        try:
            return await _enter(desk, people, request)
        except Told as told:
            return told_page(desk, told)
        except PermanentChannelError as error:
            return told_page(desk, Told(403, "Not signed in", f"{error}. Please begin again."))
        except (ChannelError, NobodyKnows) as error:
            return told_page(desk, Told(503, "Please try again", f"Slack does not answer: {error}"))

    return enter


async def _enter(desk: Desk, people: People, request: Request) -> Response:
    slack, visit = slack_sign_in(desk), _visit(desk, request)
    wanted = _wanted(visit, request.query_params.get("state", ""))
    if slack is None or visit is None or wanted is None:
        raise Told(403, "Please begin again", OTHER_VISIT)
    if "code" not in request.query_params:
        raise Told(403, "Not signed in", "Slack was told not to say who you are, so nobody is signed in.")
    person = await slack.who(
        code=request.query_params["code"], redirect_uri=_back(desk, request), nonce=keys.token_of(visit, "nonce")
    )
    # Approvers and listed people are "T…/U…" of our own team, so nobody of another one is among them.
    who = f"{person.team_id}/{person.user_id}"
    if not await people.may_look(who, fresh=True):
        await desk.db.write(lambda tx: record(tx, desk, who, "console_refused", None, {}))
        words = "Only approvers and the people in console.people may sign in here, and only with our own workspace."
        raise Told(403, "Not for you", words)
    secret = await desk.db.write(lambda tx: keys.begin_session(tx, desk, who, person.name, how="slack"))
    return _welcome(desk, request, secret, wanted)


def _back(desk: Desk, request: Request) -> str:
    ours = desk.settings.console.public_url or f"http://{request.headers.get('host', '')}"
    return f"{ours}{SIGNED_IN_PATH}"


def _state(visit: str, wanted: str) -> str:
    return f"{keys.token_of(visit, f'state:{wanted}')}.{base64.urlsafe_b64encode(wanted.encode()).decode()}"


def _wanted(visit: str | None, state: str) -> str | None:
    """Where this browser wanted to go; None when the state was not made for it."""
    mark, _, encoded = state.partition(".")
    try:
        wanted = base64.urlsafe_b64decode(encoded.encode()).decode()
    except (binascii.Error, ValueError):
        return None
    known = visit is not None and keys.same(mark, keys.token_of(visit, f"state:{wanted}"))
    return safe_next(wanted) if known else None


# ------------------------------------------------------------------ in and out


def _visit(desk: Desk, request: Request) -> str | None:
    return request.cookies.get(cookie_name(desk, request, "visit")) or None


def _welcome(desk: Desk, request: Request, secret: str, wanted: str) -> Response:
    response = RedirectResponse(wanted, status_code=303)
    seconds = int(desk.settings.console.session_hours * 3600)
    set_cookie(desk, request, response, "session", secret, seconds)
    forget_cookie(desk, request, response, "visit")
    return response


async def sign_out(ask: Ask) -> Response:
    """The session ends here and now, not only in this browser."""
    await ask.desk.db.write(lambda tx: keys.end_session(tx, ask.desk, ask.visitor.secret))
    response = RedirectResponse("/console/sign-in", status_code=303)
    forget_cookie(ask.desk, ask.request, response, "session")
    return response
