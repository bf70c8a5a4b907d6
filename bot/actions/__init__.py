"""ACTIONS: everything the desk can do that changes the world. A new one is one file and one line here."""

from bot.actions.cancel_order import CANCEL_ORDER
from bot.actions.change_plan import CHANGE_PLAN
from bot.actions.kind import ActionKind
from bot.actions.mcp_call import MCP_CALL
from bot.actions.refund import REFUND
from bot.actions.reset_password import RESET_PASSWORD
from bot.actions.reship import RESHIP

ACTIONS: dict[str, ActionKind] = {
    REFUND.name: REFUND,
    RESHIP.name: RESHIP,
    CANCEL_ORDER.name: CANCEL_ORDER,
    CHANGE_PLAN.name: CHANGE_PLAN,
    RESET_PASSWORD.name: RESET_PASSWORD,
    MCP_CALL.name: MCP_CALL,
}
