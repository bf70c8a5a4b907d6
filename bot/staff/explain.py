"""Why the bot answered, stayed silent or fetched a person: route, rules, sources and cost of one message."""

from datetime import timedelta

from sqlmodel import Session, col, select

from bot.desk import Desk
from bot.staff.desk_press import DeskPress
from bot.tickets.life import last_asked
from channels.cards import Button, Form
from storage.models import Action, Delivery, Message, Run, Step, StepKind, Ticket

EXPLAIN = "ticket_explain"
NEAR = timedelta(hours=1)
MOST_DELIVERIES = 500


def explain_form(tx: Session, desk: Desk, press: DeskPress) -> Form:
    """Opened by the message shortcut and by a card's button; the text is built from rows alone."""
    return Form(EXPLAIN, "", "Why?", "", (), note=explanation(tx, press.click.value))


def why_button(ticket: Ticket) -> Button:
    """On a card: the same about what this ticket's customer wrote last."""
    return Button(EXPLAIN, "Why?", f"{ticket.id}:")


def explanation(tx: Session, about: str) -> str:
    """In plain words what became of a message in Slack (its external id), or of a ticket's last one, and why."""
    message = _message(tx, about)
    if message is None:
        return _why_nothing(tx, about)
    ticket = tx.get_one(Ticket, message.ticket_id)
    run = tx.get(Run, message.run_id or message.answered_by or "")
    owner = f"looked after by {ticket.owner}" if ticket.owner else "the bot's"
    lines = [f"Ticket {ticket.id}: {ticket.status.value}, {owner}."]
    if run is None:
        return "\n".join([*lines, _without_run(message)])
    return "\n".join([*lines, *_of_run(tx, run), *_of_actions(tx, run), *_of_answer(tx, run)])


def _message(tx: Session, about: str) -> Message | None:
    ticket = tx.get(Ticket, about.partition(":")[0]) if about.startswith("tkt_") else None
    if ticket is not None:
        return last_asked(tx, ticket)
    return tx.exec(select(Message).where(Message.channel == "slack", Message.external_id == about)).first()


def _without_run(message: Message) -> str:
    if message.answered_by == "thanks":
        return "It is only thanks, so nobody had to answer."
    if message.answered_by:
        return "A person answered it."
    return "Nobody answered it yet."


def _of_run(tx: Session, run: Run) -> list[str]:
    took = f", {(run.ended_at - run.started_at).total_seconds():.1f} s" if run.ended_at else ""
    tools = [
        step.name
        for step in tx.exec(
            select(Step).where(Step.run_id == run.id, Step.kind != StepKind.MODEL).order_by(col(Step.at), col(Step.id))
        )
    ]
    lines = [
        f"Route: {' → '.join(run.route) or 'none'} ({run.state.value}; decided by {run.handled_by or 'nobody'}).",
        f"Looked up and handed over: {', '.join(dict.fromkeys(tools)) or 'nothing'}.",
        f"Cost: {run.cost_micros / 1_000_000:.4f} USD, {run.requests} model calls, "
        f"{run.input_tokens} + {run.output_tokens} tokens{took}.",
    ]
    return [*lines, f"Note: {run.note}"] if run.note else lines


def _of_actions(tx: Session, run: Run) -> list[str]:
    return [
        f"Rule for {action.kind}: {action.verdict.get('for_staff') or action.verdict} ({action.state.value})."
        for action in tx.exec(select(Action).where(Action.run_id == run.id))
    ]


def _of_answer(tx: Session, run: Run) -> list[str]:
    reply = tx.exec(select(Message).where(Message.run_id == run.id)).first()
    if reply is None:
        return ["Nothing was said to the customer."]
    sources = [
        " › ".join(part for part in (one.get("document"), one.get("section")) if part)
        for one in reply.facts.get("citations", [])
    ]
    state = reply.sending.value if reply.sending else "unknown"
    return [f"Sources: {'; '.join(sources) or 'none'}.", f"The answer is {state}."]


def _why_nothing(tx: Session, external_id: str) -> str:
    """No ticket: what the delivery itself says about it."""
    team, _, place = external_id.partition(":")
    where, _, ts = place.partition(":")
    try:
        seconds = float(ts)
    except ValueError:
        return "This message is not known here."
    lane_end = f":{where}:{ts}"
    around = select(Delivery).where(Delivery.channel == "slack", col(Delivery.lane).endswith(lane_end, autoescape=True))
    for delivery in tx.exec(around.order_by(col(Delivery.received_at)).limit(MOST_DELIVERIES)):
        if abs(delivery.received_at.timestamp() - seconds) < NEAR.total_seconds() and delivery.outcome is not None:
            return f"It became no ticket of {team}: {delivery.outcome.value}, because {delivery.outcome_note}."
    return "This message never arrived here, or it is not the beginning of a conversation."
