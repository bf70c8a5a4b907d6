"""The card of an escalation: why a person is needed, who asks and how that is proven, and what to do about it."""

from sqlmodel import Session, col, func, select

from bot.controls import pauses_of
from bot.staff.escalations import STAFF
from bot.staff.explain import why_button
from bot.staff.lane_card import move_button
from bot.staff.replying import WRITE
from bot.staff.takeover import CLOSE, HAND_BACK, TAKE_OVER
from bot.staff.tend_form import tend_button
from bot.tickets.life import last_asked
from bot.tickets.places import MODES, asked_about
from bot.tickets.turns import waiting_messages
from channels.base import Trust
from channels.cards import Button
from channels.cards import Card as CardView
from channels.moments import Moment
from storage.models import (
    Attachment,
    Card,
    Company,
    Direction,
    Escalation,
    EscalationState,
    Message,
    Person,
    Run,
    Ticket,
)

SOLVE = "solve"
SET_MODE = "place_mode"
MODE_LABELS = {"all": "Answer everything", "mention": "Only mentions", "emoji": "Only an emoji", "off": "Nothing"}
LAST_WORDS = 5


def escalation_view(tx: Session, card: Card, escalation: Escalation) -> CardView:
    """The card as it must look now. What a model wrote stands apart from the facts, marked as such."""
    ticket = tx.get(Ticket, escalation.ticket_id) if escalation.ticket_id else None
    by_model = escalation.cause.startswith("run:")
    summary = () if by_model or not escalation.summary else (("Summary", escalation.summary),)
    words = _words(tx, ticket) if ticket else ""
    facts = [
        *_paused(tx, escalation, ticket),
        ("Urgency", escalation.priority),
        *summary,
        *(about_ticket(tx, ticket) if ticket else ()),
    ]
    return CardView(
        key=card.id,
        title=_title(escalation)[:140],
        state=_state(escalation, ticket),
        facts=tuple((name, text) for name, text in facts if text),
        quote=words,
        proposed=escalation.summary if by_model and escalation.summary.strip() != words.strip() else "",
        buttons=_buttons(escalation, ticket),
        footer=f"{escalation.id} · asked at {escalation.created_at:%Y-%m-%d %H:%M} UTC",
        first_tried_at=card.first_tried_at,
        source=ticket.reply_to if ticket else {},
    )


def _paused(tx: Session, escalation: Escalation, ticket: Ticket | None) -> tuple[tuple[str, str], ...]:
    """While the bot is switched off here, handing back to it answers nobody."""
    if ticket is None or escalation.state is EscalationState.CLOSED:
        return ()
    off = pauses_of(tx, ticket.channel, str(ticket.reply_to.get("channel") or ""))
    return (("⚠ Paused", f"{', '.join(off)}: the bot answers nothing here until somebody resumes it"),) if off else ()


def _title(escalation: Escalation) -> str:
    """What the desk says about itself (alarms, the digest) asks for nobody in particular."""
    about_us = escalation.cause.startswith(("alarm:", "digest:", "digest-week:"))
    return escalation.reason if about_us else f"A person is needed: {escalation.reason}"


def _state(escalation: Escalation, ticket: Ticket | None) -> str:
    if escalation.state is EscalationState.TAKEN and ticket is not None and ticket.owner:
        return f"taken by {ticket.owner}"
    return escalation.state.value


def about_ticket(tx: Session, ticket: Ticket) -> tuple[tuple[str, str], ...]:
    """Who asks, how that is proven, and what is known: from rows, never from a model."""
    last = last_asked(tx, ticket)
    files = [
        f"{file.filename}{'' if file.stored or not file.note else f' (not fetched: {file.note})'}"
        for file in tx.exec(select(Attachment).where(Attachment.message_id == (last.id if last else "")))
    ]
    facts = (
        ("Who asks", who_asks(tx, ticket, last)),
        ("Customer", ticket.customer_id or "not identified"),
        ("Ticket", f"{ticket.id} ({ticket.channel}), {ticket.status.value}{_weight(ticket)}{_tags(ticket)}"),
        ("Looked after by", _owner(ticket)),
        ("So far", _so_far(tx, ticket)),
        ("Answer due", Moment(ticket.answer_due_at) if ticket.answer_due_at else ""),
        ("Away until", Moment(ticket.snoozed_until) if ticket.snoozed_until else ""),
        ("Files", ", ".join(files)),
    )
    return tuple((label, value) for label, value in facts if value)


def _owner(ticket: Ticket) -> str:
    return "nobody yet" if ticket.owner == STAFF else ticket.owner or "the bot"


def _weight(ticket: Ticket) -> str:
    """Only what somebody said of it: beside the urgency of the question, "normal" would contradict it."""
    return f", {ticket.priority}" if ticket.priority != "normal" else ""


def _tags(ticket: Ticket) -> str:
    return f" [{', '.join(ticket.tags)}]" if ticket.tags else ""


def who_asks(tx: Session, ticket: Ticket, last: Message | None) -> str:
    """Name, company and how both are proven, for the message that is asked about."""
    person = tx.get(Person, ticket.requester_id)
    company = tx.get(Company, person.company_id) if person and person.company_id else None
    name = person.name if person else ""
    of = f" of {company.name or company.slack_team_id}" if company else ""
    proof = Trust(last.trust).name.replace("_", " ").lower() if last else "unknown"
    return f"{_called(name, last, ticket)}{of}, proof: {proof}"


def _called(name: str, last: Message | None, ticket: Ticket) -> str:
    """In Slack the name is Slack's own and says enough; a name in a mail is only a claim, so its address stands by."""
    identity = str(last.facts.get("author") or "") if last else ""
    if name and identity and ticket.channel != "slack":
        return f"{name} ({identity})"
    return name or identity or ticket.requester_id


def _so_far(tx: Session, ticket: Ticket) -> str:
    count = tx.exec(
        select(func.count())
        .select_from(Message)
        .where(Message.ticket_id == ticket.id, Message.direction == Direction.INBOUND)
    ).one()
    run = tx.exec(select(Run).where(Run.ticket_id == ticket.id).order_by(col(Run.started_at).desc())).first()
    route = f"; the bot went {' → '.join(run.route)}" if run is not None and run.route else ""
    return f"{count} message{'s' if count != 1 else ''} since {ticket.created_at:%Y-%m-%d %H:%M} UTC{route}"


def _words(tx: Session, ticket: Ticket) -> str:
    """What waits for an answer; when nothing does, what they wrote last."""
    waiting = waiting_messages(tx, ticket.id)[-LAST_WORDS:]
    last = last_asked(tx, ticket)
    return "\n".join(message.text for message in waiting) or (last.text if last else "")


def _buttons(escalation: Escalation, ticket: Ticket | None) -> tuple[Button, ...]:
    value = f"{escalation.id}:"
    if escalation.state is EscalationState.CLOSED:
        return ()
    if asked_about(escalation):
        return tuple(Button(SET_MODE, MODE_LABELS[mode], f"{value}{mode}") for mode in MODES)
    if ticket is None:
        return (Button(CLOSE, "Done", value),)
    take = (Button(TAKE_OVER, "Take over", value, style="primary"),) if escalation.state is EscalationState.OPEN else ()
    return (
        *take,
        Button(WRITE, "Reply to customer…", value),
        Button(HAND_BACK, "Hand back to the bot", value),
        move_button(escalation.id),
        Button(SOLVE, "Solved", value, confirm="Is nothing left to do for this customer?"),
        tend_button(escalation.id),
        why_button(ticket),
    )
