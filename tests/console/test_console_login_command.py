"""`helpdesk console-login`: a link for whoever has the machine, or for a person of the team."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import cli


def run(folder: Path, settings: str, *more: str) -> tuple[int, str]:
    file = folder / "helpdesk.toml"
    file.write_text(f'database.url = "sqlite:///{folder}/h.db"\n{settings}')
    result = CliRunner().invoke(cli, ["console-login", "--config", str(file), *more])
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ("", "http://127.0.0.1:8080"),
        ('http = { host = "::1", port = 9000 }', "http://[::1]:9000"),
        ('http.host = "0.0.0.0"\nconsole.public_url = "https://Desk.example.com/"', "https://desk.example.com"),
    ],
)
def test_the_link_leads_to_where_the_console_is(tmp_path: Path, settings: str, place: str) -> None:
    code, said = run(tmp_path, settings)

    assert code == 0, said
    assert re.fullmatch(rf"{re.escape(place)}/console/sign-in/link\?key=[\w-]{{43}}\n", said), said


@pytest.mark.parametrize(
    ("settings", "more", "words"),
    [
        ('http.host = "0.0.0.0"', (), "the console is closed while http.host is 0.0.0.0"),
        ("http.port = 0", (), "http.port is 0"),
        ("", ("--as", "U0SAM"), "--as needs Slack"),
        (
            'slack = { bot_token = "x", app_token = "x", staff_channel = "C1", api_url = "http://127.0.0.1:9/" }',
            ("--as", "U0SAM"),
            "Slack cannot be asked who U0SAM is",
        ),
    ],
)
def test_why_there_is_no_link_is_said(tmp_path: Path, settings: str, more: tuple[str, ...], words: str) -> None:
    code, said = run(tmp_path, settings, *more)

    assert code == 1
    assert words in said


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://desk.example.com", "expected https://"),
        ("https://desk.example.com/console", "the host alone"),
        ("desk.example.com", "expected https://HOST"),
        ("https://me:secret@desk.example.com", "expected https://HOST"),
    ],
)
def test_an_address_that_cannot_be_right_is_refused_with_words(tmp_path: Path, url: str, words: str) -> None:
    from bot.errors import SettingsError
    from bot.settings_load import parse

    with pytest.raises(SettingsError, match=words) as error:
        parse(f'console.public_url = "{url}"', origin="helpdesk.toml")
    assert "console.public_url" in str(error.value)
