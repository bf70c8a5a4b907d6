"""Answers every press of a button: approvals decide about actions, the others are the desk's own work."""

from sqlmodel import Session, select

from bot.actions.approvals import decide
from bot.actions.press import Looked, Wish, late, read_value
from bot.actions.verbs import VERBS
from bot.audit import record
from bot.desk import Desk
from bot.staff.desk_verbs import DESK, answer_desk
from bot.staff.forms import OPENERS
from bot.staff.overview import refresh
from channels.base import Clicked
from storage.models import Action, Decision

UNKNOWN = "This card is not known here any more, so nothing happened."
NO_FORM = "The form could not be opened in time, so nothing happened. Please press the button again."


def answer_click(tx: Session, desk: Desk, click: Clicked, source: str, looked: Looked) -> Decision:
    """Record the press and do what it asks, if this person may. The presser always hears what happened."""
    if click.verb in DESK:
        return answer_desk(
            tx,
            desk,
            click,
            source,
            staff=looked.staff,
            approvers=looked.approvers,
            form_shown=looked.form_shown,
            closed=looked.room,
        )
    if click.answer_to.get("home"):
        refresh(tx, desk, click.by.external_id)
    subject_id, version, terms_hash = read_value(click.value)
    if looked.form_shown or click.verb in OPENERS:
        return _about_form(tx, desk, click, source, looked)
    if click.verb in VERBS:
        return decide(
            tx,
            desk,
            Wish(
                verb=click.verb,
                action_id=subject_id,
                version=version,
                terms_hash=terms_hash,
                by=click.by.external_id,
                by_name=click.by.name,
                source=source,
                refusal=why_not(click.by.external_id, looked, home=click.home),
                inputs=click.inputs,
                answer_to=click.answer_to,
                looked=looked,
            ),
        )
    return _about_nothing(tx, desk, click, source)


def _about_form(tx: Session, desk: Desk, click: Clicked, source: str, looked: Looked) -> Decision:
    """A form was shown, or could not be: either way nothing is decided yet."""
    known = tx.exec(select(Decision).where(Decision.source == source)).first()
    if known is not None:
        return known
    answer = "A form was shown." if looked.form_shown else _why_no_form(tx, click, looked)
    if not looked.form_shown:
        subject = read_value(click.value)[0] or None
        record(tx, desk, click.by.external_id, f"{click.verb}_lost", subject, {"answer": answer})
    return _kept(tx, desk, click, source, answer, won=looked.form_shown)


def _why_no_form(tx: Session, click: Clicked, looked: Looked) -> str:
    """Nothing can be typed about what is over or has changed; else Slack's three seconds had passed."""
    action_id, version, _ = read_value(click.value)
    action = tx.get(Action, action_id)
    if not click.home or looked.room:
        return FOREIGN if not click.home else f"Nothing happened: {looked.room}."
    if action is None:
        return UNKNOWN
    if action.state not in VERBS[OPENERS[click.verb]].states:
        return late(tx, action, click.by.external_id)
    return NO_FORM if version == action.version else "This changed after the card was posted. Please look again."


def why_not(who: str, looked: Looked, *, home: bool) -> str:
    """Why this person may not decide about actions; "" when they may. An empty list of approvers is nobody."""
    if not home:
        return FOREIGN
    if looked.room:
        return f"Nothing happened: {looked.room}."
    if who not in looked.approvers:
        return "You are not in the list of approvers, so nothing happened. An admin can add you (slack.approvers)."
    return ""


FOREIGN = "Only members of our own workspace who are no guests can decide, so nothing happened."


def _about_nothing(tx: Session, desk: Desk, click: Clicked, source: str) -> Decision:
    """A button of another version of this program, or of nobody's: kept and answered, nothing more."""
    known = tx.exec(select(Decision).where(Decision.source == source)).first()
    if known is not None:
        return known
    answer = FOREIGN if not click.home else UNKNOWN
    record(tx, desk, click.by.external_id, "unknown_press_lost", None, {"verb": click.verb[:64], "answer": answer})
    return _kept(tx, desk, click, source, answer, won=False)


def _kept(tx: Session, desk: Desk, click: Clicked, source: str, answer: str, *, won: bool) -> Decision:
    """The row of a press that decides about no action; whoever was refused is told."""
    decision = Decision(
        source=source,
        verb=click.verb,
        by=click.by.external_id,
        by_name=click.by.name,
        won=won,
        answer=answer,
        answer_to=dict(click.answer_to),
        at=desk.now(),
    )
    tx.add(decision)
    tx.flush()
    if not won:
        desk.jobs.defer(tx, "tell", decision.id, lane=decision.id)
    return decision
