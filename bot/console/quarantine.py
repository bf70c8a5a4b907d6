"""What arrived and could not be read: kept byte for byte, shown with the reason, and run again after a repair."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import defer
from sqlmodel import Session, col, func, select
from starlette.responses import RedirectResponse, Response

from bot.audit import record
from bot.console.around import shown
from bot.console.page import Ask, Told, not_there
from bot.desk import Desk
from bot.mail.reparse import run_again
from storage.models import Delivery, Outcome

PAGE = 50


@dataclass(frozen=True, slots=True)
class Kept:
    """One delivery, without its bytes. `size` 0: retention has removed them."""

    id: str
    channel: str
    received_at: datetime
    why: str
    size: int


async def show_quarantine(ask: Ask) -> Response:
    """The newest first, a page at a time."""
    found = await ask.desk.db.read(lambda tx: _kept(tx, ask.query("after")))
    again = ask.query("again")
    return await shown(
        ask, "quarantine.html", title="Quarantine", found=found[:PAGE], more=len(found) > PAGE, again=again
    )


def _kept(tx: Session, after: str) -> list[Kept]:
    # Never the bytes themselves: fifty mails may be a gigabyte.
    light = defer(Delivery.body)  # type: ignore[arg-type]
    wanted = select(Delivery).options(light).where(Delivery.outcome == Outcome.QUARANTINED)
    if after:
        wanted = wanted.where(col(Delivery.id) < after)
    rows = tx.exec(wanted.order_by(col(Delivery.id).desc()).limit(PAGE + 1)).all()
    counted = select(Delivery.id, func.length(Delivery.body)).where(col(Delivery.id).in_([row.id for row in rows]))
    sizes = dict(tx.exec(counted).all())
    return [Kept(row.id, row.channel, row.received_at, row.outcome_note, sizes[row.id]) for row in rows]


async def run_one_again(ask: Ask) -> Response:
    """Give one of them to the desk once more."""
    delivery_id = ask.path("id")
    if not await ask.desk.db.write(lambda tx: _again(tx, ask.desk, delivery_id, ask.visitor.who)):
        raise Told(409, "Not in quarantine", "It is not in quarantine any more, so nothing happened.")
    return RedirectResponse(f"/console/quarantine?again={delivery_id}", status_code=303)


def _again(tx: Session, desk: Desk, delivery_id: str, who: str) -> bool:
    delivery = tx.get(Delivery, delivery_id)
    if delivery is None:
        raise not_there()
    if delivery.outcome is not Outcome.QUARANTINED:
        return False
    run_again(tx, desk, delivery)
    record(tx, desk, who, "run_again", delivery_id, {})
    return True
