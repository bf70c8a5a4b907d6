"""Sign in with Slack against the sandbox Slack: our own people get in, everybody else is told why not."""

import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import httpx
import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.desk import Desk
from bot.sandbox.process import Running, started
from bot.sandbox.slack.client import SlackTown
from bot.wiring import slack_config
from channels.base import PermanentChannelError
from channels.slack import SlackChannel, SlackSignIn, SlackStaffRoom
from storage.models import ConsoleKey, Event
from tests.console.browsing import AT, Browser, browser_of
from tests.desks import open_test_desk, rows, with_parts

SAM, NIA, GUEST, ALICE = "U0SAM", "U0NIA", "U0GUEST", "U0ALICE"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Running]:
    async with started("bot.sandbox.slack") as running:
        yield running


@pytest.fixture
async def slack(sandbox: Running) -> AsyncIterator[SlackTown]:
    async with SlackTown(sandbox.url) as people:
        await people.reset()
        await people.options(redirect_urls=[f"{AT}/console"])
        yield people


@pytest.fixture
async def desk(sandbox: Running, slack: SlackTown, sqlite_url: str) -> AsyncIterator[Desk]:
    ready = sandbox.ready
    names = ("bot_token", "app_token", "api_url", "client_id", "client_secret")
    chosen = {"staff_channel": "C0STAFF", "approvers": "S0APPROVERS", **{name: ready[name] for name in names}}
    sections: dict[str, Any] = {"slack": chosen, "console": {"people": "U0NIA,U0GUEST"}}
    async with open_test_desk(sqlite_url, "http://127.0.0.1:1", **sections) as plain:
        config = slack_config(plain.settings.slack)
        assert config is not None
        channel = SlackChannel(config)
        yield with_parts(plain, channels={"slack": channel}, staff_room=SlackStaffRoom(config, api=channel.api))
        await channel.close()


@pytest.fixture
async def browser(desk: Desk) -> AsyncIterator[Browser]:
    found = browser_of(desk)
    yield found
    await found.http.aclose()


async def asked_by_slack(browser: Browser, **changed: str) -> str:
    """Press "Sign in with Slack"; the address the browser is sent to, maybe changed on the way."""
    page = await browser.page("/console/sign-in?next=/console/numbers")
    leave = await browser.get(page.links["Sign in with Slack"], follow_redirects=False)
    assert leave.status_code == 303, leave.text
    parts = urlsplit(leave.headers["location"])
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changed
    return urlunsplit(parts._replace(query=urlencode(query)))


async def allowed_as(address: str, user: str) -> str:
    """Say yes at Slack as this person; where Slack sends the browser back to."""
    async with httpx.AsyncClient(trust_env=False) as outside:
        shown = await outside.get(address)
        assert shown.status_code == 200, shown.text
        link = re.search(rf'href="([^"]+user={user})"', shown.text)
        assert link is not None, f"{user} is not offered"
        back = await outside.get(f"{address.split('/openid')[0]}{link[1].replace('&amp;', '&')}")
        assert back.status_code == 302
        return str(back.headers["location"])


@pytest.mark.parametrize(("user", "name"), [(SAM, "Sam"), (NIA, "Nia")])
async def test_approvers_and_listed_people_get_in_and_land_where_they_wanted(
    desk: Desk, browser: Browser, user: str, name: str
) -> None:
    answer = await browser.get(await allowed_as(await asked_by_slack(browser), user))

    (session,) = await rows(desk, ConsoleKey)
    assert answer.url.path == "/console/numbers"
    assert name in answer.text
    assert (session.who, session.name) == (f"T0NORTHWIND/{user}", name)


async def test_a_colleague_who_is_on_no_list_is_told_so(desk: Desk, slack: SlackTown, browser: Browser) -> None:
    await slack.add_user(id="U0LEE", team_id="T0NORTHWIND", name="lee", real_name="Lee")

    answer = await browser.get(await allowed_as(await asked_by_slack(browser), "U0LEE"))

    assert answer.status_code == 403
    assert "Only approvers" in answer.text
    assert await rows(desk, ConsoleKey) == []
    assert [event.kind for event in await rows(desk, Event)] == ["console_refused"]


async def test_a_guest_does_not_get_in_even_when_listed(browser: Browser) -> None:
    answer = await browser.get(await allowed_as(await asked_by_slack(browser), GUEST))
    assert answer.status_code == 403


