"""What every figure means, in words: reports, metrics and documents all take them from here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

SETTLED_AFTER: Mapping[str, timedelta] = {"slack": timedelta(hours=24), "mail": timedelta(hours=72)}
"""How long a requester must stay quiet before a ticket counts as settled."""
LONGEST_SETTLING = max(SETTLED_AFTER.values())
REPEAT_WITHIN = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure: its unit and its meaning. All of them are about tickets opened in the period, unless said."""

    unit: str
    words: str


DEFINITIONS: Mapping[str, Definition] = {
    "tickets": Definition("tickets", "opened in the period"),
    "requester_messages": Definition("messages", "written by requesters in the period"),
    "automatic_messages": Definition(
        "messages", "received in the period and never answered automatically: auto-replies, lists, bounces"
    ),
    "answered_by_bot": Definition("tickets", "the bot sent an answer made by the team"),
    "escalated": Definition("tickets", "the bot asked for a person at least once"),
    "escalation_rate": Definition("share", "escalated / tickets"),
    "answered_by_staff": Definition("tickets", "a person wrote to the requester"),
    "unsettled": Definition(
        "tickets",
        "the requester may still come back: less than 24 h (Slack) or 72 h (mail) "
        "have passed since the last message, or somebody waits for an answer",
    ),
    "deflected": Definition(
        "tickets",
        "answered by the bot, settled, no person wrote, none was asked for, and the same "
        "requester neither opened another ticket within that time nor wrote again after this one was solved. "
        "Computed again every night and taken back when the customer returns",
    ),
    "taken_back": Definition("tickets", "answered by the bot alone, and not deflected because the requester came back"),
    "deflection_rate": Definition("share", "deflected / (tickets - unsettled)"),
    "verified": Definition(
        "tickets",
        "deflected, and the last answer rests on something: a cited document, a look into "
        "the shop, or an action that is done. Judged by code from the trace, not by a model",
    ),
    "verified_rate": Definition("share", "verified / (tickets - unsettled)"),
    "confirmed": Definition("tickets", "deflected, and the requester's last words were thanks"),
    "reopened": Definition("tickets", "the requester wrote again after the ticket was solved or closed"),
    "repeat_contact": Definition("tickets", "the same requester had opened another one in the 72 h before"),
    "first_ack_p50": Definition("seconds", "median, from a requester's first message to the first message of any kind"),
    "first_ack_p95": Definition("seconds", "the same, for the slowest twentieth"),
    "first_answer_p50": Definition(
        "seconds",
        "median, to the first answer with substance: by the team without an "
        "escalation, or by a person; receipts and hand-off texts do not count",
    ),
    "first_answer_p90": Definition("seconds", "the same, for the slowest tenth"),
    "first_answer_p95": Definition("seconds", "the same, for the slowest twentieth"),
    "first_human_p50": Definition("seconds", "median, to the first message by a person, where there was one"),
    "first_human_p95": Definition("seconds", "the same, for the slowest twentieth"),
    "first_answer_open_p50": Definition("seconds", "first_answer_p50, counting only the hours of policy.hours"),
    "first_answer_open_p95": Definition("seconds", "the same, for the slowest twentieth"),
    "first_human_open_p50": Definition("seconds", "first_human_p50, counting only the hours of policy.hours"),
    "first_human_open_p95": Definition("seconds", "the same, for the slowest twentieth"),
    "ratings": Definition("tickets", "whose requester said whether it helped; the last word of each counts"),
    "csat_rate": Definition("share", "said yes / ratings"),
    "csat_bot_rate": Definition("share", "the same, of tickets in which no person wrote"),
    "csat_staff_rate": Definition("share", "the same, of tickets in which a person wrote"),
    "approvals": Definition("actions", "decided by a person in the period"),
    "approvals_denied_rate": Definition("share", "denied / approvals: how often staff saw it differently"),
    "approval_p50": Definition("seconds", "median, from the proposal to the decision that won"),
    "refunds": Definition("actions", "refunds that were made in the period"),
    "refunded_minor": Definition("minor units by currency", "money paid back in the period"),
    "replies_failed": Definition("messages", "of the period that could not be delivered; a person was told"),
    "possible_duplicates": Definition(
        "messages", "of the period that may have arrived twice, because a mail server could not be asked"
    ),
    "model_requests": Definition("calls", "paid to the model for runs begun in the period"),
    "input_tokens": Definition("tokens", "sent to the model, cached ones included"),
    "cached_tokens": Definition("tokens", "of these, served from the provider's cache"),
    "output_tokens": Definition("tokens", "written by the model"),
    "model_micros": Definition("millionths of a dollar", "what these calls cost by the price table"),
    "micros_per_ticket": Definition("millionths of a dollar", "model_micros / tickets"),
    "micros_per_verified": Definition(
        "millionths of a dollar",
        "model cost, the period's share of "
        "numbers.infrastructure_micros_per_day, and numbers.staff_minutes_per_ticket of "
        "staff time for each ticket a person answered, / verified",
    ),
    "lost": Definition("rows", "received and not accounted for; must be 0 (`helpdesk certificate`)"),
}
"""Every figure of `helpdesk report`, by name."""


def as_markdown() -> str:
    """The definitions as a table, for deploy/NUMBERS.md."""
    rows = [f"| `{name}` | {figure.unit} | {figure.words} |" for name, figure in DEFINITIONS.items()]
    return "\n".join(["| figure | unit | meaning |", "|---|---|---|", *rows]) + "\n"
