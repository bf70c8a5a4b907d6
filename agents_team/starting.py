"""Decides who begins a pass: the lane of last time, the router where it is sure, else triage."""

from collections.abc import Mapping
from typing import NamedTuple

from agents_team.models.offline.triage import SMALL_TALK, by_rule, facts_first
from agents_team.router import Guess
from agents_team.specialists import Specialist
from agents_team.triage import TRIAGE
from agents_team.turn import Turn

ROUTER_NAME = "router"


class Start(NamedTuple):
    """An agent's name, and whether the router chose it."""

    name: str
    by_router: bool = False


def starting_lane(turn: Turn, guess: Guess, specialists: Mapping[str, Specialist], *, with_router: bool) -> Start:
    """The sticky lane of the ticket, unless the router is sure of another; the router's where it is sure; triage.

    A wish for a person, danger and law are rules and come before everything.
    """
    sticky = _sticky(turn.lane, specialists)
    if not with_router:
        return Start(sticky or TRIAGE)
    text = "\n".join(said.text for said in turn.new)
    rule = by_rule(text)
    if rule is not None and rule.intent == SMALL_TALK and sticky:
        return Start(sticky)
    sure = rule or (guess if guess.sure else None)
    if sure is not None and sticky is None:
        sure = facts_first(sure, text)
    if sure is None or not _open(sure.lane, specialists):
        return Start(sticky or TRIAGE)
    return Start(sure.lane, by_router=sure.lane != sticky)


def _sticky(lane: str | None, specialists: Mapping[str, Specialist]) -> str | None:
    specialist = specialists.get(lane or "")
    return specialist.name if specialist and specialist.sticky and specialist.mode != "off" else None


def _open(lane: str, specialists: Mapping[str, Specialist]) -> bool:
    return lane in specialists and specialists[lane].mode != "off"
