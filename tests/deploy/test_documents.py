"""The documents say what the program has: each setting, command, metric, figure, check and HTTP path, no others."""

import re
from pathlib import Path

import click
import pytest
from starlette.routing import Route

from bot.cli import COMMANDS, cli
from bot.desk import Desk
from bot.doctor import CHECKS
from bot.numbers.definitions import as_markdown
from bot.numbers.metrics import METRICS
from bot.settings_load import known_paths
from bot.setup import settings_table
from bot.web import app
from channels.slack.channel import SlackChannel
from channels.slack.config import SlackConfig
from tests.desks import with_parts

ROOT = Path(__file__).resolve().parents[2]
GUIDES = sorted((ROOT / "deploy").glob("*.md"))
DOCUMENTS = [ROOT / "README.md", *GUIDES]


def written() -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in DOCUMENTS)


def test_every_setting_is_in_the_table_with_its_reason() -> None:
    kept = (ROOT / "deploy" / "SETTINGS.md").read_text(encoding="utf-8")

    assert kept == settings_table(), "helpdesk config docs > deploy/SETTINGS.md"
    assert [".".join(path) for path in known_paths() if f"`{'.'.join(path)}`" not in kept] == []


def test_every_figure_has_its_definition_in_the_document() -> None:
    kept = (ROOT / "deploy" / "NUMBERS.md").read_text(encoding="utf-8")
    assert as_markdown() in kept, "python -c 'from bot.numbers.definitions import as_markdown; print(as_markdown())'"


def test_every_command_is_documented() -> None:
    text = written()
    assert [
        name for name in COMMANDS if not re.search(rf"helpdesk [^\n]*\b{name}\b|`[^`\n]*\b{name}\b[^`\n]*`", text)
    ] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_names_no_command_that_is_not_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    said = re.findall(r"(?:^|`|&& |bin/)helpdesk ([a-z][a-z-]*)((?: [a-z|]+)?)", text, re.MULTILINE)

    assert [name for name, _ in said if name not in COMMANDS] == []
    context = click.Context(cli)
    for name, rest in said:
        command = cli.get_command(context, name)
        if isinstance(command, click.Group) and rest.strip():
            assert [sub for sub in rest.strip().split("|") if command.get_command(context, sub) is None] == []


def test_every_check_of_the_doctor_is_listed() -> None:
    text = " ".join((ROOT / "deploy" / "OPERATIONS.md").read_text(encoding="utf-8").split())
    assert [name for name in CHECKS if name not in text] == []


def test_every_metric_is_shown_somewhere_people_look() -> None:
    text = (ROOT / "deploy" / "grafana-dashboard.json").read_text() + (
        ROOT / "deploy" / "prometheus-rules.yaml"
    ).read_text()
    assert [name for name in METRICS if name not in text] == []


async def test_every_http_path_is_documented(desk: Desk) -> None:
    config = SlackConfig(bot_token="xoxb-x", signing_secret="secret", mode="http")
    served = app(with_parts(desk, channels={"slack": SlackChannel(config)}))
    paths = {route.path for route in served.routes if isinstance(route, Route)}

    documented = (ROOT / "deploy" / "OPERATIONS.md").read_text(encoding="utf-8")
    assert {"/livez", "/readyz", "/metrics", "/slack/events"} <= paths
    assert [path for path in paths if f"`{path}`" not in documented and not path.startswith("/console")] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_examples_of_settings_are_right(document: Path) -> None:
    """Every TOML block can be read by the program, secrets and all."""
    import tomllib

    from bot.settings import Settings

    for block in re.findall(r"```toml\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL):
        Settings.model_validate(tomllib.loads(block))
