"""ACTIONS: everything the desk can do that changes the world. A new one is one file and one line here."""

from bot.actions.kind import ActionKind
from bot.actions.refund import REFUND

ACTIONS: dict[str, ActionKind] = {
    REFUND.name: REFUND,
}
