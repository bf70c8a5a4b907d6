"""Nobody gets into the console who should not, and no other web site can press a button there."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.desk import Desk
from channels.base import TemporaryChannelError
from channels.memory import MemoryRoom
from storage.models import Action, ActionState, ConsoleKey
from tests.bot.refunds import asked, now
from tests.console.browsing import NIA, SAM, Browser, Page, having
from tests.desks import rows, with_parts

OTHER = {"Origin": "https://elsewhere.example"}
Opening = Callable[..., Browser]

BEHIND = ["", "/tickets/tkt_1", "/runs/run_1", "/actions", "/actions/act_1", "/numbers", "/quarantine", "/knowledge",
          "/desk", "/files/att_1", "/originals/dlv_1"]  # fmt: skip


@pytest.mark.parametrize("path", BEHIND)
async def test_without_signing_in_there_is_nothing_to_see(anybody: Browser, path: str) -> None:
    answer = await anybody.get(f"/console{path}")

    assert answer.url.path == "/console/sign-in"
    assert "helpdesk console-login" in answer.text


@pytest.mark.parametrize("path", ["/actions/act_1", "/quarantine/dlv_1", "/desk", "/sign-out"])
async def test_without_signing_in_nothing_can_be_pressed(anybody: Browser, path: str) -> None:
    answer = await anybody.http.post(f"/console{path}", data={"verb": "approve"})

    assert answer.status_code == 403
    assert "nothing happened" in answer.text


# ------------------------------------------------------------------ the one-time link


async def test_a_link_works_once(open_browser: Opening) -> None:
    thief, owner = open_browser(), open_browser()
    link = await owner.link_for(SAM)
    await owner.use(link)

    answer = await thief.use(link)

    assert answer.status_code == 403
    assert "used already" in answer.text
    assert (await thief.get("/console")).url.path == "/console/sign-in"
    assert (await owner.get("/console")).url.path == "/console"


async def test_opening_a_link_uses_nothing_up_because_programs_open_links_too(anybody: Browser) -> None:
    link = await anybody.link_for(SAM)
    for _ in range(3):
        await anybody.get(link)

    assert (await anybody.use(link)).status_code == 200


async def test_a_link_ends_after_ten_minutes_and_a_session_after_its_hours(desk: Desk, open_browser: Opening) -> None:
    browser = open_browser()
    link = await browser.link_for(SAM)
    eleven_minutes = open_browser(desk=replace(desk, now=lambda: desk.now() + timedelta(minutes=11)))
    assert (await eleven_minutes.use(link)).status_code == 403

    await browser.sign_in(SAM)
    tomorrow = open_browser(desk=replace(desk, now=lambda: desk.now() + timedelta(hours=13)))
    tomorrow.http.cookies = browser.http.cookies

    assert (await browser.get("/console")).url.path == "/console"
    assert (await tomorrow.get("/console")).url.path == "/console/sign-in"


async def test_secrets_are_nowhere_in_the_database(desk: Desk, sam: Browser) -> None:
    link = await sam.link_for(SAM)
    secrets = [link.partition("key=")[2], *sam.http.cookies.values()]

    kept = str([key.model_dump() for key in await rows(desk, ConsoleKey)])

    assert [secret for secret in secrets if secret in kept] == []


@pytest.mark.parametrize("key", ["", "x", "0" * 64, "../etc"])
async def test_a_made_up_key_opens_nothing(anybody: Browser, key: str) -> None:
    assert (await anybody.use(f"/console/sign-in/link?key={key}")).status_code == 403


async def test_the_hash_of_a_key_is_no_key(desk: Desk, anybody: Browser) -> None:
    await anybody.link_for(SAM)
    (kept,) = await rows(desk, ConsoleKey)

    assert (await anybody.use(f"/console/sign-in/link?key={kept.digest}")).status_code == 403


async def test_a_link_is_no_session_and_a_session_no_link(sam: Browser, open_browser: Opening) -> None:
    other = open_browser()
    session = next(value for name, value in sam.http.cookies.items() if "session" in name)
    assert (await other.use(f"/console/sign-in/link?key={session}")).status_code == 403

    key = (await other.link_for(SAM)).partition("key=")[2]
    other.http.cookies.set("helpdesk-session-8080", key)
    assert (await other.get("/console")).url.path == "/console/sign-in"


async def test_nobody_can_be_signed_in_as_somebody_else_by_another_site(open_browser: Opening) -> None:
    """Login CSRF: the attacker's page sends the attacker's own link in the visitor's browser."""
    attacker, victim = open_browser(), open_browser()
    form = (await attacker.page(await attacker.link_for(NIA))).forms[0]

    for headers in (OTHER, {"Origin": "null"}, {}):
        answer = await victim.http.post("/console/sign-in/link", data=form.fields, headers=headers)
        assert answer.status_code == 403
    assert (await victim.get("/console")).url.path == "/console/sign-in"


