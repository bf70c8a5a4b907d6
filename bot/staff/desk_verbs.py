"""DESK: every press that is about the desk's own work, what it does, what it asks first, and who may."""

from collections.abc import Mapping

from sqlmodel import Session, select

from bot.audit import record
from bot.desk import Desk
from bot.staff.commands import COMMAND, run_command
from bot.staff.desk_press import GONE, DeskPress, DeskVerb, Refused, Who, ticket_of
from bot.staff.escalation_card import SET_MODE, SOLVE
from bot.staff.explain import EXPLAIN, explain_form, explanation
from bot.staff.knowledge_card import ARTICLE_VERBS
from bot.staff.lane_card import LANE_VERBS
from bot.staff.overview import FILTER, HOME, choose, open_home, refresh
from bot.staff.ratings import RATE, rate
from bot.staff.replying import (
    DROP_DRAFT,
    EDIT_DRAFT,
    PREVIEW,
    SEND,
    SEND_DRAFT,
    WRITE,
    drop_draft,
    gone,
    preview_form,
    previewed_nothing,
    send_draft,
    send_reply,
    writing_form,
)
from bot.staff.shortcuts import CREATE, ESCALATE, TEACH, ask_a_person, create_ticket, teach
from bot.staff.takeover import CLOSE, HAND_BACK, TAKE_OVER, close, hand_back, take_over
from bot.staff.tend_form import TEND_VERBS
from bot.staff.tending import solve_ticket
from bot.tickets.places import answer_about
from channels.base import Clicked
from channels.cards import Form
from storage.models import Decision, Escalation

NOT_STAFF = "Only people in the staff channel can do this, so nothing happened."


def _solve(tx: Session, desk: Desk, press: DeskPress) -> str:
    solve_ticket(tx, desk, ticket_of(tx, press.subject), press.by)
    return ""


def _set_mode(tx: Session, desk: Desk, press: DeskPress) -> str:
    escalation = tx.get(Escalation, press.subject)
    if escalation is None:
        raise Refused(GONE)
    if why := answer_about(tx, desk, escalation, press.rest, press.by):
        raise Refused(why)
    close(tx, desk, press)
    return ""


def _explain(tx: Session, desk: Desk, press: DeskPress) -> str:
    """The form could not be opened in time: the same words as a whisper."""
    return explanation(tx, press.click.value)


DESK: Mapping[str, DeskVerb] = {
    TAKE_OVER: DeskVerb(take_over),
    HAND_BACK: DeskVerb(hand_back),
    CLOSE: DeskVerb(close),
    SOLVE: DeskVerb(_solve),
    WRITE: DeskVerb(gone, writing_form),
    PREVIEW: DeskVerb(previewed_nothing, preview_form),
    SEND: DeskVerb(send_reply, preview_form),
    EDIT_DRAFT: DeskVerb(gone, writing_form),
    SEND_DRAFT: DeskVerb(send_draft),
    DROP_DRAFT: DeskVerb(drop_draft),
    SET_MODE: DeskVerb(_set_mode),
    COMMAND: DeskVerb(run_command),
    HOME: DeskVerb(open_home, who=Who.ANYBODY),
    FILTER: DeskVerb(choose),
    CREATE: DeskVerb(create_ticket),
    ESCALATE: DeskVerb(ask_a_person),
    TEACH: DeskVerb(teach),
    EXPLAIN: DeskVerb(_explain, explain_form),
    RATE: DeskVerb(rate, who=Who.ANYBODY),
    **ARTICLE_VERBS,
    **LANE_VERBS,
    **TEND_VERBS,
}


def desk_form(tx: Session, desk: Desk, click: Clicked, staff: frozenset[str]) -> Form | None:
    """The form this press needs first; None when it needs none, or when the presser may not see it."""
    verb = DESK[click.verb]
    if verb.form is None or _refusal(verb, click, staff):
        return None
    try:
        return verb.form(tx, desk, DeskPress(click, ""))
    except Refused:
        return None


def answer_desk(
    tx: Session,
    desk: Desk,
    click: Clicked,
    source: str,
    *,
    staff: frozenset[str],
    approvers: frozenset[str],
    form_shown: bool,
    closed: str = "",
) -> Decision:
    """Record the press and do what it asks, once. The presser hears what happened unless they can see it."""
    known = tx.exec(select(Decision).where(Decision.source == source)).first()
    if known is not None:
        return known
    verb = DESK[click.verb]
    press = DeskPress(click, source, approver=click.by.external_id in approvers, staff=staff)
    try:
        if refusal := _refusal(verb, click, staff, closed):
            raise Refused(refusal)
        # What is refused halfway is not done by half.
        with tx.begin_nested():
            answer = "" if form_shown else verb.do(tx, desk, press)
        won = True
    except Refused as refused:
        answer, won = str(refused), False
    if click.answer_to.get("home") and click.verb != HOME:
        refresh(tx, desk, click.by.external_id)
    return _keep(
        tx, desk, press, answer or ("A form was shown." if form_shown else "Done."), tell=bool(answer), won=won
    )


def _keep(tx: Session, desk: Desk, press: DeskPress, answer: str, *, tell: bool, won: bool) -> Decision:
    decision = Decision(
        source=press.source,
        verb=press.click.verb[:32],
        by=press.by,
        by_name=press.by_name,
        won=won,
        answer=answer,
        answer_to=dict(press.click.answer_to),
        at=desk.now(),
    )
    tx.add(decision)
    tx.flush()
    subject = press.subject[:64] or None
    record(tx, desk, press.by, f"desk_{press.click.verb}"[:64], subject, {"answer": answer[:300], "won": won})
    if tell:
        desk.jobs.defer(tx, "tell", decision.id, lane=decision.id)
    return decision


def _refusal(verb: DeskVerb, click: Clicked, staff: frozenset[str], closed: str = "") -> str:
    if closed and click.home:
        return f"Nothing happened: {closed}."
    if verb.who is Who.ANYBODY or (click.home and click.by.external_id in staff):
        return ""
    return NOT_STAFF
