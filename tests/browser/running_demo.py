"""Starts `helpdesk demo` as a person would, and knows every process that belongs to it."""

import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 60.0
STOP_SECONDS = 30.0
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")


@dataclass
class Demo:
    """A running demo; `said` is what it has printed."""

    process: subprocess.Popen[bytes]
    said: str = ""
    address: str = ""
    pids: set[int] = field(default_factory=set)

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send one signal and wait for the end; the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Wait for the end; the exit code."""
        said, _ = self.process.communicate(timeout=STOP_SECONDS)
        self.said += said.decode()
        return self.process.returncode

    def settings_of_desk(self) -> dict[str, str]:
        """The variables that the desk of this demo was started with."""
        desk = next(pid for pid in descendants(self.process.pid) if "-m bot run" in command_of(pid))
        pairs = Path(f"/proc/{desk}/environ").read_bytes().decode().split("\0")
        return dict(pair.split("=", 1) for pair in pairs if "=" in pair)

    def read_until_address(self) -> None:
        assert self.process.stdout is not None
        until = time.monotonic() + START_SECONDS
        with selectors.DefaultSelector() as ready:
            ready.register(self.process.stdout, selectors.EVENT_READ)
            while not ADDRESS.search(self.said):
                if not ready.select(until - time.monotonic()):
                    raise AssertionError(f"the demo did not come up; it said:\n{self.said}")
                piece = os.read(self.process.stdout.fileno(), 4096)
                if not piece:
                    raise AssertionError(f"the demo ended; it said:\n{self.said}")
                self.said += piece.decode()
        self.address = ADDRESS.findall(self.said)[0]


@contextmanager
def started_demo(folder: Path) -> Iterator[Demo]:
    """The demo on a free port with its data under `folder`; stopped at the end whatever happened."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    demo = Demo(process)
    try:
        demo.read_until_address()
        demo.pids = {process.pid, *descendants(process.pid)}
        yield demo
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        assert process.stdout is not None
        process.stdout.close()


def descendants(pid: int) -> set[int]:
    """Every process below `pid`."""
    parents = {int(path.name): _parent(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
    found: set[int] = set()
    wave = {pid}
    while wave:
        wave = {child for child, parent in parents.items() if parent in wave}
        found |= wave
    return found


def _parent(path: Path) -> int:
    try:
        # The name in parentheses may hold spaces; what follows it never does.
        return int((path / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def command_of(pid: int) -> str:
    """Its command line; "" when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def left_over(pids: set[int], seconds: float = 5.0) -> dict[int, str]:
    """Those of `pids` that still live after `seconds` at most, with their command lines."""
    until = time.monotonic() + seconds
    while True:
        alive = {pid: command_of(pid) for pid in pids if command_of(pid)}
        if not alive or time.monotonic() > until:
            return alive
        time.sleep(0.1)
