"""Settings: one file, the environment over it, and a clear line for every mistake before anything starts."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.cli import main
from bot.errors import SettingsError
from bot.settings_load import Loaded, load

Helpdesk = Callable[..., tuple[int, str, str]]


def loaded(tmp_path: Path, toml: str = "", **environment: str) -> Loaded:
    """Settings of this file and environment; "__" in a name stands for itself."""
    file = tmp_path / "helpdesk.toml"
    file.write_text(toml)
    return load(file, {f"HELPDESK_{name}": value for name, value in environment.items()})


def mistakes(tmp_path: Path, toml: str = "", **environment: str) -> list[str]:
    """The lines an operator reads."""
    with pytest.raises(SettingsError) as caught:
        loaded(tmp_path, toml, **environment)
    return [line.replace(f"{tmp_path}/", "") for line in str(caught.value).splitlines()]


# ------------------------------------------------------------------ what is right


def test_without_file_and_environment_every_setting_has_its_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    settings = load(environment={}).settings

    assert settings.database.url == "sqlite:///helpdesk.db"
    assert settings.policy.refund.preset == "strict"
    assert settings.slack.approvers == ()


def test_the_file_beside_us_is_read_without_being_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "helpdesk.toml").write_text('[desk]\nname = "Northwind"')
    monkeypatch.chdir(tmp_path)

    assert load(environment={}).settings.desk.name == "Northwind"


def test_the_environment_counts_more_than_the_file_and_each_value_knows_its_origin(tmp_path: Path) -> None:
    found = loaded(tmp_path, '[desk]\nname = "File"\nmax_tries = 3', DESK__NAME="Environment")

    assert found.settings.desk.name == "Environment"
    assert found.settings.desk.max_tries == 3
    assert found.origins == {
        ("desk", "name"): "HELPDESK_DESK__NAME",
        ("desk", "max_tries"): str(tmp_path / "helpdesk.toml"),
    }


def test_names_of_the_operators_own_keep_their_case(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        '[slack.channels.C0ACME]\nmode = "mention"\n[mail.imap.main]\nhost = "imap.example"\nuser = "u"',
        SLACK__CHANNELS__C0Other__MODE="off",
        MAIL__IMAP__main__PASSWORD="hunter2",
    ).settings

    assert {name: channel.mode for name, channel in settings.slack.channels.items()} == {
        "C0ACME": "mention",
        "C0Other": "off",
    }
    assert settings.mail.imap["main"].host == "imap.example"
    assert settings.mail.imap["main"].password.get_secret_value() == "hunter2"


def test_one_variable_holds_a_list(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "", SLACK__APPROVERS=" U0SAM, S0APPROVERS ,").settings
    assert settings.slack.approvers == ("U0SAM", "S0APPROVERS")


def test_a_list_in_the_file_is_a_list(tmp_path: Path) -> None:
    assert loaded(tmp_path, '[slack]\napprovers = ["U0SAM"]').settings.slack.approvers == ("U0SAM",)


def test_a_secret_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("xoxb-secret\n")

    found = loaded(tmp_path, "", SLACK__BOT_TOKEN_FILE=str(tmp_path / "token"))

    assert found.settings.slack.bot_token is not None
    assert found.settings.slack.bot_token.get_secret_value() == "xoxb-secret"
    assert found.origins[("slack", "bot_token")] == "HELPDESK_SLACK__BOT_TOKEN_FILE"


def test_settings_cannot_be_changed_later(tmp_path: Path) -> None:
    settings = loaded(tmp_path).settings
    with pytest.raises(ValidationError):
        settings.desk.name = "Other"  # type: ignore[misc]


def test_no_secret_is_in_what_is_printed_of_settings(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        "",
        SLACK__BOT_TOKEN="xoxb-tell-nobody",
        MODEL__API_KEY="sk-tell-nobody",
        MAIL__SECRET="tell-nobody",
        PAYMENTS__STRIPE__API_KEY="rk_tell-nobody",
        MAIL__IMAP__main__HOST="h",
        MAIL__IMAP__main__USER="u",
        MAIL__IMAP__main__PASSWORD="tell-nobody",
    ).settings

    assert "tell-nobody" not in f"{settings!r} {settings} {settings.model_dump_json()}"


# ------------------------------------------------------------------ what is wrong


@pytest.mark.parametrize(
    ("toml", "line"),
    [
        ('[databse]\nurl = "x"', "databse (from helpdesk.toml): no such setting; did you mean database?"),
        ('[slack]\nbot_tokn = "x"', "slack.bot_tokn (from helpdesk.toml): no such setting; did you mean bot_token?"),
        (
            '[slack.channels.C1]\nmod = "all"',
            "slack.channels.C1.mod (from helpdesk.toml): no such setting; did you mean mode?",
        ),
        ("[zzz]", "zzz: no such setting"),
        (
            '[desk]\nmax_tries = "many"',
            "desk.max_tries (from helpdesk.toml): input should be a valid integer, unable to parse string as an "
            "integer",
        ),
        (
            "[desk]\nquiet_seconds = -1",
            "desk.quiet_seconds (from helpdesk.toml): input should be greater than or equal to 0",
        ),
        ('[slack]\nmode = "sockets"', "slack.mode (from helpdesk.toml): input should be 'socket' or 'http'"),
        ('[mail.smtp_out]\nuser = "u"', "mail.smtp_out.host: must be set"),
    ],
)
def test_a_mistake_is_one_line_with_its_place_and_the_nearest_name(tmp_path: Path, toml: str, line: str) -> None:
    assert mistakes(tmp_path, toml) == [line]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("SLACK__BOT_TOKNE", "no such setting; did you mean HELPDESK_SLACK__BOT_TOKEN?"),
        ("MAIL__IMAP__main__HSOT", "no such setting; did you mean HELPDESK_MAIL__IMAP__<NAME>__HOST?"),
        ("DESK__NAME__MORE", "no such setting; did you mean HELPDESK_DESK__NAME?"),
        ("MAIL__ADRESS", "no such setting; did you mean HELPDESK_MAIL__ADDRESS?"),
        ("XYZZY", "no such setting"),
    ],
)
def test_an_unknown_variable_is_an_error_and_not_ignored(tmp_path: Path, name: str, line: str) -> None:
    [said] = mistakes(tmp_path, "", **{name: "1"})
    assert said == f"HELPDESK_{name}: {line}" or (line == "no such setting" and said.startswith(f"HELPDESK_{name}: "))


def test_variables_of_others_are_none_of_our_business(tmp_path: Path) -> None:
    (tmp_path / "helpdesk.toml").write_text("")
    assert load(tmp_path / "helpdesk.toml", {"HELPDESKTOP": "1", "PATH": "/bin"}).origins == {}


def test_a_wrong_value_of_the_environment_names_its_variable(tmp_path: Path) -> None:
    [line] = mistakes(tmp_path, "", HTTP__PORT="eighty")
    assert line.startswith("http.port (from HELPDESK_HTTP__PORT): input should be a valid integer")


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    said = mistakes(tmp_path, '[desk]\nnme = "x"\nmax_tries = 0', HTTP__PROT="1")
    assert [line.partition(":")[0] for line in said] == [
        "HELPDESK_HTTP__PROT",
        "desk.max_tries (from helpdesk.toml)",
        "desk.nme (from helpdesk.toml)",
    ]


def test_a_wrong_secret_is_not_repeated(tmp_path: Path) -> None:
    said = mistakes(tmp_path, "[model]\napi_key = 12345678\nname = 1")
    assert "12345678" not in "\n".join(said)


def test_a_file_that_is_not_there_is_an_error_when_it_was_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such file"):
        load(tmp_path / "nowhere.toml", {})
    with pytest.raises(SettingsError, match="there is no such file"):
        load(None, {"HELPDESK_CONFIG": str(tmp_path / "nowhere.toml")})


@pytest.mark.parametrize("content", [b"[desk", b"[desk]\nname = \xff\xfe", b"a = 1\na = 2"])
def test_a_file_that_is_no_toml_is_an_error_that_says_where(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "helpdesk.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match="not valid TOML"):
        load(file, {})


def test_a_folder_is_no_settings_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path, {})


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_secret_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    [line] = mistakes(tmp_path, "", SLACK__BOT_TOKEN_FILE=str(tmp_path / "token"))
    assert line.startswith("HELPDESK_SLACK__BOT_TOKEN_FILE: cannot read the file token")


def test_a_variable_inside_something_that_is_no_section_is_told(tmp_path: Path) -> None:
    assert "HELPDESK_SLACK__MODE: slack is not a section in the file" in mistakes(
        tmp_path, "slack = 3", SLACK__MODE="http"
    )


# ------------------------------------------------------------------ the commands


@pytest.fixture
def helpdesk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Helpdesk:
    """Runs `helpdesk …` in an empty folder; gives exit code, output and error output."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **environment: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["helpdesk", *arguments])
        for name, value in environment.items():
            monkeypatch.setenv(f"HELPDESK_{name}", value)
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), *capsys.readouterr()

    return run


