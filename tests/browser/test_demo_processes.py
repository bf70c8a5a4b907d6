"""The demo starts everything, and nothing of it is left when it ends, however it ends."""

import os
import signal
import sys
from pathlib import Path

import pytest
from running_demo import command_of, left_over, started_demo

pytestmark = [
    pytest.mark.serial,
    pytest.mark.skipif(sys.platform != "linux", reason="NOT RUN: looks for processes in /proc"),
]


def test_ctrl_c_leaves_no_process_and_no_data(tmp_path: Path) -> None:
    parts = ("bot demo", "bot.sandbox.slack", "bot.sandbox.mail", "bot.sandbox.payments", "bot run")
    with started_demo(tmp_path) as demo:
        commands = [command_of(pid) for pid in demo.pids]
        assert [part for part in parts if not any(f"-m {part} " in command for command in commands)] == []

        assert demo.stop(signal.SIGINT) == 0

    assert "Stopped." in demo.said
    assert left_over(demo.pids) == {}
    assert list(tmp_path.iterdir()) == []


def test_a_dead_server_is_named_and_ends_the_demo(tmp_path: Path) -> None:
    with started_demo(tmp_path) as demo:
        slack = next(pid for pid in demo.pids if "bot.sandbox.slack" in command_of(pid))
        os.kill(slack, signal.SIGKILL)

        assert demo.wait() == 1

    assert f"the sandbox Slack (process {slack}) was ended by SIGKILL" in demo.said
    assert left_over(demo.pids) == {}


def test_a_killed_demo_takes_its_servers_and_the_desk_with_it(tmp_path: Path) -> None:
    with started_demo(tmp_path) as demo:
        demo.stop(signal.SIGKILL)

    assert left_over(demo.pids, seconds=15.0) == {}
