"""What every page gets: the desk, the person, what they sent; and the ways in which a request is refused."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console import keys
from bot.console.guard import is_from_elsewhere, is_https
from bot.console.people import CLI, NobodyKnows, People
from bot.console.render import render
from bot.desk import Desk
from storage.models import ConsoleKey

MOST_BYTES = 64 * 1024
"""No form of ours is longer."""

MOST_FIELDS = 100
TOKEN = "token"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in. `who` is what decisions record; `decides`: in the list of approvers, or at the machine."""

    who: str
    name: str
    secret: str
    decides: bool

    @property
    def token(self) -> str:
        return keys.token_of(self.secret, "form")


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: by whom, and with what form if it is a POST."""

    desk: Desk
    people: People
    request: Request
    visitor: Visitor
    form: Mapping[str, str]

    def query(self, name: str) -> str:
        return self.request.query_params.get(name, "").strip()[:200]

    def path(self, name: str) -> str:
        return str(self.request.path_params[name])


class Told(Exception):
    """The request ends here, with this status and these words for the person."""

    def __init__(self, status: int, title: str, words: str):
        super().__init__(words)
        self.status, self.title, self.words = status, title, words


Page = Callable[[Ask], Awaitable[Response]]
Handler = Callable[[Request], Awaitable[Response]]

NOT_OURS = "This form did not come from a page of this console, or you signed in again since. Please try again."


def not_there() -> Told:
    """For an address without anything."""
    return Told(404, "Not here", "There is nothing at this address. It may have been removed, or the link is wrong.")


def signed_in(desk: Desk, people: People, page: Page) -> Handler:
    """The page for whoever is signed in and may look; everybody else is sent to the sign-in page."""

    async def handle(request: Request) -> Response:
        try:
            visitor = await _visitor(desk, people, request)
            if visitor is None:
                return _to_sign_in(desk, request)
            form = await form_of(desk, request, visitor.token) if request.method == "POST" else {}
            return await page(Ask(desk, people, request, visitor, form))
        except Told as told:
            return told_page(desk, told)
        except NobodyKnows as error:
            words = f"Slack cannot be asked who may see this just now ({error}). Nothing happened; please try again."
            return told_page(desk, Told(503, "Please try again", words))

    return handle


def told_page(desk: Desk, told: Told) -> Response:
    """A whole page that says why not."""
    return render("told.html", told.status, title=told.title, words=told.words)


async def _visitor(desk: Desk, people: People, request: Request) -> Visitor | None:
    secret = request.cookies.get(cookie_name(desk, request, "session"), "")
    session: ConsoleKey | None = None
    if secret:
        session = await desk.db.read(lambda tx: keys.session_of(tx, desk, secret))
    if session is None or not await people.may_look(session.who):
        return None
    decides = session.who.startswith(CLI) or session.who in (await people.rights()).deciding
    return Visitor(session.who, session.name or session.who, secret, decides)


def _to_sign_in(desk: Desk, request: Request) -> Response:
    if request.method == "POST":
        return told_page(desk, Told(403, "Please sign in", "You are not signed in any more, so nothing happened."))
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    response = RedirectResponse(f"/console/sign-in?next={quote(wanted)}", status_code=303)
    forget_cookie(desk, request, response, "session")
    return response


# ------------------------------------------------------------------ forms and cookies


async def form_of(desk: Desk, request: Request, token: str) -> dict[str, str]:
    """What was filled in, if it comes from a form of ours with this token. Raises Told."""
    if is_from_elsewhere(desk.settings, request.headers):
        raise Told(403, "Refused", "Another web site sent this request, so nothing happened.")
    form = await read_form(request)
    if not keys.same(form.pop(TOKEN, ""), token):
        raise Told(403, "Refused", NOT_OURS)
    return form


async def read_form(request: Request) -> dict[str, str]:
    """The fields of an ordinary form, the last one of each name. Raises Told when it is something else or too long."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise Told(415, "Refused", "Only forms of this console are taken here.")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise Told(413, "Too long", "What you typed is too long, so nothing happened.")
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Told(400, "Refused", "This form has too many fields.") from None
    return {name: values[-1].replace("\r\n", "\n") for name, values in fields.items()}


def cookie_name(desk: Desk, request: Request, what: str) -> str:
    """Cookies know no ports: without TLS the name carries it, so that two desks on one machine do not mix."""
    if is_https(desk.settings):
        return f"__Host-helpdesk-{what}"
    return f"helpdesk-{what}-{_port(request.headers)}"


def _port(headers: Headers) -> str:
    port = headers.get("host", "").rpartition(":")[2]
    return port if port.isdecimal() else "80"


def set_cookie(desk: Desk, request: Request, response: Response, what: str, value: str, seconds: int) -> None:
    """Sent back to us alone, never to a script, and not with requests other sites make."""
    response.set_cookie(
        cookie_name(desk, request, what),
        value,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="lax",
        secure=is_https(desk.settings),
    )


def forget_cookie(desk: Desk, request: Request, response: Response, what: str) -> None:
    """With the same flags: browsers ignore it otherwise where the name begins with __Host-."""
    name = cookie_name(desk, request, what)
    response.delete_cookie(name, path="/", secure=is_https(desk.settings), httponly=True, samesite="lax")


def safe_next(wanted: str) -> str:
    """Where to go after signing in: a page of the console, whatever a link says."""
    fine = wanted.startswith("/console") and wanted[8:9] in ("", "/", "?") and wanted.isprintable()
    return wanted if fine and "\\" not in wanted and "//" not in wanted and len(wanted) < 500 else "/console"
