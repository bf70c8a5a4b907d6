"""Follows the sandbox servers and keeps the board up to date."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import httpx

from bot.sandbox.mail.client import MailTown
from bot.sandbox.page.board import Board
from bot.sandbox.page.letters import mail_part
from bot.sandbox.page.scene import Rooms, money_part, slack_part
from bot.sandbox.page.towns import Towns
from bot.sandbox.payments.client import PaymentsTown
from bot.sandbox.slack.client import SlackTown

WAIT_SECONDS = 20.0
PAUSE_SECONDS = 0.5

Follow = Callable[[], Awaitable[None]]


@asynccontextmanager
async def watching(board: Board, towns: Towns) -> AsyncIterator[None]:
    """Follow all three servers while the block runs."""
    follows: tuple[Follow, ...] = (
        lambda: _slack(board, towns.slack, towns.rooms),
        lambda: _mail(board, towns.mail, towns.customer_address, towns.desk_address),
        lambda: _money(board, towns.payments),
    )
    tasks = [asyncio.create_task(_again_and_again(follow)) for follow in follows]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _again_and_again(follow: Follow) -> None:
    """A server that does not answer is asked again; when it is dead the demo notices by itself."""
    while True:
        with contextlib.suppress(aiohttp.ClientError, httpx.HTTPError):
            await follow()
        await asyncio.sleep(PAUSE_SECONDS)


async def _slack(board: Board, town: SlackTown, rooms: Rooms) -> None:
    while True:
        world = await town.world()
        board.put("slack", slack_part(world, rooms))
        await town.changes(world["n"], WAIT_SECONDS)


async def _mail(board: Board, town: MailTown, address: str, desk: str) -> None:
    seen = 0
    while True:
        mails = await town.mailbox(address, "*")
        board.put("mail", mail_part(mails, address=address, desk=desk))
        seen = (await town.changes(seen, seconds=WAIT_SECONDS))["n"]


async def _money(board: Board, town: PaymentsTown) -> None:
    ledger = await town.ledger()
    # The sample shop has a past; the page shows what moved since it was opened.
    before = {refund["id"] for refund in ledger["refunds"]}
    while True:
        board.put("money", money_part(ledger, before))
        ledger = await town.changes(ledger["version"], seconds=WAIT_SECONDS)
