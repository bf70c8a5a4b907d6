"""One model backend with the agents that run on it; a team has one, and others for when it does not answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from agents import Agent, Tool

from agents_team.breaker import Breaker
from agents_team.config import TeamConfig
from agents_team.current import CurrentRun
from agents_team.models import MODELS, Backend
from agents_team.models.offline import offline_backend
from agents_team.router import Router
from agents_team.specialists import Specialist
from agents_team.triage import build_agents


@dataclass(frozen=True, slots=True)
class Crew:
    """The agents on one backend. `reduced`: looks up and escalates only, and says so."""

    backend: Backend
    agents: Mapping[str, Agent[CurrentRun]]
    own_tools: Mapping[str, Sequence[Tool]]
    reduced: bool = False
    breaker: Breaker = field(default_factory=Breaker)

    def equip(self, extra: Callable[[str], Sequence[Tool]]) -> None:
        """Give every agent its own tools and those `extra` names for it, instead of what it was given before."""
        for name, agent in self.agents.items():
            agent.tools = [*self.own_tools[name], *extra(name)]


def crews_of(
    config: TeamConfig, specialists: Mapping[str, Specialist], router: Router, backend: Backend | None
) -> tuple[list[Crew], Crew | None]:
    """(those to ask, in their order; the one for an outage or None). Raises ValueError when a setting is missing."""
    chosen = [config, *([config.fallback] if config.fallback else [])]
    backends = [_backend(each, router) for each in chosen] if backend is None else [backend]
    crews = [_crew(each, specialists) for each in backends]
    outage = None
    if config.offline_after is not None and config.provider != "offline":
        outage = _crew(offline_backend(config, router), specialists, reduced=True)
    return crews, outage


def _backend(config: TeamConfig, router: Router) -> Backend:
    if config.provider not in MODELS:
        raise ValueError(f"model.provider is {config.provider!r} but must be one of {', '.join(MODELS)}")
    return MODELS[config.provider](config, router)


def _crew(backend: Backend, specialists: Mapping[str, Specialist], *, reduced: bool = False) -> Crew:
    agents = build_agents(
        specialists.values(),
        backend.model_name,
        backend.settings,
        backend.hosted_search,
        ends_early=backend.handled_by == "model",
    )
    return Crew(backend, agents, {name: list(agent.tools) for name, agent in agents.items()}, reduced)
