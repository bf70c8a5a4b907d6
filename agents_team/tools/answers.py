"""How a tool answers the model: short JSON, money twice, and the plain words for what is not possible."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from agents import FunctionTool, RunContextWrapper, function_tool
from agents.agent import AgentBase
from agents.exceptions import ModelBehaviorError

from agents_team.current import CurrentRun
from agents_team.schemas import compact
from agents_team.turn import Turn

Context = RunContextWrapper[CurrentRun]

# Currencies that have no minor unit, or three digits of it (ISO 4217); all others have two.
_NONE = re.findall("...", "BIFCLPDJFGNFISKJPYKMFKRWMGAPYGRWFUGXVNDVUVXAFXOFXPF")
_DIGITS = dict.fromkeys(_NONE, 0) | dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3)


def money(amount_minor: int, currency: str) -> str:
    """4999 and USD as "49.99 USD"."""
    digits = _DIGITS.get(currency, 2)
    return f"{Decimal(amount_minor).scaleb(-digits):.{digits}f} {currency}"


def said(**facts: Any) -> str:
    """Facts as compact JSON; what is None or empty is left out to save tokens."""
    return json.dumps(_known(facts), ensure_ascii=False, separators=(",", ":"))


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _known(each) for key, each in value.items() if each not in (None, "", [], ())}
    return [_known(each) for each in value] if isinstance(value, list | tuple) else value


def refused(code: str, say: str) -> str:
    """Why a tool has nothing to show; `say` tells the model what to do about it."""
    return said(error=code, say=say)


NOT_PROVEN = "identity_not_proven"
CODE_FOLLOWS = f"{NOT_PROVEN}_code_follows"
_UNPROVEN = refused(
    NOT_PROVEN,
    "Identity is not proven, so no account data may be shown. Ask them to write from the address on file; "
    "otherwise a person will help.",
)
_CODE_FOLLOWS = refused(
    CODE_FOLLOWS,
    "Identity is not proven, so no account data may be shown. If this is the address on file, the helpdesk puts a code "
    "below your answer, and replying with it proves them. Say only that; a person can help as well.",
)


def unproven(turn: Turn) -> str:
    """Nothing of an account may be shown in this pass, and what the requester can do about it."""
    return _CODE_FOLLOWS if turn.code_may_follow else _UNPROVEN


SHOP_DOWN = refused(
    "shop_unavailable", "The order system does not answer right now. Say so honestly, do not guess, escalate if urgent."
)


def unknown_order(order_id: str) -> str:
    """An order of somebody else and one that never was sound the same."""
    return refused("order_not_found", f"There is no order {order_id} in this customer's account. Ask them to check it.")


async def _explain_bad_arguments(_: RunContextWrapper[Any], error: Exception) -> str:
    """Wrong arguments go back to the model; anything else is a bug of ours and must not look like an answer."""
    if isinstance(error, ModelBehaviorError):
        return refused("bad_arguments", "The arguments were not valid. Correct them and call the tool again.")
    raise error


def tool(function: Callable[..., Any], *, trust: int = 0, kind: str = "") -> FunctionTool:
    """An SDK tool that the model sees only when it may be used.

    That is: the requester is proven at least to level `trust`, the desk can do actions of this `kind`, and the
    conversation does not look like an attempt to steer the model (see `CurrentRun.offers`).
    """

    def offered(context: RunContextWrapper[Any], _: AgentBase[Any]) -> bool:
        run: CurrentRun = context.context
        return run.offers(trust=trust, kind=kind)

    made = function_tool(
        function,
        is_enabled=offered if trust or kind else True,
        failure_error_function=_explain_bad_arguments,
    )
    made.params_json_schema = compact(made.params_json_schema)
    return made
