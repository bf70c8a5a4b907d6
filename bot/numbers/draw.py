"""Draws charts as PNG, in a process of its own: the library for it is large, and is needed once a day."""

import asyncio
import base64
import io
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bot.numbers.charts import Chart

SECONDS = 60.0
# Okabe and Ito's colours, which people who see few colours can tell apart: https://jfly.uni-koeln.de/color/
COLORS = ("#0072B2", "#E69F00", "#999999", "#009E73", "#CC79A7")
RED = "#D55E00"
INCHES, DOTS = (10.0, 5.0), 120


class NotDrawn(RuntimeError):
    """The charts could not be drawn; the text says why."""


async def draw_all(charts: Sequence["Chart"]) -> list[bytes]:
    """Each chart as PNG, 1200 by 600. Raises NotDrawn."""
    told = json.dumps([asdict(chart) for chart in charts]).encode()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.numbers.draw",
        # One thread is enough for a few bars, and needs the least of a machine that has other things to do.
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENBLAS_NUM_THREADS": "1"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        drawn, errors = await asyncio.wait_for(process.communicate(told), SECONDS)
    except TimeoutError as error:
        raise NotDrawn(f"not drawn within {SECONDS:g} seconds") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise NotDrawn(errors.decode("utf-8", "replace").strip().rpartition("\n")[2] or f"exit {process.returncode}")
    return [base64.b64decode(one) for one in json.loads(drawn)]


def main() -> None:
    """Charts as JSON on standard input, PNG in base64 on standard output."""
    import matplotlib

    matplotlib.use("Agg")
    # A reason may hold a dollar sign, which would begin a formula.
    matplotlib.rcParams.update({"text.parse_math": False, "font.size": 13, "axes.axisbelow": True})
    json.dump([base64.b64encode(_png(chart)).decode("ascii") for chart in json.load(sys.stdin)], sys.stdout)


def _png(chart: Mapping[str, Any]) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=INCHES, dpi=DOTS, layout="constrained")
    axes = figure.subplots()
    axes.set_title(chart["title"], loc="left", fontweight="bold", pad=14)
    axes.spines[["top", "right"]].set_visible(False)
    KINDS[chart["kind"]](axes, chart)
    if chart["line"] is not None:
        name, level = chart["line"]
        axes.axhline(level, color=RED, linestyle="--", linewidth=1.5, label=f"{name} ({level:g})")
    if len(chart["series"]) > 1 or chart["line"] is not None:
        axes.legend(loc="upper left", frameon=False, ncols=4, bbox_to_anchor=(0, 1.02), borderaxespad=0)
    target = io.BytesIO()
    figure.savefig(target, format="png", metadata={"Description": chart["words"]})
    return target.getvalue()


def _stacked(axes: "Axes", chart: Mapping[str, Any]) -> None:
    places = range(len(chart["labels"]))
    below = [0.0] * len(chart["labels"])
    for (name, values), color in zip(chart["series"].items(), COLORS, strict=False):
        heights = [value or 0.0 for value in values]
        axes.bar(places, heights, bottom=below, label=name, color=color, width=0.7)
        below = [lower + height for lower, height in zip(below, heights, strict=True)]
    _upright(axes, chart, max(below, default=0.0))


def _lines(axes: "Axes", chart: Mapping[str, Any]) -> None:
    highest = 0.0
    for (name, values), color in zip(chart["series"].items(), COLORS, strict=False):
        known = [(place, value) for place, value in enumerate(values) if value is not None]
        highest = max([highest, *(value for _, value in known)])
        axes.plot(*zip(*known, strict=True) if known else ((), ()), label=name, color=color, marker="o", linewidth=2)
    axes.set_xlim(-0.5, len(chart["labels"]) - 0.5)
    _upright(axes, chart, highest)


def _upright(axes: "Axes", chart: Mapping[str, Any], highest: float) -> None:
    """Days along the bottom, few enough to be read; the scale begins at nothing."""
    every = -(-len(chart["labels"]) // 14)
    axes.set_xticks(range(0, len(chart["labels"]), every), chart["labels"][::every], rotation=45, ha="right")
    axes.set_ylim(0, max(highest, (chart["line"] or ("", 0))[1], 1e-9) * 1.25)
    axes.set_ylabel(chart["unit"])
    axes.grid(axis="y", color="#dddddd")


def _bars(axes: "Axes", chart: Mapping[str, Any]) -> None:
    values = list(next(iter(chart["series"].values())))
    drawn = axes.barh(range(len(values)), values, color=COLORS[0], height=0.65)
    axes.bar_label(drawn, labels=[f"{value:g}" for value in values], padding=4)
    axes.set_yticks(range(len(values)), chart["labels"])
    axes.invert_yaxis()
    axes.set_xlim(0, max([*values, 1]) * 1.1)
    axes.locator_params(axis="x", integer=True)
    axes.set_xlabel(chart["unit"])
    axes.grid(axis="x", color="#dddddd")


KINDS: Mapping[str, Callable[["Axes", Mapping[str, Any]], None]] = {"stacked": _stacked, "lines": _lines, "bars": _bars}
"""How each kind of chart is drawn."""

if __name__ == "__main__":
    main()