WRONG = '[databse]\nurl = "x"\n[desk]\nmax_tries = 0'
WHAT_IS_WRONG = [
    "The settings are wrong:",
    "desk.max_tries (from helpdesk.toml): input should be greater than or equal to 1",
    "databse (from helpdesk.toml): no such setting; did you mean database?",
]


@pytest.mark.parametrize("command", [("config", "lint"), ("config", "show"), ("run",), ("status",), ("try", "Hello")])
def test_a_wrong_setting_stops_every_command_with_code_2_and_clear_lines(
    helpdesk: Helpdesk, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "helpdesk.toml").write_text(WRONG)

    code, output, errors = helpdesk(*command)

    assert (code, output, errors.splitlines()) == (2, "", WHAT_IS_WRONG)
    assert not (tmp_path / "helpdesk.db").exists()


@pytest.mark.parametrize("command", [("config", "lint"), ("run",)])
def test_the_real_program_ends_with_code_2_and_clear_lines(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "helpdesk.toml").write_text(WRONG)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")}

    done = subprocess.run(
        [sys.executable, "-m", "bot", *command],
        cwd=tmp_path,
        env={**clean, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stdout, done.stderr.splitlines()) == (2, "", WHAT_IS_WRONG)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SLACK__BOT_TOKEN", "xoxb-1", "slack.app_token: must be set in socket mode"),
        ("MAIL__ADDRESS", "support@northwind.example", "mail.secret: must be set"),
        ("MODEL__PROVIDER", "openai", "model.api_key: must be set"),
    ],
)
@pytest.mark.parametrize("command", [("config", "lint"), ("status",)])
def test_what_only_together_makes_no_sense_is_told(
    helpdesk: Helpdesk, command: tuple[str, ...], name: str, value: str, says: str
) -> None:
    code, _, errors = helpdesk(*command, **{name: value})

    assert code == 2
    assert says in errors


