"""Puts the charts of a digest into the thread of its card."""

from datetime import UTC, timedelta

import structlog
from sqlmodel import Session, select

from bot.audit import record
from bot.desk import Desk
from bot.errors import NeedsAPerson, RetryLater
from bot.numbers.charts import Chart, look_back
from bot.numbers.draw import NotDrawn, draw_all
from bot.numbers.nightly import digest_of
from channels.base import PermanentChannelError, TemporaryChannelError
from channels.cards import Picture
from storage.models import Card, Escalation

log = structlog.get_logger(__name__)


async def show_pictures(desk: Desk, escalation_id: str) -> None:
    """Draw them and show them once, after the card: the room looks for them before it shows them again."""
    if desk.staff_room is None:
        return
    told, external_id = await desk.db.read(lambda tx: _of_card(tx, escalation_id))
    kind = digest_of(told.cause)
    if external_id is None:
        raise RetryLater("the digest's card is not shown")
    at = told.created_at.astimezone(UTC)
    past = await desk.db.read(lambda tx: look_back(tx, desk, at, days=kind.chart_days))
    charts = kind.charts(past)
    try:
        drawn = await draw_all(charts)
        await desk.staff_room.show_pictures(external_id, _pictures(told, charts, drawn))
    except TemporaryChannelError as error:
        after = timedelta(seconds=error.retry_after) if error.retry_after is not None else None
        raise RetryLater(str(error), after=after) from error
    except NotDrawn as error:  # such as a shutdown that also ended the process that draws
        raise RetryLater(str(error)) from error
    except PermanentChannelError as error:
        raise NeedsAPerson(str(error)) from error


def _of_card(tx: Session, escalation_id: str) -> tuple[Escalation, str | None]:
    card = tx.exec(select(Card).where(Card.subject_id == escalation_id)).first()
    return tx.get_one(Escalation, escalation_id), card.external_id if card else None


def _pictures(told: Escalation, charts: list[Chart], drawn: list[bytes]) -> list[Picture]:
    """Named by the digest, so that a second try finds those of the first."""
    name = told.cause.replace(":", "-")
    return [
        Picture(f"{name}-{chart.name}.png", chart.title, chart.words, content)
        for chart, content in zip(charts, drawn, strict=True)
    ]


async def give_up_pictures(desk: Desk, escalation_id: str, why: str) -> None:
    """The digest says the same in words; the log and the audit say that its pictures are missing."""
    log.error("the charts of a digest could not be shown", escalation=escalation_id, why=why)
    await desk.db.write(lambda tx: record(tx, desk, "bot", "pictures_failed", escalation_id, {"why": why}))
