"""How long the disk takes to say that something is really on it."""

import os
import statistics
import time
from pathlib import Path

PAGE = b"\0" * 4096


def sync_seconds(folder: Path, times: int = 50) -> float:
    """The median time of writing one page at the end of a file and making sure of it."""
    with (folder / "sync").open("wb", buffering=0) as file:
        return statistics.median(_once(file.fileno()) for _ in range(times))


def _once(descriptor: int) -> float:
    started = time.perf_counter()
    os.write(descriptor, PAGE)
    os.fdatasync(descriptor)
    return time.perf_counter() - started
