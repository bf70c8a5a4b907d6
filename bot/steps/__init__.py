"""STEPS: every kind of work there is, what does it, and what happens when it cannot be done.

A message walks: ingest → answer → deliver, and where money or judgement is involved card → (a click) → act.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.desk import Desk
from bot.steps.act import execute_action, leave_action_to_a_person
from bot.steps.answer import answer_ticket, leave_ticket_to_a_person
from bot.steps.card import give_up_card, show_card
from bot.steps.deliver import deliver_message, fail_message
from bot.steps.fetch import fetch_file, give_up_fetching
from bot.steps.follow import follow_action, give_up_following
from bot.steps.ingest import ingest_delivery, quarantine_delivery
from bot.steps.news import hear_news, quarantine_news
from bot.steps.notify import give_up_notifying, notify_operators
from bot.steps.overview import give_up_overview, show_overview
from bot.steps.pictures import give_up_pictures, show_pictures
from bot.steps.progress import give_up_progress, show_progress
from bot.steps.reconcile import give_up_reconciling, reconcile
from bot.steps.tell import give_up_telling, tell_decision
from bot.steps.tick import give_up_tick, run_tick


@dataclass(frozen=True, slots=True)
class Step:
    """`do` checks, does and records, and may run again at any time; `give_up` leaves the row to a person."""

    do: Callable[[Desk, str], Awaitable[None]]
    give_up: Callable[[Desk, str, str], Awaitable[None]]


STEPS: dict[str, Step] = {
    "ingest": Step(ingest_delivery, quarantine_delivery),
    "answer": Step(answer_ticket, leave_ticket_to_a_person),
    "deliver": Step(deliver_message, fail_message),
    "card": Step(show_card, give_up_card),
    "act": Step(execute_action, leave_action_to_a_person),
    "follow": Step(follow_action, give_up_following),
    "news": Step(hear_news, quarantine_news),
    "reconcile": Step(reconcile, give_up_reconciling),
    "progress": Step(show_progress, give_up_progress),
    "fetch": Step(fetch_file, give_up_fetching),
    "overview": Step(show_overview, give_up_overview),
    "pictures": Step(show_pictures, give_up_pictures),
    "tell": Step(tell_decision, give_up_telling),
    "notify": Step(notify_operators, give_up_notifying),
    "tick": Step(run_tick, give_up_tick),
}
