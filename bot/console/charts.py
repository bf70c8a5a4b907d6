"""Charts as SVG made of numbers: no script, every label escaped, and each with the same numbers as a table. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

from markupsafe import Markup, escape

WIDTH, HEIGHT = 420, 210
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 26, 30
BAR = 26
LABEL = 150
TICKS = 4


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart over days; None where nothing is known. `kind` chooses its look (1 to 3)."""

    name: str
    values: Sequence[float | None]
    kind: int = 1


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure for the page: its picture, and its numbers as a table (heads, rows) for whoever cannot see it."""

    name: str
    title: str
    words: str
    svg: Markup
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


def svg(name: str, title: str, height: int, parts: Sequence[Markup]) -> Markup:
    """The frame: an image with a name for screen readers."""
    frame = Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-name" preserveAspectRatio="xMinYMin">'
        '<title id="{}-name">{}</title>{}</svg>'
    )
    return frame.format(WIDTH, height, name, name, title, Markup("").join(parts))


def bars(name: str, title: str, values: Sequence[tuple[str, Sequence[int]]], legend: Sequence[str] = ()) -> Markup:
    """Horizontal bars, one row a label, parts of a row side by side; `legend` names the parts."""
    most = max((sum(parts) for _, parts in values), default=0) or 1
    room = WIDTH - LABEL - 46
    drawn, first = _legend(legend), BAR if legend else 4
    for number, (label, parts) in enumerate(values):
        y, x = first + number * BAR, float(LABEL)
        drawn.append(_text(LABEL - 8, y + 15, _short(label), "end"))
        for kind, part in enumerate(parts, 1):
            wide = room * part / most
            drawn.append(
                Markup('<rect class="bar k{}" x="{:.1f}" y="{}" width="{:.1f}" height="{}"/>').format(
                    kind, x, y, wide, BAR - 8
                )
            )
            x += wide
        drawn.append(_text(x + 6, y + 15, str(sum(parts)), "start", "value"))
    return svg(name, title, first + max(len(values), 1) * BAR + 4, drawn)


def lines(
    name: str, title: str, days: Sequence[str], drawn: Sequence[Line], *, unit: str, target: float | None = None
) -> Markup:
    """Lines over days with an axis of round numbers, and a dashed line where a target is set."""
    known = [value for line in drawn for value in line.values if value is not None]
    step = _step(max([*known, target or 0.0], default=0.0))
    top = step * TICKS
    parts = [_grid(step, number, top, unit) for number in range(TICKS + 1)]
    parts += _days(days)
    if target is not None:
        y = _y(target, top)
        dash = Markup('<line class="target" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>')
        parts += [dash.format(LEFT, WIDTH - RIGHT, y, y), _text(WIDTH - RIGHT, y - 4, "target", "end", "value")]
    for line in drawn:
        parts += _line(line, top, len(days))
    parts += _legend([line.name for line in drawn])
    return svg(name, title, HEIGHT, parts)


def columns(
    name: str,
    title: str,
    days: Sequence[str],
    values: Sequence[float | None],
    *,
    unit: str,
    target: float | None = None,
) -> Markup:
    """One column a day."""
    step = _step(max([*(value or 0.0 for value in values), target or 0.0], default=0.0))
    top, room = step * TICKS, (WIDTH - LEFT - RIGHT) / max(len(days), 1)
    parts = [_grid(step, number, top, unit) for number in range(TICKS + 1)]
    parts += _days(days)
    for number, value in enumerate(values):
        if value:
            y = _y(value, top)
            column = Markup('<rect class="bar k1" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>')
            parts.append(column.format(LEFT + number * room + room * 0.15, y, room * 0.7, HEIGHT - BOTTOM - y))
    if target is not None:
        y = _y(target, top)
        dash = Markup('<line class="target" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>')
        parts += [dash.format(LEFT, WIDTH - RIGHT, y, y), _text(WIDTH - RIGHT, y - 4, "budget", "end", "value")]
    return svg(name, title, HEIGHT, parts)


# ------------------------------------------------------------------ parts


def _legend(names: Sequence[str]) -> list[Markup]:
    """What each colour is, in the first line of the picture."""
    parts, x = [], float(LEFT + 8)
    for kind, name in enumerate(names, 1):
        swatch = Markup('<rect class="bar k{}" x="{:.1f}" y="2" width="11" height="11" rx="2"/>')
        parts += [swatch.format(kind, x), _text(x + 16, 12, name, "start")]
        x += 28 + 7 * len(name)
    return parts


def _step(most: float) -> float:
    """The distance of two grid lines: 1, 2 or 5 times a power of ten, so that TICKS of them hold `most`."""
    if most <= 0:
        return 1.0
    least = most / TICKS
    power = 10.0 ** int(log10(least) // 1)
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= least * 0.999999)


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(value / top, 1.0)


def _x(number: int, count: int) -> float:
    room = (WIDTH - LEFT - RIGHT) / max(count, 1)
    return LEFT + (number + 0.5) * room


def _grid(step: float, number: int, top: float, unit: str) -> Markup:
    y = _y(step * number, top)
    rule = Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>')
    shown = f"{step * number:g} {unit}" if number == TICKS else f"{step * number:g}"
    return rule.format(LEFT, WIDTH - RIGHT, y, y) + _text(LEFT - 6, y + 4, shown, "end")


def _days(days: Sequence[str]) -> list[Markup]:
    """As many dates as there is room for."""
    every = max(1, -(-len(days) // 6))
    return [
        _text(_x(number, len(days)), HEIGHT - 12, day, "middle")
        for number, day in enumerate(days)
        if (len(days) - 1 - number) % every == 0
    ]


def _line(line: Line, top: float, count: int) -> list[Markup]:
    """Broken where a value is missing; a dot for every value, so that a single one can be seen."""
    parts: list[Markup] = []
    run: list[str] = []
    for number, value in enumerate([*line.values, None]):
        if value is not None:
            run.append(f"{_x(number, count):.1f},{_y(value, top):.1f}")
            dot = Markup('<circle class="dot k{}" cx="{:.1f}" cy="{:.1f}" r="3.5"/>')
            parts.append(dot.format(line.kind, _x(number, count), _y(value, top)))
        elif run:
            parts.append(Markup('<polyline class="line k{}" points="{}"/>').format(line.kind, " ".join(run)))
            run = []
    return parts


def _text(x: float, y: float, words: str, anchor: str, kind: str = "label") -> Markup:
    drawn = Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>')
    return drawn.format(kind, x, y, anchor, escape(words))


def _short(label: str) -> str:
    return label if len(label) <= 22 else f"{label[:21]}…"
