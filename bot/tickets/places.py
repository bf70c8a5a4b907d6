"""The places where people write (Slack channels): what staff decided about them, and what happened to them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from sqlmodel import Session, col, func, select

from bot import notes
from bot.audit import record
from bot.desk import Desk
from bot.staff.escalations import escalate, put_up_card
from bot.watch.alarms import raise_now
from bot.watch.health import ROOM
from channels.base import Deleted, Edited, Inbound, PlaceEvent, PlaceNews, Wrote
from storage.models import Card, Control, Escalation, Message, Outcome, Place, Ticket, TicketStatus

Ended = tuple[Outcome, str, str | None]
SLACK = "slack"
MODES = ("all", "mention", "emoji", "off")


def mode_of(tx: Session, channel: str, wrote: Wrote) -> str:
    """What opens a ticket where this was written: what staff said in Slack comes before the settings."""
    place = tx.get(Place, (channel, str(wrote.facts.get("channel", ""))))
    return str((place.mode if place else None) or wrote.facts.get("mode", "all"))


def set_mode(tx: Session, desk: Desk, external_id: str, mode: str, by: str) -> Place:
    """Let this mode hold in the channel from now on, whatever the settings say."""
    place = _place(tx, desk, external_id)
    place.mode, place.mode_by, place.updated_at = mode, by, desk.now()
    tx.add(place)
    record(tx, desk, by, "mode_set", external_id, {"mode": mode})
    return place


def window_of(tx: Session, wrote: Wrote) -> float:
    """Seconds within which top-level messages of one person are one conversation; staff's word before the settings."""
    said = tx.get(Control, _window(str(wrote.facts.get("channel", ""))))
    return float(said.value if said else wrote.facts.get("group_seconds") or 0)


def set_window(tx: Session, desk: Desk, external_id: str, window: timedelta, by: str) -> None:
    """Let this window hold in the channel from now on, whatever the settings say; zero: each message is its own."""
    seconds = f"{window.total_seconds():.0f}"
    said = tx.get(Control, _window(external_id)) or Control(name=_window(external_id), value="", at=desk.now())
    said.value, said.by, said.at = seconds, by, desk.now()
    tx.add(said)
    record(tx, desk, by, "window_set", external_id, {"seconds": seconds})


def _window(external_id: str) -> str:
    return f"window:{external_id}"[:128]


def _place(tx: Session, desk: Desk, external_id: str) -> Place:
    place = tx.get(Place, (SLACK, external_id))
    if place is None:
        place = Place(channel=SLACK, external_id=external_id, updated_at=desk.now())
        tx.add(place)
        tx.flush()
    return place


# ------------------------------------------------------------------ channels that got another id


def follow_moves(tx: Session, channel: str, inbound: Inbound) -> Inbound:
    """What is still on its way under a channel's old id, as if it had been said under the new one."""
    if not isinstance(inbound, Wrote | Edited | Deleted) or inbound.external_id.count(":") != 2:
        return inbound
    team, where, _ = inbound.external_id.split(":")
    place = tx.get(Place, (channel, where))
    if place is None or not place.moved_to:
        return inbound
    old, new = f"{team}:{where}:", f"{team}:{place.moved_to}:"
    external_id = inbound.external_id.replace(old, new, 1)
    if not isinstance(inbound, Wrote):
        return replace(inbound, external_id=external_id)
    return replace(
        inbound,
        external_id=external_id,
        thread_key=inbound.thread_key.replace(old, new, 1),
        reply_to={**inbound.reply_to, "channel": place.moved_to},
        facts={**inbound.facts, "channel": place.moved_to},
    )


def _move(tx: Session, desk: Desk, news: PlaceNews) -> None:
    """Everything that names the old id names the new one; what comes late under the old one is led there."""
    before = _place(tx, desk, news.place)
    after = _place(tx, desk, news.moved_to)
    after.mode, after.mode_by, after.shared = before.mode or after.mode, before.mode_by, before.shared
    before.moved_to, before.updated_at = news.moved_to, desk.now()
    tx.add_all([before, after])
    if said := tx.get(Control, _window(news.place)):
        tx.merge(Control(name=_window(news.moved_to), value=said.value, by=said.by, at=said.at))
    _rename(tx, Ticket, "thread_key", news)
    _rename(tx, Message, "external_id", news)
    _rename(tx, Card, "external_id", news)
    for ticket in tx.exec(select(Ticket).where(Ticket.channel == SLACK, _is_in(Ticket.thread_key, news.moved_to))):
        ticket.reply_to = {**ticket.reply_to, "channel": news.moved_to}
        tx.add(ticket)


def _rename(tx: Session, table: type[Ticket] | type[Message] | type[Card], column: str, news: PlaceNews) -> None:
    for row in tx.exec(select(table).where(_is_in(getattr(table, column), news.place))):
        key = getattr(row, column)
        setattr(row, column, key.replace(f":{news.place}:", f":{news.moved_to}:", 1))
        tx.add(row)


def _is_in(column: object, where: str) -> bool:
    """A condition: the key "team:channel:ts" names this channel."""
    return col(column).contains(f":{where}:", autoescape=True)  # type: ignore[return-value]


# ------------------------------------------------------------------ what happened


