"""What goes into the team and what comes out: plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

Item = dict[str, Any]
"""One item of the SDK's conversation history, as JSON."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the conversation. `who` is requester, staff or bot; `masked` what was taken out of the text."""

    who: str
    text: str
    at: datetime
    name: str = ""
    masked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PendingAction:
    """Something the team asked for earlier and where it stands, in words a person would use."""

    id: str
    kind: str
    state: str
    summary: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one run may use before a person takes over. Seconds, counts, tokens, micro-units of money."""

    turns: int = 12
    tool_calls: int = 20
    identical_calls: int = 3
    seconds: float = 120.0
    tokens: int = 60_000
    cost_micros: int = 500_000


@dataclass(frozen=True, slots=True)
class Turn:
    """Everything the team may know for one pass.

    `new` are the messages to answer, oldest first; `memory` the SDK items of earlier passes.
    `customer_id` is the shop account, only after proof (None: unproven); `trust` as channels.base.Trust.
    `waited` is how many seconds this pass has been waiting for a model already. `boundary` says in words what came
    between what is remembered and now (a colleague, an end); what lies before it is remembered as a summary.
    `code_may_follow`: an unproven requester whose address is on file will find a one-time code below the answer.
    """

    run_id: str
    ticket_id: str
    channel: str
    new: tuple[Said, ...]
    memory: tuple[Item, ...] = ()
    requester_name: str = ""
    customer_id: str | None = None
    trust: int = 0
    lane: str | None = None
    pending: tuple[PendingAction, ...] = ()
    now: datetime | None = None
    bounds: Bounds = field(default_factory=Bounds)
    waited: float = 0.0
    boundary: str = ""
    code_may_follow: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the team wants done. Facts and verdict are added by code; nothing happens here.

    `wish` holds what the model asked for: ids as text, amounts as integer minor units
    (for a refund: order_id, charge_id or None, amount_minor or None for all, reason).
    """

    kind: str
    wish: Mapping[str, Any]
    reason: str


@dataclass(frozen=True, slots=True)
class EscalationWish:
    """The team asks for a person. `priority` is low, medium, high or critical."""

    reason: str
    priority: str
    summary: str


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a statement comes from: document name, section heading, and the cited passage."""

    document: str
    section: str
    passage: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one run used. `cost_micros` is in millionths of the price table's currency."""

    requests: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost_micros: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the team says and wants. A blank `text` comes only with an escalation.

    `memory` are the items to keep for the next pass, `route` the agents in the order they held the
    conversation, `tools` the tools called, `handled_by` "model" or "offline".
    """

    text: str
    specialist: str
    route: tuple[str, ...]
    tools: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    escalation: EscalationWish | None = None
    citations: tuple[Citation, ...] = ()
    memory: tuple[Item, ...] = ()
    usage: Usage = field(default_factory=Usage)
    handled_by: str = "model"
    language: str = ""


@dataclass(frozen=True, slots=True)
class PaidCall:
    """One model response as it arrived, and what it cost. `n` counts equal requests within the run.

    `kind` is "tool" for the result of a tool outside of our reach, which may say something else the next time.
    """

    request_hash: str
    n: int
    agent: str
    model: str
    response: Mapping[str, Any]
    usage: Usage
    seconds: float
    kind: str = "model"


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One thing that happened in a run: `kind` is handoff, tool or guardrail."""

    kind: str
    agent: str
    name: str
    data: Mapping[str, Any]
    seconds: float = 0.0


class RunLog(Protocol):
    """Where a run keeps its journal and trace. Each call returns when the row is committed."""

    async def replay(self, request_hash: str, n: int) -> PaidCall | None:
        """The response already paid for, or None."""

    async def keep(self, call: PaidCall) -> None:
        """Store a response before anybody acts on it."""

    async def note(self, step: TraceStep) -> None:
        """Store one step of the trace; noting the same step again after a crash adds nothing harmful."""


class TeamUnavailable(Exception):
    """No model could answer now (down, slow, refusing): try again later, then fetch a person.

    `after` is how many seconds the provider asked us to stay away (None: it did not say).
    """

    def __init__(self, why: str, *, after: float | None = None):
        super().__init__(why)
        self.after = after


class TeamGaveUp(Exception):
    """The run ended without an answer for a reason that trying again will not cure.

    `reason` is for staff, and so is `draft`: an answer that failed its checks, never to be sent as it is.
    """

    def __init__(self, reason: str, *, draft: str = ""):
        super().__init__(reason)
        self.reason = reason
        self.draft = draft
