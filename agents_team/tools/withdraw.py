"""Lets the model take back what the requester asked for earlier and no longer wants."""

from agents_team.facts import standing
from agents_team.tools.answers import Context, refused, said, tool
from agents_team.turn import PendingAction, Proposal

WITHDRAW = "withdraw"

NOTHING = refused("nothing_open", "Nothing of theirs is open here. Say so; there is nothing to withdraw.")


async def withdraw_request(context: Context, order_id: str | None, reason: str) -> str:
    """Withdraw something the requester asked for earlier (a refund, a cancellation) because they want it no more.

    Args:
        order_id: The order their earlier wish was about; null when only one wish is open.
        reason: Why they changed their mind, in their sense, in a few words.
    """
    run = context.context
    fitting = [action for action in run.turn.pending if not order_id or order_id.strip() in action.summary]
    if not fitting:
        return NOTHING
    if len(fitting) > 1:
        return refused("which_one", f"Several are open: {'; '.join(map(standing, fitting))}. Ask which one they mean.")
    _remember(run.proposals, fitting[0], reason)
    return said(
        ok="asked for",
        what=standing(fitting[0]),
        say="The helpdesk tells them itself whether it was still possible. Add nothing about the result.",
    )


def _remember(proposals: list[Proposal], action: PendingAction, reason: str) -> None:
    """Withdrawing the same thing twice in a run is one wish."""
    wish = {"action_id": action.id}
    proposals[:] = [p for p in proposals if (p.kind, dict(p.wish)) != (WITHDRAW, wish)]
    proposals.append(Proposal(kind=WITHDRAW, wish=wish, reason=reason))


WITHDRAW_REQUEST = tool(withdraw_request)