# ------------------------------------------------------------------ the session


async def test_signing_out_ends_the_session_everywhere(sam: Browser, open_browser: Opening) -> None:
    copy = open_browser()
    for name, value in sam.http.cookies.items():
        copy.http.cookies.set(name, value)
    assert (await copy.get("/console")).url.path == "/console"

    await sam.send((await sam.page("/console")).forms[0])

    assert (await copy.get("/console")).url.path == "/console/sign-in"


async def test_whoever_is_no_approver_any_more_is_out_and_decides_nothing(desk: Desk, sam: Browser) -> None:
    action = await asked(desk)
    approve = (await sam.page(f"/console/actions/{action.id}")).form(verb="approve")
    assert isinstance(desk.staff_room, MemoryRoom)

    desk.staff_room.allowed -= {SAM}
    answer = await sam.send(approve)

    assert "not in the list of approvers" in answer.text or answer.status_code == 403
    assert (await now(desk, action)).state is ActionState.PENDING


async def test_the_session_of_a_removed_approver_shows_nothing_any_more(desk: Desk, open_browser: Opening) -> None:
    later = 0.0
    browser = open_browser(desk=replace(desk, now=lambda: desk.now() + timedelta(seconds=later)))
    await browser.sign_in(SAM)
    assert (await browser.get("/console")).url.path == "/console"
    assert isinstance(desk.staff_room, MemoryRoom)

    desk.staff_room.allowed -= {SAM}
    later = 21.0

    assert (await browser.get("/console")).url.path == "/console/sign-in"


@having(console={"people": "U0NIA"})
async def test_people_in_the_settings_may_look_and_not_decide(desk: Desk, open_browser: Opening) -> None:
    nia, action = open_browser(), await asked(desk)
    await nia.sign_in(NIA, "Nia")

    page = await nia.page(f"/console/actions/{action.id}")
    form = page.forms[0]
    value = f"{action.id}:{action.version}:{action.terms_hash[:16]}"
    wish = {"verb": "approve", "value": value, "press": "0" * 32}
    answer = await nia.http.post(f"/console/actions/{action.id}", data={**wish, "token": form.fields["token"]})

    assert "Only approvers may decide" in page.text
    assert "not in the list of approvers" in answer.text
    assert (await now(desk, action)).state is ActionState.PENDING


@having(slack={"approvers": "U0SAM"})
async def test_approvers_see_what_is_wrong_also_while_nobody_may_decide(desk: Desk, sam: Browser) -> None:
    """Their channel is closed, say because it was made public."""
    assert isinstance(desk.staff_room, MemoryRoom)
    desk.staff_room.allowed = frozenset()
    action = await asked(desk)

    page = await sam.page(f"/console/actions/{action.id}")

    assert "99.00" in page.text


class SilentRoom(MemoryRoom):
    """Slack does not answer."""

    async def approvers(self) -> frozenset[str]:
        raise TemporaryChannelError("Slack is down")


async def test_while_slack_cannot_be_asked_nobody_new_gets_in_and_it_is_said_why(
    desk: Desk, open_browser: Opening
) -> None:
    silent = open_browser(desk=with_parts(desk, staff_room=SilentRoom()))
    answer = await silent.use(await silent.link_for(SAM))

    assert answer.status_code == 503
    assert "Slack is down" in answer.text


# ------------------------------------------------------------------ other sites


@pytest.mark.parametrize("headers", [OTHER, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}])
async def test_a_form_another_site_sends_does_nothing_even_with_the_right_token(
    desk: Desk, sam: Browser, headers: dict[str, str]
) -> None:
    action = await asked(desk)
    form = (await sam.page(f"/console/actions/{action.id}")).form(verb="approve")

    answer = await sam.http.post(form.action, data=form.fields, headers=headers)

    assert answer.status_code == 403
    assert (await now(desk, action)).state is ActionState.PENDING


