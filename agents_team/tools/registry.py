"""Every tool by the name the model sees: what an operator's own specialist may choose from."""

from agents import FunctionTool

from agents_team.tools.account import GET_ACCOUNT, SERVICE_STATUS
from agents_team.tools.charges import LIST_CHARGES, LIST_INVOICES
from agents_team.tools.escalate import ESCALATE
from agents_team.tools.knowledge import SEARCH_KNOWLEDGE
from agents_team.tools.orders import GET_ORDER, LIST_ORDERS, TRACKING
from agents_team.tools.propose import PROPOSE_REFUND
from agents_team.tools.wishes import (
    PROPOSE_CANCEL_ORDER,
    PROPOSE_PASSWORD_RESET,
    PROPOSE_PLAN_CHANGE,
    PROPOSE_RESHIP,
)
from agents_team.tools.withdraw import WITHDRAW_REQUEST

TOOLS: dict[str, FunctionTool] = {
    tool.name: tool
    for tool in (
        LIST_ORDERS, GET_ORDER, TRACKING, LIST_CHARGES, LIST_INVOICES, GET_ACCOUNT, SERVICE_STATUS,
        SEARCH_KNOWLEDGE, ESCALATE,
        PROPOSE_REFUND, PROPOSE_RESHIP, PROPOSE_CANCEL_ORDER, PROPOSE_PLAN_CHANGE, PROPOSE_PASSWORD_RESET,
        WITHDRAW_REQUEST,
    )
}  # fmt: skip
