"""The first promise: what a door hands in is committed before the door says yes."""

from bot.deliveries import keep
from bot.desk import Desk
from channels.base import Accept, Raw


def accepting(desk: Desk) -> Accept:
    """The function a door is given. It returns after the commit and raises when there was none."""

    async def accept(raw: Raw) -> None:
        await desk.db.write(lambda tx: keep(tx, desk, raw))

    return accept
