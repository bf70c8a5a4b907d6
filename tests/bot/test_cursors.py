"""Where reading begins again."""

from bot.cursors import DeskWatermarks
from bot.desk import Desk


async def test_a_desk_remembers_when_it_first_listened(desk: Desk) -> None:
    first = await DeskWatermarks(desk.db).began()

    assert abs(float(first) - desk.now().timestamp()) < 60
    assert await DeskWatermarks(desk.db).began() == first