@pytest.mark.parametrize("token", [None, "", "0" * 64])
async def test_a_form_without_its_token_does_nothing(desk: Desk, sam: Browser, token: str | None) -> None:
    action = await asked(desk)
    form = (await sam.page(f"/console/actions/{action.id}")).form(verb="approve")
    fields = {name: value for name, value in form.fields.items() if name != "token"}

    answer = await sam.http.post(form.action, data=fields | ({"token": token} if token is not None else {}))

    assert answer.status_code == 403
    assert (await now(desk, action)).state is ActionState.PENDING


async def test_the_token_of_another_session_does_nothing(desk: Desk, sam: Browser, open_browser: Opening) -> None:
    robin, action = open_browser(), await asked(desk)
    await robin.sign_in("T0NORTHWIND/U0ROBIN")
    form = (await sam.page(f"/console/actions/{action.id}")).form(verb="approve")

    answer = await robin.send(form)

    assert answer.status_code == 403
    assert [one.state for one in await rows(desk, Action)] == [ActionState.PENDING]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("application/json", 415), ("text/plain", 415), ("multipart/form-data; boundary=x", 415)],
)
async def test_only_ordinary_forms_are_taken(sam: Browser, content_type: str, status: int) -> None:
    answer = await sam.http.post("/console/desk", content=b"{}", headers={"Content-Type": content_type})
    assert answer.status_code == status


async def test_a_form_that_is_too_long_is_refused(sam: Browser) -> None:
    answer = await sam.http.post("/console/desk", data={"x": "x" * 70_000})
    assert answer.status_code == 413


# ------------------------------------------------------------------ where it is served


@pytest.mark.parametrize("at", ["http://evil.example:8080", "http://10.0.0.5:8080"])
async def test_under_another_name_there_is_nothing(open_browser: Opening, at: str) -> None:
    answer = await open_browser(at).get("/console/sign-in")

    assert answer.status_code == 403
    assert "console.public_url" in answer.text


async def test_other_machines_and_proxies_get_nothing_until_an_address_is_set(open_browser: Opening) -> None:
    from_elsewhere = open_browser(client="10.0.0.9")
    assert (await from_elsewhere.get("/console/sign-in")).status_code == 403

    behind_a_proxy = await open_browser().get("/console/sign-in", headers={"X-Forwarded-For": "10.0.0.9"})
    assert behind_a_proxy.status_code == 403


@having(http={"host": "0.0.0.0"})
async def test_on_an_open_port_the_console_is_closed_and_says_what_to_do(anybody: Browser) -> None:
    answer = await anybody.get("/console")

    assert answer.status_code == 403
    assert "http.host is 0.0.0.0" in answer.text
    assert (await anybody.get("/livez")).text == "ok\n"


@having(http={"host": "0.0.0.0"}, console={"public_url": "https://desk.example.com"})
async def test_under_its_https_address_cookies_are_secure(open_browser: Opening) -> None:
    browser = open_browser("https://desk.example.com", client="10.0.0.9")
    link = await browser.link_for(SAM)
    opened = await browser.get(link)
    entered = await browser.http.post(
        "/console/sign-in/link",
        data=Page(opened.text).forms[0].fields,
        headers={"Origin": "https://desk.example.com"},
        follow_redirects=False,
    )

    cookie = entered.headers["set-cookie"]
    assert entered.status_code == 303
    for flag in ("__Host-helpdesk-session=", "HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert flag in cookie
    assert "max-age" in entered.headers["strict-transport-security"]
    assert (await open_browser("https://other.example.com").get("/console")).status_code == 403


async def test_every_answer_carries_the_strict_headers(sam: Browser) -> None:
    for path in ("", "/sign-in", "/nowhere", "/numbers", "/console.css"):
        headers = (await sam.get(f"/console{path}")).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        assert path == "/console.css" or headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "/console//evil", "javascript:alert(1)"]
)
async def test_signing_in_leads_to_the_console_and_nowhere_else(anybody: Browser, wanted: str) -> None:
    page = await anybody.get("/console/sign-in", params={"next": wanted})
    assert "evil" not in page.text
    assert "javascript" not in page.text
