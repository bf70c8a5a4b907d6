"""What all actions share that the shop itself carries out; each of them says what it is about, and in which words."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bot.actions.kind import ActionKind, Case, Facts, Fresh, Prepared, Result, by_when
from bot.backends.doing import NOTHING, ShopDoer, ShopDone, ShopState, ShopTask, doer_of
from bot.backends.errors import BackendRefused
from bot.policy.shop_actions import judge_shop_action
from bot.policy.terms import Terms, terms_hash
from bot.policy.verdict import Outcome
from storage.models import Action, ActionState

if TYPE_CHECKING:
    from bot.desk import Desk

STATES: Mapping[Outcome, ActionState] = {
    Outcome.AUTO: ActionState.APPROVED,
    Outcome.STAFF: ActionState.PENDING,
    Outcome.NEEDS_PERSON: ActionState.NEEDS_PERSON,
    Outcome.DENY: ActionState.REFUSED,
}


@dataclass(frozen=True, slots=True)
class ShopThing:
    """One kind of thing a shop does.

    `subject` names what it is about ("" = the account). `terms` makes the immutable terms from wish, customer and
    state; `taint` lists what in the wish the shop does not confirm; `choose` says why the wish is none of the
    shop's options ("" = it is). `summary` and `told` are words over the terms.
    """

    name: str
    subject: Callable[[Mapping[str, Any]], str]
    terms: Callable[[Mapping[str, Any], str, ShopState], Terms]
    summary: Callable[[Mapping[str, Any]], str]
    told: Mapping[ActionState, str]
    taint: Callable[[Mapping[str, Any], ShopState], tuple[str, ...]] = lambda wish, state: ()
    choose: Callable[[Mapping[str, Any], ShopState], str] = lambda wish, state: ""


def by_shop(thing: ShopThing) -> ActionKind:
    """The kind of action that this thing is."""

    async def prepare(desk: "Desk", case: Case) -> Prepared:
        return await _prepare(desk, thing, case)

    async def again(desk: "Desk", action: Action) -> Fresh:
        return await _again(desk, thing, action)

    async def look(desk: "Desk", action: Action) -> Result | None:
        done = await _doer(desk, thing.name).find_done(action.id)
        return _result(done) if done else None

    async def do(desk: "Desk", action: Action) -> Result:
        details = {name: str(value) for name, value in action.terms.items()}
        task = ShopTask(action.id, thing.name, str(action.customer_id), thing.subject(action.wish), details)
        return _result(await _doer(desk, thing.name).carry_out(task))

    return ActionKind(
        name=thing.name,
        prepare=prepare,
        again=again,
        look=look,
        do=do,
        follow=look,
        call_limit=lambda desk: doer.call_limit if (doer := doer_of(desk.shop, thing.name)) else NOTHING,
        key_lifetime=lambda desk: doer.key_lifetime if (doer := doer_of(desk.shop, thing.name)) else NOTHING,
        summary=lambda action: thing.summary(action.terms),
        card_facts=_card_facts,
        told=lambda action: _told(thing, action),
    )


async def _prepare(desk: "Desk", thing: ShopThing, case: Case) -> Prepared:
    """Ask the shop what is possible. Raises ShopUnavailable."""
    doer, subject = doer_of(desk.shop, thing.name), thing.subject(case.wish)
    state = None
    if doer is not None and case.customer_id is not None:
        state = await doer.state_of(thing.name, subject, customer_id=case.customer_id)
    why_not = (state.why or thing.choose(case.wish, state)) if state else ""
    tainted = tuple(name for name in thing.taint(case.wish, state) if name not in case.by_staff) if state else ()
    verdict = judge_shop_action(
        _plain_name(thing, subject),
        who=getattr(desk.settings.policy.shop, thing.name) if doer and case.customer_id else "off",
        known=state is not None,
        possible=state is not None and state.possible and not why_not,
        why_not=why_not,
        trust=case.trust,
        tainted=tainted,
        facts=state.facts if state else {},
    )
    fits = state is not None and case.customer_id is not None and verdict.outcome is not Outcome.DENY
    terms = thing.terms(case.wish, str(case.customer_id), state) if fits and state else None
    return Prepared(
        kind=thing.name,
        subject=subject or str(case.customer_id),
        customer_id=case.customer_id,
        terms=asdict(terms) if terms else {},
        terms_hash=terms_hash(terms) if terms else "",
        facts=dict(state.facts) if state else {},
        verdict=verdict.kept(),
        state=STATES[verdict.outcome],
        words=verdict.for_customer,
        reason=case.reason,
        wish=dict(case.wish),
        trust=case.trust,
        tainted=tainted,
    )


async def _again(desk: "Desk", thing: ShopThing, action: Action) -> Fresh:
    """What the shop says now. Raises ShopUnavailable."""
    doer = _doer(desk, thing.name)
    state = await doer.state_of(thing.name, thing.subject(action.wish), customer_id=str(action.customer_id))
    if state is None:
        return Fresh(facts=action.facts, blocked="The shop does not know this any more.")
    labels = sorted({*action.facts, *state.facts})
    pairs = ((label, str(action.facts.get(label, "")), str(state.facts.get(label, ""))) for label in labels)
    changes = tuple((label.capitalize(), was, now) for label, was, now in pairs if was != now)
    return Fresh(facts=dict(state.facts), blocked="" if state.possible else state.why, changes=changes)


def _doer(desk: "Desk", kind: str) -> ShopDoer:
    doer = doer_of(desk.shop, kind)
    if doer is None:
        raise BackendRefused("not_allowed", "The shop that is connected now cannot do this.")
    return doer


def _result(done: ShopDone) -> Result:
    return Result(ActionState.DONE, {"reference": done.ref})


def _plain_name(thing: ShopThing, subject: str) -> str:
    return f"{thing.name.replace('_', ' ')} {subject}".strip()


def _card_facts(action: Action) -> Facts:
    shown = {**action.facts, **{name: value for name, value in action.terms.items() if name not in action.facts}}
    rows = [(name.replace("_", " ").capitalize(), str(value)) for name, value in shown.items()]
    rows.append(("Reference", str(action.result.get("reference") or "")))
    return tuple((name, text) for name, text in rows if text)


SHARED_WORDS: Mapping[ActionState, str] = {
    ActionState.PENDING: "I have asked a colleague to decide about {what}. You will hear from us here {by}.",
    ActionState.DENIED: "A colleague decided against {what}.{reason} If you see this differently, write here and a "
    "person will answer.",
    ActionState.EXPIRED: "Nobody has decided about {what} in time. I am sorry. Write here if you still need it, and I "
    "will ask again.",
    ActionState.BLOCKED: "This is no longer possible as planned: {what}. A colleague is looking at it and "
    "will get back to you here.",
    ActionState.FAILED: "This did not work: {what}. A colleague is looking at it and will get back to you here.",
    ActionState.NEEDS_PERSON: "This needs a closer look: {what}. A colleague is on it and will get back to you here.",
    ActionState.WITHDRAWN: "As you wished, this is withdrawn: {what}.",
}


def _told(thing: ShopThing, action: Action) -> str:
    words = {**SHARED_WORDS, **thing.told}.get(action.state, "")
    reason = f" The reason: {action.note}" if action.note and action.state is ActionState.DENIED else ""
    values = {name: str(value) for name, value in action.terms.items()}
    what = values.pop("what", thing.summary(action.terms))
    return words.format(**{**values, "what": what[:1].lower() + what[1:], "by": by_when(action), "reason": reason})
