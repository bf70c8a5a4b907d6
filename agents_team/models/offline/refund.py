"""The offline refund specialist: finds the payment that is meant, proposes, and leaves the decision to others."""

import re

from agents_team.models.offline import extract
from agents_team.models.offline.charges import about_charges
from agents_team.models.offline.common import after_tools, before_all, say, unproven
from agents_team.models.offline.moves import Call, Move, Say
from agents_team.models.offline.reading import Json, Reading

_STANDING_OVER = re.compile(r"\b(?:denied|refused|rejected|expired|withdrawn|failed|cancell?ed)\]")


def refund(reading: Reading) -> Move:
    """Look at charges, decide which is meant, and ask for it back only when the requester did."""
    first = before_all(reading, "refund")
    if first is not None:
        return first
    if reading.called("propose_refund"):
        return _after_proposal(reading)
    problem = after_tools(reading)
    if problem is not None:
        return problem
    if _takes_back(reading):
        return _withdraw(reading)
    if standing := _standing(reading):
        return say(reading, "already", standing=standing)
    if not reading.called("list_charges"):
        return [Call("list_charges"), Call("list_orders")]
    charges: list[Json] = (reading.result("list_charges") or {}).get("charges", [])
    return about_charges(reading, charges) if charges else say(reading, "no_charges")


def _takes_back(reading: Reading) -> bool:
    """ "Cancel it and refund me" takes nothing back, unless there is a request that it can mean."""
    if extract.signals("withdraw_request", reading.question) or reading.called("withdraw_request"):
        return True
    return bool(reading.pending) and extract.signals("withdraw", reading.question)


def _after_proposal(reading: Reading) -> Move:
    result = reading.result("propose_refund") or {}
    match result.get("error"):
        case None:
            return say(reading, "proposed", amount=str(result["amount"]), order=str(result["order_id"]))
        case "already_asked":
            return say(reading, "already", standing=_plain(str(result["say"]).split(": ", 1)[-1].rstrip(".")))
        case "identity_not_proven" | "identity_not_proven_code_follows" as error:
            return unproven(reading, error)
    return Say(str(result.get("say", "")))


def _withdraw(reading: Reading) -> Move:
    """Take back what is meant; with several open ones it must be named."""
    if not reading.called("withdraw_request"):
        named = [order_id for order_id in reading.order_ids() if any(order_id in line for line in reading.pending)]
        wish = {"order_id": named[0] if named else None, "reason": " ".join(reading.question.split())[:200]}
        return [Call("withdraw_request", wish)]
    result = reading.result("withdraw_request") or {}
    match result.get("error"):
        case None:
            return say(reading, "withdraw_asked", standing=_plain(str(result.get("what", ""))))
        case "which_one":
            return say(reading, "already", standing="; ".join(_plain(line) for line in reading.pending))
    return say(reading, "nothing_to_withdraw")


def _standing(reading: Reading) -> str | None:
    """A refund that is asked for already, unless the requester now names another order."""
    named = extract.order_ids(reading.question)
    for line in reading.pending:
        if "refund" not in line or _STANDING_OVER.search(line):
            continue
        if line.endswith("done]") and extract.amounts_minor(reading.question):
            continue
        if not named or any(order_id in line for order_id in named) or not extract.order_ids(line):
            return _plain(line)
    return None


def _plain(standing: str) -> str:
    """What stands, for a person to read: "refund of 9.00 USD for ORD-1 (waiting)"."""
    return re.sub(r"\[[^\],]*, ([^\]]*)\]$", lambda match: f"({match[1].replace('_', ' ')})", standing)
