"""What waits after an answer, as the next message of a conversation without a desk must know it."""

from agents_team.tools.answers import money
from agents_team.turn import Answer, PendingAction


def standing_after(
    pending: tuple[PendingAction, ...], answer: Answer, currency: str = "USD"
) -> tuple[PendingAction, ...]:
    """What was pending, without what was withdrawn, and with what the answer asked for."""
    withdrawn = {str(wish.wish.get("action_id")) for wish in answer.proposals if wish.kind == "withdraw"}
    kept = [action for action in pending if action.id not in withdrawn]
    for wish in answer.proposals:
        if wish.kind == "withdraw":
            continue
        about = str(wish.wish.get("order_id") or wish.wish.get("plan") or "")
        amount = wish.wish.get("amount_minor")
        words = [wish.kind.replace("_", " "), f"of {money(amount, currency)}" if isinstance(amount, int) else "", about]
        summary = " ".join(word for word in words if word)
        kept.append(PendingAction(f"act_{len(pending) + len(kept):04}", wish.kind, "pending", summary))
    return tuple(kept)
