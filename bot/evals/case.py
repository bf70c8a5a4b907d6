"""One eval case: who writes what, what the world looks like, and what must come of it."""

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

CASES = Path(__file__).with_name("cases")

Group = Literal["routing", "guardrails", "tools", "sessions", "knowledge", "observability", "policy", "safety"]

MUST_HOLD: frozenset[Group] = frozenset({"guardrails", "policy", "safety"})
"""Groups in which a single failure fails the whole run."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Expected(_Part):
    """What must be true after a message. What is not given is not looked at.

    `route` are agents that must hold the conversation in this order; `tools` were called, `forbidden_tools` were
    not; `proposals` is the whole end state of this message: each entry must be part of exactly one proposal.
    """

    lane: str | tuple[str, ...] | None = None
    route: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    forbidden_tools: tuple[str, ...] = ()
    proposals: tuple[dict[str, Any], ...] | None = None
    reply_contains: tuple[str, ...] = ()
    reply_lacks: tuple[str, ...] = ()
    cites: tuple[str, ...] | None = None
    escalated: bool | None = None
    answered: bool | None = None
    guardrails: tuple[str, ...] = ()
    traced: tuple[str, ...] = ()
    never_sent: tuple[str, ...] = ()
    max_calls: int | None = None
    max_cost_micros: int | None = None


class Said(_Part):
    """One message of the thread. `same_in` are ways to say it in other languages, `also` paraphrases."""

    say: str
    expect: Expected = Field(default_factory=Expected)
    also: tuple[str, ...] = ()
    same_in: dict[str, str] = Field(default_factory=dict)


class Waiting(_Part):
    """Something that was asked for earlier."""

    kind: str
    state: str
    summary: str


class Rows(_Part):
    """What a whole desk must have in its tables in the end.

    `actions` is every action there is: each entry (kind, state, order_id, charge_id, amount_minor, currency)
    must be part of one. `owner` is who looks after the ticket ("staff": a person was fetched; null: the bot).
    """

    actions: tuple[dict[str, Any], ...] = ()
    escalations: int | None = None
    replies: int | None = None
    owner: str | None = None


class Case(_Part):
    """A conversation. `requester` is a proven address of the sample shop, or null for somebody unproven.

    `shop` replaces rows of the sample shop ("customers", "orders", "charges", in its file's form) or adds some;
    `rows` plays the case on a whole desk as well and looks at what is in its tables in the end.
    """

    id: str
    group: Group
    requester: str | None = "alice@example.com"
    thread: tuple[Said, ...]
    pending: tuple[Waiting, ...] = ()
    knowledge: dict[str, str] = Field(default_factory=dict)
    shop: dict[str, tuple[dict[str, Any], ...]] = Field(default_factory=dict)
    rows: Rows | None = None
    strict_pii: bool = False


def load_cases(paths: tuple[Path, ...] = (CASES,)) -> list[Case]:
    """The cases of these files and folders. Raises ValueError naming file, case and field."""
    files = [file for path in paths for file in (sorted(path.glob("*.yaml")) if path.is_dir() else [path])]
    cases: list[Case] = []
    for file in files:
        for raw in yaml.safe_load(file.read_text(encoding="utf-8")) or []:
            cases.append(_read(file, raw))
    doubled = {case.id for case in cases if sum(other.id == case.id for other in cases) > 1}
    if doubled:
        raise ValueError(f"two cases have the same id: {', '.join(sorted(doubled))}")
    return cases


def _read(file: Path, raw: dict[str, Any]) -> Case:
    try:
        return Case.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{file.name}: case {raw.get('id', '?')}: {where}: {first['msg']}") from error
