"""For tests of the console: a browser without JavaScript that reads pages, follows links and fills in forms."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from bot.console import keys
from bot.desk import Desk
from bot.web import app

AT = "http://127.0.0.1:8080"
SAM, ROBIN, NIA = "T0NORTHWIND/U0SAM", "T0NORTHWIND/U0ROBIN", "T0NORTHWIND/U0NIA"


def having(**sections: Any) -> pytest.MarkDecorator:
    """Marks a test that wants a desk with these settings."""
    return pytest.mark.parametrize("desk_settings", [sections], indirect=True)


@dataclass
class Form:
    """One form of a page, with what is filled in already."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[dict[str, str]] = field(default_factory=list)
    words: str = ""


class Page(HTMLParser):
    """What people see of a page: its text, links and forms. The elements it has are in `elements`."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.links: dict[str, str] = {}
        self.forms: list[Form] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self._link: str | None = None
        self._inside: Form | None = None
        self._area: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.elements.append((tag, given))
        match tag:
            case "a":
                self._link = given.get("href", "")
            case "form":
                self._inside = Form(given.get("action", ""), given.get("method", "get"))
                self.forms.append(self._inside)
            case "input" if self._inside is not None and given.get("type") != "checkbox":
                self._inside.fields[given.get("name", "")] = given.get("value", "")
            case "textarea" | "select" if self._inside is not None:
                self._area = given.get("name", "")
                self._inside.fields.setdefault(self._area, "")
            case "option" if self._inside is not None and self._area is not None and "selected" in given:
                self._inside.fields[self._area] = given.get("value", "")
            case "button" if self._inside is not None:
                self._inside.buttons.append(given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._link = None
        if tag == "form":
            self._inside = None
        if tag in ("textarea", "select"):
            self._area = None

    def handle_data(self, data: str) -> None:
        words = " ".join(data.split())
        if not words:
            return
        self.text += f" {words}"
        if self._inside is not None:
            self._inside.words += f" {words}"
        if self._link is not None:
            self.links.setdefault(words, self._link)

    def form(self, **having: str) -> Form:
        """The form with these values in it."""
        return next(
            form for form in self.forms if all(form.fields.get(name) == value for name, value in having.items())
        )


@dataclass
class Browser:
    """One browser with its cookies. Redirects are followed, as browsers do."""

    desk: Desk
    http: httpx.AsyncClient

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.http.get(path, **more)

    async def page(self, path: str) -> Page:
        """The page at this address, which must be there."""
        answer = await self.get(path)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return Page(answer.text)

    async def send(self, form: Form, **typed: str) -> httpx.Response:
        """Fill in the form and send it as the browser would, from our own page."""
        headers = {"Origin": str(self.http.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
        return await self.http.post(form.action, data={**form.fields, **typed}, headers=headers)

    async def link_for(self, who: str, name: str = "") -> str:
        """The path of a one-time link."""
        secret = await self.desk.db.write(lambda tx: keys.make_link(tx, self.desk, who, name))
        return f"/console/sign-in/link?key={secret}"

    async def use(self, link: str) -> httpx.Response:
        """Open a one-time link and press its button."""
        return await self.send((await self.page(link)).forms[0])

    async def sign_in(self, who: str, name: str = "") -> None:
        answer = await self.use(await self.link_for(who, name))
        assert answer.status_code == 200, answer.text


def browser_of(desk: Desk, at: str = AT, *, client: str = "127.0.0.1", errors: bool = True) -> Browser:
    """A browser on the real application, reaching it under the address `at` from the machine `client`.

    `errors`: an error of the application fails the test; otherwise the browser sees what people would see.
    """
    transport = httpx.ASGITransport(app=app(desk), client=(client, 50_000), raise_app_exceptions=errors)
    return Browser(desk, httpx.AsyncClient(transport=transport, base_url=at, follow_redirects=True))
