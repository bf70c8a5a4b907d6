"""The sandbox Slack signs people in as strictly as Slack: codes, addresses, secrets and tokens are all checked."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_support import ALICE, SAM, Stage, refused

BACK = "https://desk.example.com/console/done"
ASK = {"response_type": "code", "scope": "openid profile", "state": "st", "nonce": "no", "redirect_uri": BACK}

# Slack's own client still sends the app's secret in a way that aiohttp will drop one day.
pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning"),
]


async def authorize(stage: Stage, page: str = "authorize", **changed: str) -> Any:
    await stage.town.options(redirect_urls=["https://desk.example.com/console"])
    query = {**ASK, "client_id": stage.ready["client_id"], **changed}
    return await stage.http.get(f"{stage.town.url}/openid/connect/{page}", params=query, allow_redirects=False)


async def code(stage: Stage, user: str = SAM) -> str:
    answer = await authorize(stage, "allow", user=user)
    assert answer.status == 302
    told = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert told["state"] == ["st"]
    return told["code"][0]


async def exchange(stage: Stage, **changed: str) -> Any:
    wish = {"redirect_uri": BACK, "client_id": stage.ready["client_id"]}
    wish["client_secret"] = stage.ready["client_secret"]
    return await stage.slack.openid_connect_token(**{**wish, **changed})  # type: ignore[arg-type]


async def test_slacks_own_client_exchanges_a_code_and_reads_who_it_is(stage: Stage) -> None:
    answer = await exchange(stage, code=await code(stage))

    async with stage.http.get(f"{stage.town.url}/openid/connect/keys") as response:
        keys = jwt.PyJWKSet.from_dict(await response.json())
    claims = jwt.decode(
        answer["id_token"], keys.keys[0], algorithms=["RS256"], audience=stage.ready["client_id"],
        issuer="https://slack.com",
    )  # fmt: skip
    assert claims["nonce"] == "no"
    assert claims["https://slack.com/user_id"] == SAM
    assert claims["https://slack.com/team_id"] == stage.ready["team_id"]
    assert answer["access_token"].startswith("xoxp-")
    person = AsyncWebClient(answer["access_token"], stage.ready["api_url"], session=stage.http, retry_handlers=[])
    assert (await person.openid_connect_userInfo())["sub"] == SAM


async def test_a_code_works_once(stage: Stage) -> None:
    given = await code(stage)
    await exchange(stage, code=given)

    with refused("code_already_used"):
        await exchange(stage, code=given)


@pytest.mark.parametrize(
    ("error", "changed"),
    [
        ("invalid_client_id", {"client_id": "9.9"}),
        ("bad_client_secret", {"client_secret": "x"}),
        ("invalid_code", {"code": "x"}),
        ("bad_redirect_uri", {"redirect_uri": "https://desk.example.com/console/other"}),
        ("invalid_grant_type", {"grant_type": "password"}),
    ],
)
async def test_what_slack_refuses_is_refused(stage: Stage, error: str, changed: dict[str, str]) -> None:
    with refused(error):
        await exchange(stage, **{"code": await code(stage), **changed})


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "9.9"},
        {"response_type": "token"},
        {"scope": "profile"},
        {"scope": "openid chat:write"},
        {"redirect_uri": "https://evil.example/console"},
        {"redirect_uri": "http://desk.example.com/console"},
        {"redirect_uri": "https://desk.example.com.evil.example/console"},
    ],
)
async def test_slacks_page_refuses_what_the_app_was_not_set_up_for(stage: Stage, changed: dict[str, str]) -> None:
    for page in ("authorize", "allow"):
        answer = await authorize(stage, page, **{"user": SAM, **changed})
        assert answer.status == 400
        assert "Location" not in answer.headers


async def test_a_page_for_one_team_offers_only_its_people(stage: Stage) -> None:
    ours = await (await authorize(stage, team=stage.ready["team_id"])).text()
    anybody = await (await authorize(stage)).text()

    assert f"user={SAM}" in ours
    assert f"user={ALICE}" not in ours
    assert f"user={ALICE}" in anybody


async def test_a_bot_token_is_nobody_who_signed_in(stage: Stage) -> None:
    with pytest.raises(SlackApiError):
        await stage.slack.openid_connect_userInfo()
