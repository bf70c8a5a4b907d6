"""Who may approve what: not their own request, not above their limit, and not alone what they raised themselves."""

from datetime import timedelta

from sqlmodel import Session, select

from bot.actions.press import No, Wish
from bot.actions.spending import approver_budget
from bot.desk import Desk
from bot.policy.money import minor_units, read_amount, say
from bot.policy.refund import manager_is_enough
from storage.models import Action, Identity, Ticket


def check_may_approve(tx: Session, desk: Desk, action: Action, press: Wish) -> None:
    """Raise No with the reason when this person may not approve this action as it is now."""
    rules = desk.settings.policy.refund
    if is_own_request(tx, action, press.by) and not rules.single_operator:
        raise No("You asked for this yourself, so another person must decide about it.")
    if action.edited_by == press.by and not action.verdict.get("within", True) and not rules.single_operator:
        raise No("You raised this above what policy covers, so another person must approve it.")
    check_limit(desk, action, press)
    budget = approver_budget(tx, desk, press.by, action.currency) if action.amount_minor else None
    if budget is not None and not budget.allows(action.amount_minor):
        raise No(f"{budget.words()}: this would be more. Somebody else can approve it, or you tomorrow.")
    if must_type(tx, desk, action, press.by):
        _check_typed(action, press)


def check_limit(desk: Desk, action: Action, press: Wish) -> None:
    """Raise No when the amount is above what this person may approve, or may change something to."""
    limit = limit_of(desk, action, press)
    if limit is not None and action.amount_minor > limit:
        mine = say(limit, action.currency)
        raise No(f"Your limit is {mine}, and this is {say(action.amount_minor, action.currency)}. Nothing happened.")


def is_own_request(tx: Session, action: Action, by: str) -> bool:
    """Whether the presser is the requester of this ticket, under any name we know them by."""
    ticket = tx.get_one(Ticket, action.ticket_id)
    return by in tx.exec(select(Identity.external_id).where(Identity.person_id == ticket.requester_id)).all()


def limit_of(desk: Desk, action: Action, press: Wish) -> int | None:
    """The presser's own limit in minor units of the action's currency; None when nobody has one.

    The largest of all roles they are in counts. Whoever is in no role may approve nothing; the command line
    belongs to the operator and has no limit unless a role names it.
    """
    roles = desk.settings.policy.refund.roles
    mine = [role for name, role in roles.items() if press.by in press.looked.members.get(name, frozenset())]
    if not roles or (not mine and press.by.startswith("cli/")):
        return None
    return max((minor_units(role.limit_in(action.currency), action.currency) for role in mine), default=0)


def decides_alone(desk: Desk, action: Action, press: Wish) -> bool:
    """Whether this person is enough where others are two: a manager within their limit."""
    return manager_is_enough(action.verdict) and any(
        role.alone and press.by in press.looked.members.get(name, frozenset())
        for name, role in desk.settings.policy.refund.roles.items()
        if action.amount_minor <= minor_units(role.limit_in(action.currency), action.currency)
    )


def must_type(tx: Session, desk: Desk, action: Action, by: str) -> bool:
    """In a one-person shop, what would need a second person is approved by typing the amount, and waits."""
    alone = desk.settings.policy.refund.single_operator
    return alone and (is_own_request(tx, action, by) or action.approvals_needed > 1 or action.edited_by == by)


def _check_typed(action: Action, press: Wish) -> None:
    if not action.amount_minor:
        return
    try:
        typed = read_amount(str(press.inputs.get("amount") or ""), action.currency)
    except ValueError as error:
        raise No(f"Type the amount to approve it: {error}. Nothing happened.") from error
    if typed != action.amount_minor:
        raise No(
            f"You typed {say(typed, action.currency)}, and this is {say(action.amount_minor, action.currency)}. "
            "Nothing happened."
        )


def hold_of(tx: Session, desk: Desk, action: Action, by: str) -> timedelta:
    """How long this approval waits before it is carried out, so that it can be undone."""
    rules = desk.settings.policy.refund
    seconds = rules.hold_seconds
    if must_type(tx, desk, action, by):
        seconds = max(seconds, rules.single_operator_delay_seconds)
    return timedelta(seconds=seconds)
