"""Builds a desk from settings, runs it until told to stop, and stops it in reverse order."""

import asyncio
import contextlib
import importlib
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import structlog

from agents_team.late import LateTeam
from agents_team.tools.shop import Shop
from bot.clock import ticking
from bot.copies import copies_folder
from bot.cursors import DeskCursor, DeskWatermarks
from bot.desk import Desk
from bot.doors import keep_open
from bot.errors import SettingsError
from bot.knowledge.drafts import ApprovedArticles
from bot.knowledge.index import DeskPassages
from bot.settings import Settings
from bot.tickets.moves import MovedTickets
from bot.watch.pulse import keep_beating
from bot.watch.telemetry import export_runs
from bot.web import probed, serving
from bot.wiring import mail_config, make_mcp, make_payments, make_shop, make_team, slack_config, team_config
from bot.worker import run_job
from channels.base import Channel, StaffRoom
from channels.mail.send import MailChannel
from channels.mail.worker import ParserPool
from channels.slack import SlackChannel, SlackStaffRoom
from storage.db import Database, UnknownDatabase
from storage.open import Storage, open_storage

if TYPE_CHECKING:
    from agents_team.mcp.servers import McpServers

log = structlog.get_logger(__name__)


@asynccontextmanager
async def open_desk(settings: Settings) -> AsyncIterator[Desk]:
    """A desk with its database up to date and its parts connected, but no door open and nobody working.

    Its team is made when it is first asked.
    """
    async with AsyncExitStack() as stack:
        storage = await _open_storage(settings)
        stack.push_async_callback(storage.close)
        payments = make_payments(settings.payments)
        stack.push_async_callback(payments.close)
        mcp = make_mcp(settings)
        if mcp is not None:
            stack.push_async_callback(mcp.close)
        shop, team = _open_team(settings, storage.db, mcp)
        stack.push_async_callback(team.close)
        channels, staff_room = await _open_channels(settings, storage.db, stack)
        yield Desk(settings, storage.db, storage.jobs, channels, staff_room, team, shop, payments, mcp=mcp)


def _open_team(settings: Settings, db: Database, mcp: "McpServers | None") -> tuple[Shop, LateTeam]:
    team_config(settings)  # what is wrong with it is said at once all the same
    shop = make_shop(settings.shop)
    make = partial(
        make_team,
        settings,
        examples=MovedTickets(db),
        passages=DeskPassages(db),
        articles=ApprovedArticles(db),
        mcp=mcp,
        shop=shop,
    )
    return shop, LateTeam(lambda: make()[1])


async def _open_storage(settings: Settings) -> Storage:
    try:
        return await open_storage(settings.database.url, copies=copies_folder(settings))
    except UnknownDatabase as error:
        raise SettingsError(f"database.url: {error}") from error


async def _open_channels(
    settings: Settings, db: Database, stack: AsyncExitStack
) -> tuple[dict[str, Channel], StaffRoom | None]:
    channels: dict[str, Channel] = {}
    staff_room: StaffRoom | None = None
    slack = slack_config(settings.slack)
    if slack is not None:
        channel = SlackChannel(slack, watermarks=DeskWatermarks(db))
        stack.push_async_callback(channel.close)
        channels[channel.name] = channel
        if slack.staff_channel:
            staff_room = SlackStaffRoom(slack, api=channel.api)
    disk_path = str(db.file.absolute().parent) if db.dialect == "sqlite" else "."
    mail = mail_config(settings.mail, settings.desk.name, disk_path=disk_path)
    if mail is not None:
        parsers = ParserPool(seconds=settings.mail.parse_seconds)
        stack.push_async_callback(parsers.close)
        channels["mail"] = MailChannel(mail, cursor=DeskCursor(db), parsers=parsers)
    return channels, staff_room


Part = Literal["worker", "web", "slack", "mail"]

ROLES: Mapping[str, frozenset[Part]] = {
    "all": frozenset({"worker", "web", "slack", "mail"}),
    "web": frozenset({"web"}),
    "worker": frozenset({"worker"}),
    "slack": frozenset({"slack"}),
    "mail": frozenset({"mail"}),
}
"""What a process does; several processes on one PostgreSQL share the work."""


async def run(
    settings: Settings, *, role: str = "all", on_ready: Callable[[Desk, int | None], None] | None = None
) -> None:
    """Run until SIGTERM or SIGINT. `on_ready` hears the desk and the HTTP port when every part is up.

    Doors close first, then running steps finish, then the rest: what was accepted is never lost.
    """
    parts = ROLES[role]
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(open_desk(settings))
        # Below the doors in the stack, so that it ends after them, but started when they are open: what is accepted
        # is stored, and waits for the team as well as it would wait outside for us.
        work = await stack.enter_async_context(AsyncExitStack())
        port = await stack.enter_async_context(serving(desk)) if "web" in parts else None
        if "web" not in parts:
            await stack.enter_async_context(probed(desk))
        for channel in desk.channels.values():
            if channel.name in parts:
                door = keep_open(desk, channel)
                await stack.enter_async_context(_background(channel.name, door, stop))
        if "worker" in parts:
            await _team_is_there(desk)
            await _start_work(desk, work, stop)
        await stack.enter_async_context(_background("pulse", keep_beating(desk, parts), stop))
        if on_ready is not None:
            on_ready(desk, port)
        await stop.wait()


async def _team_is_there(desk: Desk) -> None:
    """Its libraries take seconds to import: on a thread, while the doors take in. Raises SettingsError."""
    await asyncio.to_thread(importlib.import_module, "agents_team.team")
    if not desk.team.lanes:
        raise SettingsError("team.folder: every specialist in it is off, so nobody takes conversations")


async def _start_work(desk: Desk, work: AsyncExitStack, stop: asyncio.Event) -> None:
    jobs = desk.jobs.work(partial(run_job, desk), concurrency=desk.settings.desk.concurrency)
    await work.enter_async_context(_background("worker", jobs, stop))
    await work.enter_async_context(ticking(desk))
    if desk.settings.telemetry.otlp_endpoint is not None:
        await work.enter_async_context(_background("traces", export_runs(desk), stop))


@asynccontextmanager
async def _background(name: str, work: Coroutine[Any, Any, None], stop: asyncio.Event) -> AsyncIterator[None]:
    """Run `work` while the block runs. If it ends by itself the whole desk stops, with its error."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(lambda _: stop.set())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