def note_place_news(tx: Session, desk: Desk, source: str, news: PlaceNews) -> Ended:
    """Keep what happened to a channel, and let staff decide what follows from it."""
    if news.event is PlaceEvent.REVOKED:
        _lost_workspace(tx, desk, source)
        return Outcome.CHANGE, "the app was removed from the workspace", None
    place = _place(tx, desk, news.place)
    place.updated_at = desk.now()
    tx.add(place)
    record(tx, desk, "slack", f"place_{news.event.value}", news.place, {})
    HAPPENED[news.event](tx, desk, source, news, place)
    return Outcome.CHANGE, f"{news.place}: {news.event.value}", None


def _joined(tx: Session, desk: Desk, source: str, news: PlaceNews, place: Place) -> None:
    place.state = "joined"
    if news.internal:
        _show_what_waits(tx, desk)
        return
    escalate(
        tx,
        desk,
        cause=f"place:{news.place}:{source}",
        reason="The bot was invited into a channel",
        summary=f"Channel {news.place}. Choose what it answers there; until then the settings decide.",
        priority="low",
    )


def _left(tx: Session, desk: Desk, source: str, news: PlaceNews, place: Place) -> None:
    place.state = "left"
    if news.internal:
        _room_closed(tx, desk, "the bot was removed from the staff channel: invite it again (/invite)")
        return
    _cannot_speak(tx, desk, source, news, "The bot was removed from a channel", "Invite it again (/invite) or")


def _archived(tx: Session, desk: Desk, source: str, news: PlaceNews, place: Place) -> None:
    place.state = "archived"
    if news.internal:
        _room_closed(tx, desk, "the staff channel was archived: unarchive it, or set another slack.staff_channel")
        return
    _cannot_speak(tx, desk, source, news, "A channel was archived", "Unarchive it or")


def _unarchived(tx: Session, desk: Desk, source: str, news: PlaceNews, place: Place) -> None:
    place.state = "joined"
    if news.internal:
        _show_what_waits(tx, desk)


def _cannot_speak(tx: Session, desk: Desk, source: str, news: PlaceNews, reason: str, what_helps: str) -> None:
    """Tickets wait where nobody can be answered any more: staff must hear of it before the customers complain."""
    waiting = tx.exec(
        select(func.count())
        .select_from(Ticket)
        .where(
            Ticket.channel == SLACK,
            _is_in(Ticket.thread_key, news.place),
            col(Ticket.status).in_([TicketStatus.OPEN, TicketStatus.HOLD, TicketStatus.PENDING]),
        )
    ).one()
    if waiting:
        escalate(
            tx,
            desk,
            cause=f"place:{news.place}:{source}",
            reason=reason,
            summary=f"Channel {news.place}: {waiting} tickets that are not solved. {what_helps} answer them elsewhere.",
            priority="high",
        )


def _shared(tx: Session, desk: Desk, source: str, news: PlaceNews, place: Place) -> None:
    """Another company reads along from now on."""
    place.shared = news.event is PlaceEvent.SHARED
    if news.internal and place.shared:
        _room_closed(tx, desk, "the staff channel is shared with another company: disconnect it, or set another")
    elif news.internal:
        _show_what_waits(tx, desk)


def _room_closed(tx: Session, desk: Desk, why: str) -> None:
    """Told at once and by mail too: a card about it can only be shown when it is over."""
    words = f"{why}. No card is shown or changed there, and no press counts, until it is staff's alone again."
    notes.keep(tx, ROOM, {"error": words}, desk.now())
    raise_now(tx, desk, "staff room", words)


def _show_what_waits(tx: Session, desk: Desk) -> None:
    """The room may be staff's alone again: cards that could not be shown are tried at once."""
    for card in tx.exec(select(Card).where(col(Card.external_id).is_(None))):
        desk.jobs.defer(tx, "card", card.id, lane=card.id)


def _moved(tx: Session, desk: Desk, source: str, news: PlaceNews, place: Place) -> None:
    if news.moved_to:
        _move(tx, desk, news)


def _lost_workspace(tx: Session, desk: Desk, source: str) -> None:
    escalate(
        tx,
        desk,
        cause=f"workspace:{source}",
        reason="The Slack app was removed or its token revoked",
        summary="Nothing is heard or said in Slack until it is installed again.",
        priority="high",
    )


HAPPENED: Mapping[PlaceEvent, Callable[[Session, Desk, str, PlaceNews, Place], None]] = {
    PlaceEvent.JOINED: _joined,
    PlaceEvent.LEFT: _left,
    PlaceEvent.ARCHIVED: _archived,
    PlaceEvent.UNARCHIVED: _unarchived,
    PlaceEvent.SHARED: _shared,
    PlaceEvent.UNSHARED: _shared,
    PlaceEvent.MOVED: _moved,
}


def asked_about(escalation: Escalation) -> str:
    """The channel whose mode staff are asked for on this escalation's card; "" for every other escalation."""
    kind, _, rest = escalation.cause.partition(":")
    return rest.partition(":")[0] if kind == "place" and escalation.reason.startswith("The bot was invited") else ""


def answer_about(tx: Session, desk: Desk, escalation: Escalation, mode: str, by: str) -> str:
    """Staff chose a mode on the card; what they hear."""
    where = asked_about(escalation)
    if not where or mode not in MODES:
        return "This card is not known here any more, so nothing happened."
    set_mode(tx, desk, where, mode, by)
    put_up_card(tx, desk, escalation.id, None)
    return ""
