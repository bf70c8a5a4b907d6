"""One web client for the whole door: no retries of its own, our two kinds of failure, a short memory of people."""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from channels.base import PermanentChannelError, TemporaryChannelError
from channels.slack.budget import Budget, SlowDown
from channels.slack.config import SlackConfig
from channels.slack.failures import of_broken_line, of_refusal
from channels.slack.people import Me, Person

LOG = logging.getLogger("channels.slack")

Answer = dict[str, Any]
CONNECT_SECONDS = 5.0
MOST_PAGES = 100
PAGE = 200
MOST_PEOPLE = 5_000
MINUTE = 60.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def never_by_proxy() -> None:
    """Tell libraries that read the environment that loopback has no proxy: none could reach our own machine.

    The websocket library takes its proxy from HTTP_PROXY and asks only NO_PROXY for exceptions.
    """
    for name in ("no_proxy", "NO_PROXY"):
        known = [host for host in os.environ.get(name, "").split(",") if host]
        os.environ[name] = ",".join([*known, *(host for host in LOOPBACK if host not in known)])


class SlackApi:
    """Slack's Web API for one bot. Made anywhere, used in one event loop, closed with `close`."""

    def __init__(self, config: SlackConfig):
        self._config = config
        self._client: AsyncWebClient | None = None
        self._session: aiohttp.ClientSession | None = None
        self._me: Me | None = None
        self._people: dict[str, tuple[float, Person | None]] = {}
        self._names: dict[str, tuple[float, str]] = {}
        self._budget = Budget()

    @property
    def client(self) -> AsyncWebClient:
        """The SDK's client. Its default retries are off: they send a message twice after a reset connection."""
        if self._client is None:
            # Given a session the SDK ignores its own timeout, so the session carries it.
            self._client = AsyncWebClient(
                token=self._config.bot_token,
                base_url=self._config.api_url,
                session=self.session,
                retry_handlers=[],
                logger=LOG,
            )
            if urlsplit(self._config.api_url).hostname in LOOPBACK:
                self._client.proxy = None
                never_by_proxy()
        return self._client

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=self._config.timeout, sock_connect=CONNECT_SECONDS)
            self._session = aiohttp.ClientSession(timeout=timeout)
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
        self._client = self._session = None

    async def answer(self, pending: Awaitable[AsyncSlackResponse]) -> Answer:
        """The JSON of one call of `client`. Raises TemporaryChannelError (`in_doubt` when Slack may have done
        it all the same) or PermanentChannelError with what helps."""
        try:
            response = await pending
        except SlackApiError as error:
            raise of_refusal(error) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise of_broken_line(error) from error
        except (AttributeError, ValueError, TypeError) as error:
            # The SDK stumbles over answers that are not JSON: something in between answered for Slack.
            raise of_broken_line(error) from error
        if not isinstance(response.data, dict):
            raise TemporaryChannelError("Slack answered with bytes instead of JSON", in_doubt=True)
        return response.data

    async def paced(self, method: str, where: str, call: Callable[[], Awaitable[AsyncSlackResponse]]) -> Answer:
        """One call that counts against the budget of `method` in the channel `where` ("": in the workspace).

        Raises as `answer` does; SlowDown without having called when Slack asked us to wait.
        """
        self._budget.take(method, where)
        try:
            return await self.answer(call())
        except SlowDown as error:
            self._budget.refused(method, where, error.retry_after or 0.0)
            raise

    async def pages(
        self, fetch: Callable[[str | None], Awaitable[AsyncSlackResponse]], name: str
    ) -> AsyncIterator[Answer]:
        """Every entry of the list `name` over all pages; `fetch` makes the call for a cursor."""
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            answer = await self.answer(fetch(cursor))
            for entry in answer.get(name) or []:
                yield entry
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return
        # Stopping short would look like "not there", and the caller would post again.
        raise TemporaryChannelError(f"Slack returned more than {MOST_PAGES} pages of {name}", retry_after=MINUTE)

    async def me(self) -> Me:
        """Who the bot is; asked once."""
        if self._me is None:
            answer = await self.answer(self.client.auth_test())
            self._me = Me(
                team_id=str(answer.get("team_id") or ""),
                user_id=str(answer.get("user_id") or ""),
                bot_id=str(answer.get("bot_id") or ""),
                enterprise_id=answer.get("enterprise_id") or None,
                url=str(answer.get("url") or ""),
            )
        return self._me

    async def person(self, user_id: str, *, max_age: float = 5 * MINUTE) -> Person | None:
        """What Slack says about a user, at most `max_age` seconds old; None when Slack knows no such user.

        Raises TemporaryChannelError, or PermanentChannelError when the bot may not look at all.
        """
        known = self._people.get(user_id)
        if known and time.monotonic() - known[0] < max_age:
            return known[1]
        person = await self._ask_person(user_id)
        if len(self._people) >= MOST_PEOPLE:
            self._people.clear()
        self._people[user_id] = (time.monotonic(), person)
        return person

    async def _ask_person(self, user_id: str) -> Person | None:
        try:
            answer = await self.answer(self.client.users_info(user=user_id))
        except PermanentChannelError as error:
            if any(code in str(error) for code in ("user_not_found", "user_not_visible", "users_not_found")):
                return None
            raise
        return Person.from_users_info(answer.get("user") or {})

    async def name_of(self, name: str) -> str:
        """What a channel ("#name"), user group or team is called, at most an hour old; "" when Slack does not say.

        Raises TemporaryChannelError.
        """
        known = self._names.get(name)
        if known is None or time.monotonic() - known[0] >= 60 * MINUTE:
            if len(self._names) >= MOST_PEOPLE:
                self._names.clear()
            known = self._names[name] = (time.monotonic(), await self._ask_name(name))
        return known[1]

    async def _ask_name(self, name: str) -> str:
        try:
            if name.startswith("T"):
                told = await self.answer(self.client.team_info(team=name))
                return str((told.get("team") or {}).get("name") or "")
            if name.startswith("S"):
                told = await self.answer(self.client.usergroups_list())
                names = {group.get("id"): group.get("name") for group in told.get("usergroups") or []}
                return str(names.get(name) or "")
            told = await self.answer(self.client.conversations_info(channel=name))
        except PermanentChannelError:
            return ""
        called = str((told.get("channel") or {}).get("name") or "")
        return f"#{called}" if called else ""

    async def people(self, user_ids: frozenset[str], *, max_age: float = 5 * MINUTE) -> dict[str, Person]:
        """Those of `user_ids` that Slack knows."""
        found = await asyncio.gather(*(self.person(user_id, max_age=max_age) for user_id in sorted(user_ids)))
        return {person.user_id: person for person in found if person is not None}
