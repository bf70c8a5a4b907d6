"""An operator adds and replaces specialists with files, and is told exactly what is wrong with one."""

from pathlib import Path

import pytest
from agents.testing import ScriptedModel, assistant_message
from helpers import MemoryLog, backend_of, transfer, turn_of
from small_shop import SmallShop

from agents_team.config import TeamConfig
from agents_team.knowledge import Knowledge
from agents_team.specialists.folder import specialists_of
from agents_team.team import Team
from agents_team.turn import TeamGaveUp

WARRANTY = """---
name: warranty
handoff_description: Questions about the warranty of devices.
tools: [search_knowledge, get_order]
model: big-model
---
# Your task: warranty
Say how long the warranty lasts.
"""


def test_a_file_adds_a_specialist(tmp_path: Path) -> None:
    (tmp_path / "warranty.md").write_text(WARRANTY)

    added = specialists_of(tmp_path)["warranty"]

    assert (added.model, added.mode) == ("big-model", "auto")
    assert [tool.name for tool in added.tools] == ["search_knowledge", "get_order"]
    assert "Say how long the warranty lasts." in added.instructions
    assert "# Rules for everybody" in added.instructions


def test_a_file_replaces_only_what_it_names(tmp_path: Path) -> None:
    (tmp_path / "faq.md").write_text("---\nname: faq\nmodel: small\n---\n")
    shipped = specialists_of(None)["faq"]

    changed = specialists_of(tmp_path)["faq"]

    assert changed.model == "small"
    assert (changed.task, changed.tools) == (shipped.task, shipped.tools)


async def test_a_file_says_how_the_model_of_its_specialist_is_called(
    tmp_path: Path, shop: SmallShop, knowledge: Knowledge
) -> None:
    (tmp_path / "faq.md").write_text("---\nname: faq\nsettings: {temperature: 0.2, reasoning: low}\n---\n")
    model = ScriptedModel([transfer("faq"), [assistant_message("Hello.")]])
    config = TeamConfig(team_folder=tmp_path, router_first=False)
    team = Team(config, shop, knowledge, backend=backend_of(model))

    await team.respond(turn_of("hello"), MemoryLog())

    triage, faq = (made.model_settings for made in model.calls)
    assert (faq.temperature, faq.reasoning and faq.reasoning.effort) == (0.2, "low")
    assert (faq.parallel_tool_calls, triage.temperature) == (False, None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no front matter", "x.md: it must begin with front matter"),
        ("---\nname: [\n---\nbody", "x.md: the front matter is no YAML"),
        ("---\nname: a_b\n---\nbody", "x.md: handoff_description is missing"),
        ("---\nname: a_b\nhandoff_description: d\n---\n", "x.md: a body is missing"),
        ("---\nname: faq\ntools: [fly]\n---\n", "x.md: tools: there is no fly"),
        ("---\nname: faq\ntools: fly\n---\n", "x.md: tools: must be a list"),
        ("---\nname: faq\nmode: maybe\n---\n", "x.md: mode: must be one of auto, draft, off"),
        ("---\nname: faq\ntemper: bad\n---\n", "x.md: temper: unknown"),
        ("---\nname: faq\nsettings: warm\n---\n", "x.md: settings: must be names with values"),
        ("---\nname: faq\nsettings: {heat: 1}\n---\n", "x.md: settings.heat: unknown"),
        ("---\nname: faq\nsettings: {temperature: warm}\n---\n", "x.md: settings.temperature: must be a number"),
        ("---\nname: Bad Name\n---\n", "x.md: name:"),
        ("---\nname: triage\n---\nbody", "x.md: name:"),
        ("---\nname: faq\nhands_to: [nobody]\n---\n", "faq.hands_to: there is no specialist nobody"),
    ],
)
def test_a_wrong_file_names_file_and_field(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "x.md").write_text(text)

    with pytest.raises(ValueError, match=r"team\.folder: ") as error:
        specialists_of(tmp_path)

    assert why in str(error.value)


async def test_the_team_hands_over_to_it(tmp_path: Path, shop: SmallShop, knowledge: Knowledge) -> None:
    (tmp_path / "warranty.md").write_text(WARRANTY)
    model = ScriptedModel([transfer("warranty"), [assistant_message("Which device is it?")]])
    team = Team(TeamConfig(team_folder=tmp_path), shop, knowledge, backend=backend_of(model))

    answer = await team.respond(turn_of("my desk phone broke, warranty?"), MemoryLog())

    assert answer.specialist == "warranty"


async def test_a_specialist_that_only_drafts_leaves_its_answer_to_a_person(
    tmp_path: Path, shop: SmallShop, knowledge: Knowledge
) -> None:
    (tmp_path / "faq.md").write_text("---\nname: faq\nmode: draft\n---\n")
    model = ScriptedModel([[assistant_message("Hello there.")]])
    team = Team(TeamConfig(team_folder=tmp_path), shop, knowledge, backend=backend_of(model))

    with pytest.raises(TeamGaveUp, match="only drafts") as gave_up:
        await team.respond(turn_of("hello", lane="faq"), MemoryLog())

    assert gave_up.value.draft == "Hello there."


async def test_a_specialist_that_is_off_takes_nobody(tmp_path: Path, shop: SmallShop, knowledge: Knowledge) -> None:
    (tmp_path / "billing.md").write_text("---\nname: billing\nmode: 'off'\n---\n")
    team = Team(TeamConfig(team_folder=tmp_path), shop, knowledge)

    answer = await team.respond(turn_of("where can I get my invoice?"), MemoryLog())

    assert "billing" not in answer.route
