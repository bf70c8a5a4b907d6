"""Playing the people of a sandbox Slack from Python: for tests and the demo page."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any

import aiohttp

from bot.sandbox.slack.world import Json


class SandboxRefused(Exception):
    """The sandbox did not do it: a person in Slack could not have done it either, or an argument is wrong."""

    def __init__(self, answer: Json) -> None:
        super().__init__(f"{answer.get('error')}: {answer.get('detail', answer)}")
        self.answer = answer


class SlackTown:
    """The people and the switches of one sandbox Slack at `url`. Use it as an async context manager."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "SlackTown":
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def act(self, name: str, /, **wish: Any) -> Json:
        """POST /_control/{name}: any act of people.ACTS or places.ACTS; raises SandboxRefused."""
        answer = await self._ask("POST", name, json={key: value for key, value in wish.items() if value is not None})
        if not answer["ok"]:
            raise SandboxRefused(answer)
        return answer

    async def look(self, name: str, **query: str | int | float) -> Json:
        """GET /_control/{name}."""
        return await self._ask("GET", name, params=query)

    async def _ask(self, verb: str, name: str, **how: Any) -> Json:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        async with self._session.request(verb, f"{self.url}/_control/{name}", **how) as response:
            answer: Json = await response.json()
            return answer

    # ---------------------------------------------------------------- people

    async def say(self, channel: str, user: str, text: str = "", thread_ts: str | None = None, **more: Any) -> str:
        """Write a message as `user`; its ts. `more`: files, client_msg_id, reply_broadcast."""
        answer = await self.act("say", channel=channel, user=user, text=text, thread_ts=thread_ts, **more)
        return str(answer["ts"])

    async def edit(self, channel: str, user: str, ts: str, text: str) -> None:
        await self.act("edit", channel=channel, user=user, ts=ts, text=text)

    async def delete(self, channel: str, user: str, ts: str) -> None:
        await self.act("delete", channel=channel, user=user, ts=ts)

    async def react(self, channel: str, user: str, ts: str, name: str, *, remove: bool = False) -> None:
        await self.act("react", channel=channel, user=user, ts=ts, name=name, remove=remove)

    async def click(self, channel: str, user: str, ts: str, action_id: str | None = None, **more: Any) -> Json:
        """Wish what is shown now; {acked, reason, …}. `more`: index, label, block_id, value, state."""
        return await self.act("click", channel=channel, user=user, ts=ts, action_id=action_id, **more)

    async def click_raw(
        self, channel: str, user: str, ts: str, action_id: str, value: str, block_id: str = "stale"
    ) -> Json:
        """Wish a button as it once was, whatever is shown now."""
        return await self.act(
            "click_raw", channel=channel, user=user, ts=ts, action_id=action_id, value=value, block_id=block_id
        )

    async def click_in_view(self, user: str, view_id: str, action_id: str, **more: Any) -> Json:
        return await self.act("click", user=user, view_id=view_id, action_id=action_id, **more)

    async def submit(self, user: str, view_id: str, **values: Any) -> Json:
        """Fill the topmost modal by action_id or block_id and submit it; {acked, closed, errors}."""
        return await self.act("submit", user=user, view_id=view_id, values=values)

    async def slash(self, channel: str, user: str, command: str, text: str = "") -> Json:
        return await self.act("slash", channel=channel, user=user, command=command, text=text)

    async def shortcut(self, user: str, callback_id: str, channel: str | None = None, ts: str | None = None) -> Json:
        return await self.act("shortcut", user=user, callback_id=callback_id, channel=channel, ts=ts)

    async def home(self, user: str) -> Json:
        return await self.act("home", user=user)

    async def direct_channel(self, user: str) -> str:
        return str((await self.act("dm", user=user))["channel"])

    # ---------------------------------------------------------------- looking

    async def world(self) -> Json:
        return await self.look("world")

    async def messages(self, channel: str, thread_ts: str | None = None) -> list[Json]:
        """All messages of a channel as stored, or of one thread with its root."""
        world = await self.world()
        found: list[Json] = next(each["messages"] for each in world["channels"] if each["id"] == channel)
        if thread_ts is None:
            return found
        return [each for each in found if thread_ts in (each["ts"], each.get("thread_ts"))]

    async def ephemerals(self, user: str) -> list[Json]:
        return [seen for seen in (await self.world())["ephemerals"] if seen["user"] == user]

    async def modals(self, user: str) -> list[Json]:
        """The views `user` has open, the topmost last."""
        stack: list[Json] = (await self.world())["modals"].get(user, [])
        return stack

    async def calls(self, method: str | None = None) -> list[Json]:
        """The Web API calls counted since the last reset."""
        calls: list[Json] = (await self.look("log"))["calls"]
        return [call for call in calls if method in (None, call["method"])]

    async def deliveries(self, event_type: str | None = None) -> list[Json]:
        """What was sent to the app since the last reset; of one event or payload type when given."""
        told: list[Json] = (await self.look("deliveries"))["deliveries"]
        return [each for each in told if event_type in (None, _type_of(each["payload"]))]

    async def changes(self, since: int = 0, seconds: float = 20.0) -> Json:
        return await self.look("changes", since=since, seconds=seconds)

    async def until(self, true: Callable[[Json], Any], seconds: float = 10.0) -> Any:
        """Wait until `true(world)` is; its value. TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds):
            while True:
                world = await self.world()
                value = true(world)
                if value:
                    return value
                await self.changes(world["n"], seconds)

    async def quiet(self, seconds: float = 10.0) -> None:
        """Wait until everything sent to the app is acknowledged or dropped."""
        await self.until(lambda world: world["waiting_deliveries"] == 0, seconds)

    # ---------------------------------------------------------------- switches

    async def fault(self, operation: str, fault: str, *, times: int = 1, skip: int = 0, seconds: float = 1.0) -> None:
        """Plan one fault (bot.sandbox.faults) for a method such as "chat.postMessage", or "*"."""
        await self.act("faults", operation=operation, fault=fault, times=times, skip=skip, seconds=seconds)

    async def clear_faults(self) -> None:
        await self._ask("DELETE", "faults")

    async def options(self, **wish: Any) -> None:
        """Any field of delivery.Options, and scopes, signing_secret, redirect_urls."""
        await self.act("options", **wish)

    async def sockets(self) -> Json:
        return await self.look("sockets")

    async def drop_sockets(self) -> None:
        await self.act("sockets", do="drop")

    async def disconnect_sockets(self, reason: str = "refresh_requested", close_after: float = 10.0) -> None:
        await self.act("sockets", do="disconnect", reason=reason, close_after=close_after)

    async def refuse_sockets(self, times: int) -> None:
        await self.act("sockets", do="refuse", times=times)

    async def add_channel(self, **fields: Any) -> str:
        """A new channel (fields of world.Channel); its id."""
        return str((await self.act("channels", **fields))["channel"])

    async def add_user(self, **fields: Any) -> str:
        return str((await self.act("users", **fields))["user"])

    async def reset(self) -> None:
        await self.act("reset")


def _type_of(payload: Json) -> str:
    event = payload.get("event")
    return str(event["type"] if isinstance(event, dict) else payload.get("type") or payload.get("command"))
