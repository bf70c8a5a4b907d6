"""Ids sort by age and never repeat."""

import subprocess
import sys
import threading
import time

import pytest

from storage.types import new_id


def test_ids_of_one_process_sort_by_age() -> None:
    ids = [new_id("tkt_") for _ in range(5000)]

    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert {len(some) for some in ids} == {len("tkt_") + 26}


def test_a_newer_id_sorts_after_an_older_one_of_another_process() -> None:
    program = "from storage.types import new_id; print(new_id('tkt_'))"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    time.sleep(0.002)

    assert other < new_id("tkt_")


def test_a_clock_that_steps_back_does_not_disturb_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    before = new_id("tkt_")
    an_hour_ago = time.time_ns() - 3_600_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: an_hour_ago)

    assert before < new_id("tkt_") < new_id("tkt_")


def test_threads_never_get_the_same_id() -> None:
    ids: list[str] = []

    def make() -> None:
        ids.extend([new_id("x_") for _ in range(2000)])

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(ids)) == 8000
