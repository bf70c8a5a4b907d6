"""Where the console is served and under which headers: this machine alone, until an address is set for it."""

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.settings import THIS_MACHINE, Settings

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
"""A proxy in front of us says so in one of these."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: browsers would then say `Origin: null` about our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
HALF_A_YEAR = 15_552_000


class Guarded:
    """The same pages, refused where the console must not be served, and with our headers on every answer."""

    def __init__(self, app: ASGIApp, settings: Settings):
        self._app = app
        self._settings = settings
        self._headers = dict(HEADERS)
        if is_https(settings):
            self._headers["Strict-Transport-Security"] = f"max-age={HALF_A_YEAR}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    kept.setdefault(name, value)
            await send(message)

        why = why_not_here(self._settings, scope)
        chosen = PlainTextResponse(f"{why}\n", status_code=403) if why else self._app
        await chosen(scope, receive, answer)


def is_https(settings: Settings) -> bool:
    """Whether browsers reach us over TLS, which a proxy ends before us."""
    return (settings.console.public_url or "").startswith("https://")


def why_not_here(settings: Settings, scope: Scope) -> str:
    """Why this request gets nothing, in words for an operator; "" when it may go on.

    The name a browser asked for is checked too: a page elsewhere can have its own name point at this machine.
    """
    headers = Headers(scope=scope)
    host = headers.get("host", "").lower()
    if settings.console.public_url is not None:
        ours = urlsplit(settings.console.public_url).netloc
        return "" if host == ours else f"The console is at {settings.console.public_url}/console (console.public_url)."
    if settings.http.host not in THIS_MACHINE:
        return (
            f"The console is closed: http.host is {settings.http.host}, so others could reach it. "
            "Set console.public_url to the https address under which it may be used."
        )
    if not _is_loopback(scope) or _name(host) not in THIS_MACHINE or any(name in headers for name in FORWARDED):
        return "The console is for this machine only. To use it from elsewhere set console.public_url."
    return ""


def _is_loopback(scope: Scope) -> bool:
    client = scope.get("client")
    try:
        return client is not None and ip_address(client[0]).is_loopback
    except ValueError:
        return False


def _name(host: str) -> str:
    """The host without its port: "[::1]:8080" gives "::1"."""
    return (urlsplit(f"//{host}").hostname or "") if host else ""


def is_from_elsewhere(settings: Settings, headers: Headers) -> bool:
    """Whether a browser says that another site's page sent this request (Origin, else Sec-Fetch-Site)."""
    origin = headers.get("origin")
    if origin is not None:
        ours = settings.console.public_url or f"http://{headers.get('host', '').lower()}"
        return origin.lower() != ours
    return headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
