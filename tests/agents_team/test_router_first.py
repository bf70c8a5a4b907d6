"""Where the router is sure nobody asks the triage model; rules come before it, and a sticky lane stays."""

from collections.abc import Callable, Sequence

from agents.testing import assistant_message
from helpers import MemoryLog, scripted, transfer, turn_of

from agents_team.router import Example, Guess, shipped_router
from agents_team.specialists import SPECIALISTS
from agents_team.starting import starting_lane
from agents_team.team import Team

Build = Callable[..., Team]


def first(build: Build) -> Build:
    return lambda model: build(model, router_first=True)


async def test_a_clear_question_costs_no_triage(team_on: Build) -> None:
    team, model = scripted(first(team_on), [[assistant_message("Which order is it?")]])
    log = MemoryLog()

    answer = await team.respond(turn_of("Where is my order?"), log)

    assert answer.route == ("router", "order_status")
    assert len(model.calls) == 1
    [step] = [step for step in log.steps if step.kind == "handoff"]
    assert (step.agent, step.name) == ("router", "order_status")
    assert step.data["confidence"] > 0.8


async def test_an_unclear_one_is_for_triage(team_on: Build) -> None:
    team, _ = scripted(first(team_on), [transfer("faq"), [assistant_message("What do you mean?")]])

    assert (await team.respond(turn_of("about that thing"), MemoryLog())).route == ("triage", "faq")


def test_money_taken_twice_is_for_billing_before_it_is_for_refund() -> None:
    sure = Guess("refund", "wants money back", 1.0, sure=True, answerable=True)

    def begins(text: str, **turn: str) -> str:
        return starting_lane(turn_of(text, **turn), sure, SPECIALISTS, with_router=True).name

    assert begins("I was charged twice for my order and I want my money back") == "billing"
    assert begins("I want my money back") == "refund"
    assert begins("I was charged twice, where is my refund?", lane="refund") == "refund"


async def test_the_wish_for_a_person_goes_there_at_once_from_every_lane(team_on: Build) -> None:
    team, _ = scripted(first(team_on), [[assistant_message("Of course.")]])

    answer = await team.respond(turn_of("I want to talk to a human", lane="refund"), MemoryLog())

    assert answer.specialist == "escalation"


async def test_a_follow_up_stays_and_a_new_subject_moves(team_on: Build) -> None:
    steps = [[assistant_message("All right.")], [assistant_message("Let me see.")]]
    team, _ = scripted(first(team_on), steps)

    stays = await team.respond(turn_of("yes please", lane="refund"), MemoryLog())
    moves = await team.respond(turn_of("I forgot my password", lane="refund"), MemoryLog())

    assert stays.route == ("refund",)
    assert moves.route == ("router", "technical")


class Moved:
    """One ticket that staff moved."""

    async def examples_after(self, position: str) -> Sequence[tuple[str, Example]]:
        example = Example("technical", "moved by staff", "the flux capacitor hums")
        return [("evt_1", example)] if position < "evt_1" else []


async def test_what_staff_moved_is_heard_by_the_next_run() -> None:
    router = shipped_router().with_sources(embedded=None, store=Moved())

    guess = await router.guess_well("my flux capacitor hums")

    assert (guess.lane, guess.sure) == ("technical", True)
    assert router.guess("my flux capacitor hums").lane == "technical"
