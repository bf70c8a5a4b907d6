"""The forms that buttons open: which press needs more than a press, and what is asked."""

from sqlmodel import Session

from bot.actions import ACTIONS
from bot.actions.press import read_value
from bot.actions.rights import must_type
from bot.actions.verbs import VERBS
from bot.desk import Desk
from channels.base import Clicked
from channels.cards import Field, Form
from storage.models import Action

OPENERS = {"deny_form": "deny", "amend_form": "amend", "ask_form": "ask", "mark_done_form": "mark_done"}
"""Buttons that open a form, and what submitting it does."""


def form_for(tx: Session, desk: Desk, click: Clicked) -> Form | None:
    """The form this press asks for; None when it needs none, or when nothing can be decided any more."""
    action_id, version, _ = read_value(click.value)
    action = tx.get(Action, action_id)
    verb = OPENERS.get(click.verb, click.verb)
    if action is None or verb not in VERBS or action.state not in VERBS[verb].states or version != action.version:
        return None
    summary = ACTIONS[action.kind].summary(action)
    if click.verb == "approve":
        if click.inputs or not action.amount_minor or not must_type(tx, desk, action, click.by.external_id):
            return None
        asked = (Field("amount", f"Type the amount in {action.currency}", hint="It is paid after a delay, with Undo."),)
        return Form("approve", click.value, "Approve alone", "Approve", asked, note=f"{summary}?")
    if click.verb not in OPENERS:
        return None
    return _asked(click, action, verb, summary)


def _asked(click: Clicked, action: Action, verb: str, summary: str) -> Form:
    match verb:
        case "deny":
            why = Field("reason", "Reason, told to the customer", long=True)
            return Form(verb, click.value, "Deny", "Deny", (why,), note=f"{summary}: deny?")
        case "ask":
            question = Field("question", "Your question", long=True, hint="The customer reads exactly this.")
            return Form(verb, click.value, "Ask the customer", "Send", (question,), note=summary)
        case "mark_done":
            where = Field("reference", "Where was it done?", hint="The reference in the other system")
            return Form(verb, click.value, "Mark as done", "Mark", (where,), note=summary)
    note = f"Instead of: {summary}. It is decided about anew."
    return Form(verb, click.value, "Change", "Change", ACTIONS[action.kind].fields(action), note=note)
