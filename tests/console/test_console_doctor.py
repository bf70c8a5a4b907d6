"""`helpdesk doctor` says whether the console is open, to whom, and what would open it."""

from pathlib import Path
from typing import Any

import pytest

from bot.doctor import examine
from bot.doctor.findings import Patient, Severity
from bot.settings import Settings
from bot.settings_load import Loaded

OPEN = {"console": {"public_url": "https://desk.example.com"}}
SLACK = {"bot_token": "xoxb-1", "staff_channel": "C1", "client_id": "1.2", "client_secret": "s"}


@pytest.mark.parametrize(
    ("sections", "severity", "words"),
    [
        ({}, Severity.OK, "this machine only"),
        (OPEN, Severity.OK, "https://desk.example.com/console"),
        ({"http": {"host": "0.0.0.0"}}, Severity.NOTE, "console is closed"),
        ({"slack": {"client_id": "1.2"}}, Severity.ERROR, "without slack.client_secret"),
        ({"slack": {"client_id": "1.2", "client_secret": "s"}}, Severity.ERROR, "needs the Slack app"),
        ({"slack": SLACK}, Severity.NOTE, "only to https addresses"),
        ({"slack": SLACK, **OPEN}, Severity.OK, "Sign in with Slack is set up"),
    ],
)
async def test_each_way_the_console_can_be_is_said(sections: dict[str, Any], severity: Severity, words: str) -> None:
    patient = Patient(Loaded(Settings.model_validate(sections), {}), Path("helpdesk.toml"))

    (found,) = (await examine(patient, frozenset({"console"}))).values()

    assert any(one.severity is severity and words in one.what for one in found), found
    assert [one for one in found if one.severity > Severity.OK and not one.mend] == []
