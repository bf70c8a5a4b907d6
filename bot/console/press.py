"""A press in the console: the same forms, looks, rules and rows as a press in Slack, by the same person."""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from bot.actions.approvals import decide
from bot.actions.press import Looked, Wish, read_value
from bot.actions.verbs import VERBS
from bot.console import keys
from bot.console.page import Ask, Told, not_there
from bot.console.people import CLI
from bot.desk import Desk
from bot.staff.clicks import why_not
from bot.staff.forms import OPENERS, form_for
from bot.staff.looking import look_at_action
from channels.base import Author, Clicked, Role, Trust
from channels.cards import Button, Field
from storage.models import Action, Decision

_PRESS = re.compile(r"[0-9a-f]{32}")
PART_OF_A_FORM = {"deny": "deny_form"}
"""Buttons without a form that have a twin with one: here the form is enough, and its reason may stay empty."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One form of the page: what sending it does (`verb`), about exactly what (`value`), and what is typed."""

    verb: str
    value: str
    label: str
    style: str
    sure: str
    fields: tuple[Field, ...]
    note: str


def asked_of(tx: Session, desk: Desk, button: Button, who: str, name: str) -> Asked | None:
    """The form a button of the card becomes here; None when it is part of another one, or decides nothing."""
    if button.verb in PART_OF_A_FORM or OPENERS.get(button.verb, button.verb) not in VERBS:
        return None
    person = Author(who, name, Role.STAFF, Trust.VOUCHED)
    form = form_for(tx, desk, Clicked(button.verb, button.value, person, True, desk.now(), {}))
    if form is None:
        return Asked(button.verb, button.value, button.label, button.style, button.confirm, (), "")
    label = "Deny" if form.verb == "deny" else button.label.removesuffix("…")
    return Asked(form.verb, form.value, label, button.style, button.confirm, form.fields, form.note)


def new_press() -> str:
    """A name for what is sent from one showing of the page: sent twice it is one press."""
    return secrets.token_hex(16)


async def press(ask: Ask) -> Response:
    """Decide, and go back to the page, which says what happened. Raises Told when nothing could even be tried."""
    form, desk = dict(ask.form), ask.desk
    verb, value, name = form.pop("verb", ""), form.pop("value", ""), form.pop("press", "")
    form.pop("sure", "")
    if verb not in VERBS or not _PRESS.fullmatch(name) or read_value(value)[0] != ask.path("id"):
        raise Told(400, "Refused", "This form is not whole, so nothing happened. Please open the page again.")
    inputs = {key: text.strip()[:4000] for key, text in form.items()}
    looked = await _look(ask, verb, inputs)
    wish = _wish(ask, verb, value, name, inputs, looked)
    decision, action = await desk.db.write(lambda tx: _decide(tx, desk, wish))
    return RedirectResponse(f"/console/actions/{action}?said={decision}", status_code=303)


async def _look(ask: Ask, verb: str, inputs: Mapping[str, object]) -> Looked:
    """Who may decide now, and what the backends say; they are asked only for somebody who may."""
    looked = await ask.people.looked(ask.visitor.who)
    if _refusal(ask, looked):
        return looked
    return await look_at_action(ask.desk, verb, ask.path("id"), dict(inputs), looked)


def _refusal(ask: Ask, looked: Looked) -> str:
    """Whoever has the machine may decide, as with `helpdesk refunds`; everybody else as in Slack."""
    who = ask.visitor.who
    return "" if who.startswith(CLI) else why_not(who, looked, home=True)


def _wish(ask: Ask, verb: str, value: str, name: str, inputs: Mapping[str, object], looked: Looked) -> Wish:
    action_id, version, terms_hash = read_value(value)
    return Wish(
        verb=verb,
        action_id=action_id,
        version=version,
        terms_hash=terms_hash,
        by=ask.visitor.who,
        by_name=ask.visitor.name,
        # The same form sent twice is one press; with the session in it, nobody can take somebody else's name away.
        source=f"console:{keys.token_of(ask.visitor.secret, json.dumps([name, verb, value, inputs], sort_keys=True))}",
        refusal=_refusal(ask, looked),
        inputs=inputs,
        looked=looked,
    )


def _decide(tx: Session, desk: Desk, wish: Wish) -> tuple[str, str]:
    """The ids of the decision and of the action it was about."""
    action = tx.get(Action, wish.action_id)
    if action is None:
        raise not_there()
    decision: Decision = decide(tx, desk, wish)
    return decision.id, action.id