def test_a_database_we_have_no_home_for_is_a_wrong_setting(helpdesk: Helpdesk) -> None:
    code, _, errors = helpdesk("status", DATABASE__URL="mysql://desk:tell-nobody@localhost/helpdesk")

    assert code == 2
    assert "database.url: mysql: no such home" in errors
    assert "tell-nobody" not in errors


def test_lint_says_how_much_is_set_and_ends_well(helpdesk: Helpdesk) -> None:
    assert helpdesk("config", "lint", DESK__NAME="Northwind")[:2] == (0, "The settings are right (1 set).\n")


def test_show_gives_every_value_with_its_origin_and_no_secret(helpdesk: Helpdesk, tmp_path: Path) -> None:
    (tmp_path / "helpdesk.toml").write_text('[desk]\nname = "Northwind"')

    code, output, _ = helpdesk(
        "config",
        "show",
        "--origin",
        DATABASE__URL="postgresql://desk:tell-nobody@db.example/helpdesk",
        MODEL__API_KEY="tell-nobody",
        MAIL__IMAP__main__HOST="imap.example",
        MAIL__IMAP__main__USER="u",
        MAIL__IMAP__main__PASSWORD="tell-nobody",
    )

    assert code == 0
    assert "desk.name = 'Northwind'   # helpdesk.toml" in output
    assert "desk.max_tries = 8   # default" in output
    assert "database.url = 'postgresql://desk:********@db.example/helpdesk'   # HELPDESK_DATABASE__URL" in output
    assert "mail.imap.main.password = ********   # HELPDESK_MAIL__IMAP__main__PASSWORD" in output
    assert "tell-nobody" not in output
