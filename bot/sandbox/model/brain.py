"""A plausible tool-calling model without a mind: transfers, looks things up, and repeats what it found."""

import json
import re
from typing import Any

from bot.sandbox.model.conversation import Asked, Json, Offered, Said

_TRANSFER = "transfer_to_"
_TOPICS = (
    ("escalation", r"\b(?:human|person|manager|lawyer|complain\w*|fraud|hacked)\b"),
    ("refund", r"\b(?:refund\w*|money back|charged?|charges|billed|payment|duplicate)\b(?!.*\bpolicy\b)"),
    ("order_status", r"\b(?:where|track\w*|status|arriv\w*|parcel|package)\b|\bmy orders?\b"),
    ("faq", r""),
)
_ORDER_ID = re.compile(r"\b[A-Z]{2,5}-\d{2,}\b")
_MONEY_BACK = re.compile(r"refund|money back|reimburse", re.IGNORECASE)


def answer(asked: Asked) -> Said:
    """What the model does when no rule of a script fits."""
    transfers = sorted(name for name in asked.tool_names if name.startswith(_TRANSFER))
    if transfers and (asked.must_call or asked.tool_names == frozenset(transfers)):
        return _transfer(asked, transfers)
    if f"{_TRANSFER}refund" in transfers and _MONEY_BACK.search(asked.last_user_text):
        return _transfer(asked, [f"{_TRANSFER}refund"])
    results = [(name, output) for name, output in asked.results() if not name.startswith(_TRANSFER)]
    call = _next_call(asked, {name: _json(output) for name, output in results})
    if call is not None:
        name, hints = call
        offered = next(tool for tool in asked.tools if tool.name == name)
        return Said(calls=((name, json.dumps(_filled(offered, hints))),))
    return Said(text=_words(asked, [(name, _json(output)) for name, output in results]))


def _transfer(asked: Asked, transfers: list[str]) -> Said:
    text = asked.last_user_text
    for topic, pattern in _TOPICS:
        name = f"{_TRANSFER}{topic}"
        if name in transfers and re.search(pattern, text, re.IGNORECASE):
            break
    else:
        name = transfers[0]
    offered = next(tool for tool in asked.tools if tool.name == name)
    hints = {"reason": name.removeprefix(_TRANSFER), "summary": text[:200], "order_ids": _ORDER_ID.findall(text)}
    return Said(calls=((name, json.dumps(_filled(offered, hints))),))


def _next_call(asked: Asked, results: dict[str, Json]) -> tuple[str, Json] | None:
    """The tool a sensible model would call now, and what it knows for the arguments."""
    text, tools = asked.last_user_text, asked.tool_names
    ids = _ORDER_ID.findall(text)
    if any("error" in result for result in results.values()):
        return None
    if "propose_refund" in tools or "list_charges" in tools:
        return _next_refund_call(text, tools, results)
    if "get_order" in tools:
        name, hints = ("get_order", {"order_id": ids[0]}) if ids else ("list_orders", {})
        return None if name in results else (name, hints)
    if "search_knowledge" in tools:
        return None if "search_knowledge" in results or len(text) < 12 else ("search_knowledge", {"question": text})
    if "escalate" in tools and "escalate" not in results:
        return "escalate", {"reason": "asked for a person", "summary": text[:300]}
    return None


def _next_refund_call(text: str, tools: frozenset[str], results: dict[str, Json]) -> tuple[str, Json] | None:
    if "list_charges" not in results:
        return "list_charges", {}
    if not _MONEY_BACK.search(text) or "propose_refund" not in tools or "propose_refund" in results:
        return None
    charge = _charge_meant(text, results["list_charges"].get("charges", []))
    if charge is None:
        return None
    hints = {"order_id": charge["order_id"], "charge_id": charge["charge_id"], "reason": text[:200]}
    return "propose_refund", hints


def _charge_meant(text: str, charges: list[Json]) -> Json | None:
    """The charge of the order that was named, else the newest."""
    ids = _ORDER_ID.findall(text)
    named = [charge for charge in charges if charge.get("order_id") in ids]
    return next(iter(named or ([] if ids else charges)), None)


def _filled(offered: Offered, hints: Json) -> Json:
    """Arguments that satisfy the function's schema, from what is known."""
    properties: Json = offered.parameters.get("properties", {})
    return {name: hints[name] if name in hints else _plain(schema) for name, schema in properties.items()}


def _plain(schema: Json) -> Any:
    """Some value the schema allows."""
    options = schema.get("anyOf")
    if options:
        return None if any(option.get("type") == "null" for option in options) else _plain(options[0])
    if "enum" in schema:
        return schema["enum"][len(schema["enum"]) // 2]
    return {"string": "en", "integer": 0, "number": 0, "boolean": False, "array": [], "null": None}.get(
        str(schema.get("type")), {}
    )


def _words(asked: Asked, results: list[tuple[str, Json]]) -> str:
    """The last result, told."""
    for name, result in reversed(results):
        if "error" in result:
            return str(result.get("say", "That is not possible right now."))
        match name:
            case "search_knowledge":
                first = result["passages"][0]
                return f"{' '.join(first['text'].split())} {first['cite']}"
            case "propose_refund":
                return f"I have asked for {result['amount']} for {result['order_id']}; it is being checked."
            case "escalate":
                return "A colleague will take over and answer you here."
            case "list_charges":
                return _listed("payments", result.get("charges", []), "amount")
            case "list_orders":
                return _listed("orders", result.get("orders", []), "status")
            case "get_order" | "tracking":
                return f"Order {result['order_id']}: {result['status']}."
    return "Hello! How can I help you?"


def _listed(what: str, rows: list[Json], field: str) -> str:
    if not rows:
        return f"I see no {what} in your account."
    told = ", ".join(f"{row.get('order_id')} ({row.get(field)})" for row in rows[:5])
    return f"These are your latest {what}: {told}. Which one do you mean?"


def _json(text: str) -> Json:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
