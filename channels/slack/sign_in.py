"""Sign in with Slack (OpenID Connect): where the browser is sent, and who came back, by a token Slack has signed.

https://docs.slack.dev/authentication/sign-in-with-slack; the checks are those of OpenID Connect Core 3.1.3.7.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin

import aiohttp
import jwt

from channels.base import PermanentChannelError, TemporaryChannelError
from channels.slack.api import SlackApi
from channels.slack.failures import of_broken_line
from channels.slack.manifest import SIGN_IN

ISSUER = "https://slack.com"
TEAM, USER = "https://slack.com/team_id", "https://slack.com/user_id"
CLOCK_SKEW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in. Anybody of any workspace can: whether they may do anything is another question."""

    team_id: str
    user_id: str
    name: str


class SlackSignIn:
    """One app's sign-in; addresses follow from `api_url`, so that a stand-in for Slack is asked like Slack."""

    def __init__(self, api: SlackApi, api_url: str, *, client_id: str, client_secret: str):
        self._api = api
        self._connect = urljoin(api_url, "../openid/connect/")
        self._method = urljoin(api_url, "openid.connect.token")
        self._client_id = client_id
        self._client_secret = client_secret

    async def address(self, *, redirect_uri: str, state: str, nonce: str) -> str:
        """Where to send the browser. Raises ChannelError when Slack does not say which team is ours."""
        me = await self._api.me()
        asked = {
            "response_type": "code",
            "scope": " ".join(SIGN_IN),
            "client_id": self._client_id,
            "state": state,
            "nonce": nonce,
            "redirect_uri": redirect_uri,
            "team": me.team_id,
        }
        return f"{self._connect}authorize?{urlencode(asked)}"

    async def who(self, *, code: str, redirect_uri: str, nonce: str) -> SignedIn:
        """Exchange the code, once. Raises PermanentChannelError when it proves nobody, TemporaryChannelError."""
        token = await self._token(code, redirect_uri)
        claims = self._checked(token, await self._keys())
        if not nonce or claims.get("nonce") != nonce:
            raise PermanentChannelError("Slack's token is for another sign-in (nonce)")
        return SignedIn(str(claims.get(TEAM) or ""), str(claims.get(USER) or ""), str(claims.get("name") or ""))

    async def _token(self, code: str, redirect_uri: str) -> str:
        """openid.connect.token, asked without the SDK: that one would show our bot token as well."""
        asked = {
            "client_id": self._client_id,
            "client_secret": self._client_secret,
            "code": code,
            "redirect_uri": redirect_uri,
            "grant_type": "authorization_code",
        }
        told = await self._json("POST", self._method, data=asked)
        if told.get("ok") is not True:
            raise PermanentChannelError(f"Slack refused the sign-in: {told.get('error')}")
        return str(told.get("id_token") or "")

    def _checked(self, token: str, keys: jwt.PyJWKSet) -> dict[str, Any]:
        """The claims of a token that Slack signed, for us, and that has not expired."""
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
            key = next(key for key in keys.keys if key.key_id == key_id)
            return jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=self._client_id,
                issuer=ISSUER,
                leeway=CLOCK_SKEW_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except StopIteration:
            raise PermanentChannelError("Slack's token is signed with a key that is not Slack's") from None
        except jwt.PyJWTError as error:
            raise PermanentChannelError(f"Slack's token is not good: {error}") from error

    async def _keys(self) -> jwt.PyJWKSet:
        """Slack's public keys, asked for each time: people sign in a few times a day, and keys change."""
        try:
            return jwt.PyJWKSet.from_dict(await self._json("GET", f"{self._connect}keys"))
        except jwt.PyJWTError as error:
            raise TemporaryChannelError(f"Slack's keys cannot be read: {error}") from error

    async def _json(self, verb: str, address: str, **how: Any) -> dict[str, Any]:
        """The object that is answered. Raises TemporaryChannelError when none is."""
        try:
            async with self._api.session.request(verb, address, allow_redirects=False, **how) as response:
                if response.status != 200:
                    raise TemporaryChannelError(f"Slack answered {response.status}")
                told = await response.json()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise of_broken_line(error) from error
        except ValueError as error:
            raise TemporaryChannelError("Slack answered with something else than JSON") from error
        return told if isinstance(told, dict) else {}
