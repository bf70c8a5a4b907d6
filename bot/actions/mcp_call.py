"""A tool of another program that changes something: people see server, tool and arguments, and it is called once."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from agents_team.mcp.config import MCP_CALL as KIND
from agents_team.mcp.errors import McpRefused, McpUnavailable
from bot.actions.by_shop import SHARED_WORDS, STATES
from bot.actions.kind import ActionKind, Case, Facts, Fresh, Prepared, Result, by_when
from bot.backends.errors import BackendNotReached, BackendRefused, BackendUnavailable
from bot.errors import NeedsAPerson
from bot.policy.shop_actions import judge_shop_action
from bot.policy.terms import terms_hash
from bot.policy.verdict import Outcome
from storage.models import Action, ActionState

if TYPE_CHECKING:
    from agents_team.mcp.servers import RemoteTool
    from bot.desk import Desk

WHAT = "what you asked for"
"""In front of a requester: neither tools nor their arguments are theirs to read."""


@dataclass(frozen=True, slots=True)
class McpTerms:
    """Which tool of which server, with exactly these arguments, as they stood when people were asked."""

    kind: ClassVar[str] = KIND

    server: str
    tool: str
    arguments: dict[str, Any]
    fingerprint: str


async def _prepare(desk: "Desk", case: Case) -> Prepared:
    """Ask the server what the tool is. Raises BackendNotReached."""
    server, tool, arguments = str(case.wish["server"]), str(case.wish["tool"]), dict(case.wish["arguments"])
    remote = await _remote(desk, server, tool)
    name = f"{server}: {tool}"
    verdict = judge_shop_action(
        name, who=_who(remote), known=remote is not None, possible=True, trust=case.trust, facts=dict(case.wish)
    )
    terms = McpTerms(server, tool, arguments, remote.fingerprint) if remote else None
    return Prepared(
        kind=KIND,
        subject=_subject(case.customer_id or case.ticket_id, server, tool, arguments),
        customer_id=case.customer_id,
        terms=asdict(terms) if terms else {},
        terms_hash=terms_hash(terms) if terms else "",
        facts=_facts(remote),
        verdict=verdict.kept(),
        state=STATES[verdict.outcome],
        words="This is not possible right now." if verdict.outcome is Outcome.DENY else "",
        reason=case.reason,
        wish=dict(case.wish),
        trust=case.trust,
    )


def _who(remote: "RemoteTool | None") -> str:
    return "automatic" if remote is not None and remote.automatic else "person"


def _facts(remote: "RemoteTool | None") -> dict[str, Any]:
    return {"what the tool says of itself": " ".join(remote.description.split())[:300]} if remote else {}


def _subject(whose: str, server: str, tool: str, arguments: Mapping[str, Any]) -> str:
    """The same call for the same customer is one wish, however often it is uttered."""
    said = json.dumps(arguments, sort_keys=True, ensure_ascii=True)
    return f"{whose}:{server}/{tool}:{hashlib.sha256(said.encode()).hexdigest()[:16]}"


async def _remote(desk: "Desk", server: str, tool: str) -> "RemoteTool | None":
    if desk.mcp is None:
        return None
    try:
        return await desk.mcp.remote_tool(server, tool)
    except McpUnavailable as error:
        raise BackendNotReached(f"MCP server {server}: {error}") from error


async def _again(desk: "Desk", action: Action) -> Fresh:
    """Is the tool still what people saw? Raises BackendNotReached."""
    remote = await _remote(desk, action.terms["server"], action.terms["tool"])
    if remote is None:
        return Fresh(facts=action.facts, blocked="The server does not offer this tool any more.")
    if remote.fingerprint == action.terms["fingerprint"]:
        return Fresh(facts=action.facts)
    return Fresh(facts=_facts(remote), blocked="The server describes this tool differently now; ask again if needed.")


async def _look(desk: "Desk", action: Action) -> Result | None:
    """The protocol has no way to ask what a lost call did, so nothing is done a second time without a person."""
    raise NeedsAPerson(
        f"The answer of this call was lost, and MCP cannot say whether it was done. Look in {action.terms['server']} "
        f"for the key {action.id}, then mark it as done or close it."
    )


async def _do(desk: "Desk", action: Action) -> Result:
    """One call, with our id in `_meta`. Raises BackendNotReached, BackendUnavailable (in doubt) or BackendRefused."""
    terms = action.terms
    if desk.mcp is None:
        raise BackendRefused("not_allowed", "No MCP server is set up any more (team.mcp).")
    try:
        words = await desk.mcp.change(terms["server"], terms["tool"], terms["arguments"], key=action.id)
    except McpUnavailable as error:
        kind = BackendUnavailable if error.sent else BackendNotReached
        raise kind(f"MCP server {terms['server']}: {error}") from error
    except McpRefused as error:
        raise BackendRefused("refused", str(error)) from error
    return Result(ActionState.DONE, {"said": words[:500]})


async def _follow(_: "Desk", __: Action) -> Result | None:
    return None


def _card_facts(action: Action) -> Facts:
    wish = action.wish
    rows = [("Server", str(wish["server"])), ("Tool", str(wish["tool"]))]
    rows += [(f"Argument {name}", _value(value)) for name, value in wish["arguments"].items()]
    rows += [(name.capitalize(), str(value)) for name, value in action.facts.items()]
    rows.append(("The server said", str(action.result.get("said") or "")))
    return tuple((name, text) for name, text in rows if text)


def _value(value: Any) -> str:
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))[:500]


def _told(action: Action) -> str:
    words = {**SHARED_WORDS, ActionState.DONE: "Done: {what}."}.get(action.state, "")
    reason = f" The reason: {action.note}" if action.note and action.state is ActionState.DENIED else ""
    return words.format(what=WHAT, by=by_when(action), reason=reason)


MCP_CALL = ActionKind(
    name=KIND,
    prepare=_prepare,
    again=_again,
    look=_look,
    do=_do,
    follow=_follow,
    call_limit=lambda desk: timedelta(seconds=desk.mcp.longest_change if desk.mcp else 0),
    key_lifetime=lambda desk: timedelta(days=365),  # a second try never gets this far: `look` fetches a person
    summary=lambda action: f"{action.wish['server']}: {action.wish['tool']}",
    card_facts=_card_facts,
    told=_told,
)
