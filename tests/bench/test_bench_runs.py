"""`make bench` measures everything it names; whether the figures are good is for people to read."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.bench.__main__ import BENCHES

ROOT = Path(__file__).parents[2]


@pytest.mark.serial
@pytest.mark.timeout(400)
async def test_every_bench_gives_its_figures_and_says_how_to_get_them(tmp_path: Path) -> None:
    report = tmp_path / "bench.json"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench", "--quick", "--json", str(report)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()

    assert process.returncode == 0
    found = json.loads(report.read_text("utf-8"))
    assert {line["bench"] for line in found["lines"]} == set(BENCHES)
    for line in found["lines"]:
        assert line["command"].endswith(line["bench"])
        assert line["note"] or (min(line["ours"]) > 0 and line["ratio"] > 0), line["what"]
        assert line["what"] in printed.decode()
    assert found["machine"]["fdatasync_ms"] > 0
