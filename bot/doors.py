"""Keeps a door open: by one process at a time where several share a database, and again after a fall."""

import asyncio
import os
import random
import uuid
from datetime import timedelta

import structlog

from bot.desk import Desk
from bot.steps.accept import accepting
from channels.base import Channel
from storage.db import StorageError
from storage.leases import release, try_lease

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=8)
RENEW_SECONDS = 2.0
REOPEN_SECONDS = 5.0


async def keep_open(desk: Desk, channel: Channel) -> None:
    """Hold the door until cancelled. On SQLite there is one process, so nobody needs to be asked."""
    if desk.db.dialect == "sqlite":
        await _hold(desk, channel)
        return
    name, holder = f"door:{channel.name}", f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
    try:
        while True:
            try:
                if await _renew(desk, name, holder):
                    await _hold_while_leased(desk, channel, name, holder)
            except StorageError:
                log.exception("the lease cannot be renewed; the door is closed meanwhile", channel=channel.name)
            await asyncio.sleep(RENEW_SECONDS)
    finally:
        await desk.db.write(lambda tx: release(tx, name, holder))


async def _renew(desk: Desk, name: str, holder: str) -> bool:
    return await desk.db.write(lambda tx: try_lease(tx, name, holder, LEASE.total_seconds(), desk.now()))


async def _hold_while_leased(desk: Desk, channel: Channel, name: str, holder: str) -> None:
    """Close the door as soon as the lease is lost, so that two never read one mailbox for long."""
    door = asyncio.create_task(_hold(desk, channel))
    try:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            if not await _renew(desk, name, holder):
                log.warning("another process has taken the door over", channel=channel.name)
                return
    finally:
        door.cancel()
        await asyncio.gather(door, return_exceptions=True)


async def _hold(desk: Desk, channel: Channel) -> None:
    """A door that falls shut is opened again: closed doors lose customers."""
    while True:
        try:
            await channel.run(accepting(desk))
        except Exception:  # the rim: it ends in "again"
            log.exception("a door fell shut", channel=channel.name)
        await asyncio.sleep(REOPEN_SECONDS * random.uniform(0.5, 1.5))
