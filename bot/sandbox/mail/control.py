"""What a test or the demo page tells this world of mail and asks of it: /_control/…"""

from collections.abc import Awaitable, Callable
from email.utils import parseaddr
from typing import Any

from aiohttp import web

from bot.sandbox.faults import add_fault_routes
from bot.sandbox.mail.compose import compose, shown, stamp
from bot.sandbox.mail.post_office import INBOX, SENT, message_id_of
from bot.sandbox.mail.relay import Queued, Route
from bot.sandbox.mail.town import Town

Json = dict[str, Any]

WAIT_SECONDS = 60.0


def add_control_routes(app: web.Application, town: Town) -> None:
    """The whole control API over `town`."""
    add_fault_routes(app, town.faults)
    routes: list[tuple[str, str, Callable[[Town, web.Request], Awaitable[Json]]]] = [
        ("POST", "/_control/send", _send),
        ("POST", "/_control/route", _route),
        ("GET", "/_control/mailbox", _mailbox),
        ("GET", "/_control/log", _log),
        ("GET", "/_control/changes", _changes),
        ("POST", "/_control/renumber", _renumber),
        ("POST", "/_control/drop", _drop),
        ("POST", "/_control/tokens", _tokens),
    ]
    for method, path, handler in routes:
        app.router.add_route(method, path, _served(town, handler))

    app.router.add_post("/oauth/token", _token_endpoint(town))


def _token_endpoint(town: Town) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def serve(request: web.Request) -> web.Response:
        status, answer = town.office.tokens.answer(dict(await request.post()))
        return web.json_response(answer, status=status)

    return serve


async def _tokens(town: Town, request: web.Request) -> Json:
    """{"revoke"?, "rotates"?, "lasts"?, "refresh_lasts"?}: how the token endpoint is from now on.

    Answers how it was asked so far.
    """
    wish, office = await request.json(), town.office.tokens
    office.rotates = bool(wish.get("rotates", office.rotates))
    office.lasts = float(wish.get("lasts", office.lasts))
    office.refresh_lasts = float(wish["refresh_lasts"]) if "refresh_lasts" in wish else office.refresh_lasts
    if wish.get("revoke"):
        office.revoke()
    return {"asked": list(office.asked), "refresh_token": office.refresh_token}


def _served(
    town: Town, handler: Callable[[Town, web.Request], Awaitable[Json]]
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def serve(request: web.Request) -> web.Response:
        try:
            return web.json_response(await handler(town, request))
        except (KeyError, ValueError) as error:
            return web.json_response({"error": repr(error)}, status=400)

    return serve


async def _send(town: Town, request: web.Request) -> Json:
    """A customer writes: {from, to?, cc?, subject?, text?, html?, in_reply_to?, headers?} or {from, to, raw}.

    `forged`: the border finds DMARC failed. `via`: {protocol, port} of the desk's door; without it (and
    without a route) mail goes straight into the mailbox. `wait`: answer when the door accepted or refused.
    """
    wish = await request.json()
    sender = parseaddr(str(wish["from"]))[1]
    _, recipients, raw = compose(wish, town.office.account(sender))
    route = Route(**wish["via"]) if wish.get("via") else town.route
    desk = [each for each in recipients if each.rpartition("@")[2].lower() == town.office.domain]
    for other in (each for each in recipients if each not in desk):
        town.office.deliver(other, raw)
    town.office.deliver(sender, raw, folder=SENT, flags=["\\Seen"])
    queued = _hand_in(town, wish, sender, desk, raw, route)
    if queued is not None and wish.get("wait"):
        await queued.done.wait()
    return {"message_id": message_id_of(raw), "delivery": queued.shown() if queued else None}


def _hand_in(
    town: Town, wish: Json, sender: str, recipients: list[str], raw: bytes, route: Route | None
) -> Queued | None:
    if not recipients:
        return None
    passed = not wish.get("forged", False)
    envelope_sender = str(wish.get("mail_from", sender))
    stamped = stamp(raw, sender=envelope_sender, recipient=recipients[0], authserv_id=town.authserv_id, passed=passed)
    if route is None:
        for recipient in recipients:
            town.office.deliver(recipient, stamped)
        return None
    return town.relay.send(Queued(message_id_of(raw), envelope_sender, recipients, stamped, route))


async def _route(town: Town, request: web.Request) -> Json:
    """{protocol, port}: from now on mail for the desk goes to that door; {}: into the mailbox."""
    wish = await request.json()
    town.route = Route(**wish) if wish else None
    return {"ok": True}


async def _mailbox(town: Town, request: web.Request) -> Json:
    """?address= and ?folder= (INBOX; * for all): the mail there, oldest first."""
    account = town.office.account(request.query["address"])
    wanted = request.query.get("folder", INBOX)
    folders = [folder for name, folder in account.folders.items() if wanted in ("*", name)]
    mails = [(mail.arrived, shown(mail, folder.name)) for folder in folders for mail in folder.mails.values()]
    return {"address": account.address, "messages": [mail for _, mail in sorted(mails, key=lambda pair: pair[0])]}


async def _log(town: Town, request: web.Request) -> Json:
    """How often each Message-ID of the desk was accepted, and how customers' mail to its doors fares."""
    return {
        "accepted": dict(town.office.accepted),
        "twice": [identity for identity, times in town.office.accepted.items() if times > 1],
        "queue": [mail.shown() for mail in town.relay.queue],
    }


async def _changes(town: Town, request: web.Request) -> Json:
    """?after= and ?seconds=: what happened after that number, waiting for the first of it."""
    seconds = min(float(request.query.get("seconds", 25)), WAIT_SECONDS)
    return await town.office.feed.since(int(request.query.get("after", 0)), seconds)


async def _renumber(town: Town, request: web.Request) -> Json:
    """{address, folder?}: the server loses its numbering; same mail, new UIDs and UIDVALIDITY."""
    wish = await request.json()
    account = town.office.account(wish["address"])
    old = account.folders[wish.get("folder", INBOX)]
    new = town.office.create_folder(account, old.name)
    for mail in old.mails.values():
        new.add(mail.raw, mail.flags, mail.arrived)
    await town.imap.drop_all()
    return {"uidvalidity": new.uidvalidity}


async def _drop(town: Town, request: web.Request) -> Json:
    """Every IMAP and submission connection is cut."""
    return {"dropped": await town.imap.drop_all() + await town.submission.drop_all()}
