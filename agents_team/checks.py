"""Puts the guardrails around a run: what comes in is masked, what goes out is held against what the run has seen."""

from dataclasses import replace

from agents_team.current import CurrentRun
from agents_team.guardrails import Sent, mask_pii, problems_of
from agents_team.guardrails.grounding import Evidence, ungrounded
from agents_team.turn import Item, Turn

# States of an earlier action that make "your refund is done" a fact and not a promise.
DONE = frozenset({"done", "executed", "succeeded", "completed", "paid"})


def masked_turn(turn: Turn) -> tuple[Turn, tuple[str, ...]]:
    """The turn without card and account numbers, and the kinds that were taken out, now or before it was stored."""
    kinds: dict[str, None] = {}
    new = []
    for said in turn.new:
        found = mask_pii(said.text)
        kinds |= dict.fromkeys((*said.masked, *found.kinds)) if said.who == "requester" else {}
        new.append(replace(said, text=found.text))
    return replace(turn, new=tuple(new)), tuple(kinds)


def problems_of_answer(text: str, run: CurrentRun, items: list[Item]) -> list[str]:
    """Why an answer may not be sent; empty when it may. A blank one may when a person takes over."""
    if not text and run.escalation is not None:
        return []
    leans_on = Sent(
        money_moved=any("refund" in a.kind and a.state.lower() in DONE for a in run.turn.pending),
        done=frozenset(a.kind for a in run.turn.pending if a.state.lower() in DONE),
        person_asked=run.escalation is not None or bool(run.turn.pending) or bool(run.proposals),
        markers=run.passages,
    )
    passages = {marker: f"{p.section}\n{p.text}" for marker, p in run.passages.items()}
    return problems_of(text, leans_on) + ungrounded(text, Evidence(passages, _seen(run, items)))


def _seen(run: CurrentRun, items: list[Item]) -> str:
    """Everything the requester, staff, the shop and the facts said; not what the documents say, nor our own drafts."""
    parts = [said.text for said in run.turn.new]
    parts += [action.summary for action in run.turn.pending]
    names = {item.get("call_id"): item.get("name") for item in items if item.get("type") == "function_call"}
    drafts = len(run.turn.memory)
    for number, item in enumerate(items):
        if item.get("type") == "function_call_output" and names.get(item.get("call_id")) != "search_knowledge":
            parts.append(str(item.get("output")))
        elif item.get("role") == "user" or (item.get("role") == "assistant" and number < drafts):
            parts.append(_words(item))
    return "\n".join(parts)


def _words(item: Item) -> str:
    content = item.get("content")
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text", "")) for part in content or [] if isinstance(part, dict))
