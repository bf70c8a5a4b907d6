"""The world of a sandbox can be another one, and options are given on the command line."""

import json
from pathlib import Path

import pytest
from slack_support import a_stage

from bot.sandbox.slack.seed import DEFAULT, build_world

OTHER = {
    "app": {"bot_user_id": "U0BOT", "bot_token": "xoxb-other", "scopes": ["chat:write"]},
    "teams": [{"id": "T0ONE", "name": "One", "domain": "one"}],
    "users": [{"id": "U0BOT", "team_id": "T0ONE", "name": "bot", "real_name": "Bot"}],
    "channels": [{"id": "C0ONLY", "name": "only", "members": ["U0BOT"]}],
}


async def test_a_file_replaces_the_world(tmp_path: Path):
    file = tmp_path / "world.json"
    file.write_text(json.dumps(OTHER), "utf-8")

    async with a_stage("--world", str(file), "--limit-posts", "--signing-secret", "s3cret") as stage:
        assert (stage.ready["team_id"], stage.ready["bot_token"]) == ("T0ONE", "xoxb-other")
        assert stage.ready["channels"] == {"only": "C0ONLY"}
        assert stage.ready["signing_secret"] == "s3cret"
        assert (await stage.slack.chat_postMessage(channel="C0ONLY", text="hello"))["ok"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"teams": [{"id": "T0ONE", "name": "One", "domain": "one", "colour": "red"}]}, "Team has no colour"),
        ({"channels": [{"id": "C0ONLY", "name": "only", "members": ["U0GHOST"]}]}, "members nobody knows"),
        ({"users": []}, "no user U0BOT"),
    ],
)
def test_a_world_that_does_not_fit_is_refused(change: dict[str, object], complaint: str):
    with pytest.raises(ValueError, match=complaint):
        build_world({**OTHER, "channels": [], **change})


def test_two_worlds_from_one_seed_are_separate():
    one, other = build_world(DEFAULT), build_world(DEFAULT)
    one.channels["C0ACME"].members.clear()

    assert other.channels["C0ACME"].members