async def test_people_of_another_workspace_do_not_get_in_whatever_they_do_to_the_address(browser: Browser) -> None:
    # Our own page asks for our own team; an attacker leaves that out.
    address = await asked_by_slack(browser, team="")

    answer = await browser.get(await allowed_as(address, ALICE))

    assert answer.status_code == 403
    assert (await browser.get("/console")).url.path == "/console/sign-in"


async def test_an_answer_meant_for_another_browser_signs_nobody_in(desk: Desk, browser: Browser) -> None:
    """Login CSRF: the attacker sends the address Slack gave them to somebody else."""
    attacker, stranger = browser, browser_of(desk)
    back = await allowed_as(await asked_by_slack(attacker), NIA)
    await asked_by_slack(stranger)

    for victim in (stranger, browser_of(desk)):
        answer = await victim.get(back)
        assert answer.status_code == 403
        assert "another browser" in answer.text
        await victim.http.aclose()


async def test_a_code_works_once(browser: Browser) -> None:
    back = await allowed_as(await asked_by_slack(browser), SAM)
    cookies = dict(browser.http.cookies.items())
    await browser.get(back)
    for name, value in cookies.items():
        browser.http.cookies.set(name, value)

    again = await browser.get(back)

    assert again.status_code == 403
    assert "code_already_used" in again.text


async def test_no_at_slack_is_no_here(browser: Browser) -> None:
    address = await asked_by_slack(browser)
    state = parse_qs(urlsplit(address).query)["state"][0]

    answer = await browser.get("/console/sign-in/slack/done", params={"error": "access_denied", "state": state})

    assert answer.status_code == 403
    assert "nobody is signed in" in answer.text


@pytest.mark.parametrize("changed", [{"state": "x"}, {"state": ""}, {"code": "0" * 64}])
async def test_a_made_up_answer_signs_nobody_in(browser: Browser, changed: dict[str, str]) -> None:
    back = urlsplit(await allowed_as(await asked_by_slack(browser), SAM))
    query = {name: values[0] for name, values in parse_qs(back.query).items()} | changed

    answer = await browser.get(f"{back.path}?{urlencode(query)}")

    assert answer.status_code == 403


async def test_slack_that_does_not_answer_is_said(slack: SlackTown, browser: Browser) -> None:
    back = await allowed_as(await asked_by_slack(browser), SAM)
    await slack.fault("openid.connect.token", "500")

    answer = await browser.get(back)

    assert answer.status_code == 503
    assert "Slack does not answer" in answer.text


# ------------------------------------------------------------------ the token itself

KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
CLAIMS = {"iss": "https://slack.com", "aud": "1.2", "sub": "U1", "exp": 2_000_000_000, "iat": 1_700_000_000}


def keys_of(key: rsa.RSAPrivateKey, kid: str = "k") -> jwt.PyJWKSet:
    public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return jwt.PyJWKSet.from_dict({"keys": [{**public, "kid": kid, "alg": "RS256", "use": "sig"}]})


def signed(key: Any = KEY, algorithm: str = "RS256", kid: str = "k", **claims: Any) -> str:
    kept = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return jwt.encode(kept, key, algorithm=algorithm, headers={"kid": kid})


WRONG = {
    "signed by somebody else": lambda: signed(OTHER_KEY),
    "signed with an unknown key": lambda: signed(kid="other"),
    "not signed": lambda: signed(None, "none"),
    "signed with our client secret": lambda: signed("s" * 32, "HS256"),
    "for another app": lambda: signed(aud="9.9"),
    "of another issuer": lambda: signed(iss="https://evil.example"),
    "expired": lambda: signed(exp=1_700_000_100),
    "without an end": lambda: signed(exp=None),
    "without anybody": lambda: signed(sub=None),
    "no token": lambda: "abc",
    "empty": lambda: "",
}


def test_a_token_is_believed_only_when_slack_signed_it_for_us_and_lately() -> None:
    sign_in = SlackSignIn(None, "https://slack.com/api/", client_id="1.2", client_secret="s")  # type: ignore[arg-type]

    assert sign_in._checked(signed(), keys_of(KEY))["sub"] == "U1"
    for name, make in WRONG.items():
        try:
            claims = sign_in._checked(make(), keys_of(KEY))
        except PermanentChannelError:
            continue
        pytest.fail(f"believed although {name}: {claims}")


def test_the_addresses_are_slacks_own() -> None:
    sign_in = SlackSignIn(None, "https://slack.com/api/", client_id="1.2", client_secret="s")  # type: ignore[arg-type]
    assert sign_in._connect == "https://slack.com/openid/connect/"
    assert sign_in._method == "https://slack.com/api/openid.connect.token"
