"""A chart as an inline SVG element, coloured by the page's style sheet. The same chart is always the same text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from benchmarks.report.charts.chart import Axis, Chart, Line, Mark
from benchmarks.report.charts.labels import Box, Label, place_labels

TEMPLATES = Path(__file__).parent.parent / "html" / "templates"
COLOURS = 8
LEGEND_ROW, SWATCH = 18.0, 23.0
CHARACTER, LINE_HEIGHT = 6.3, 13.0  # of a label of 11 px, somewhat more than the widest fonts need


@dataclass(frozen=True)
class Frame:
    """The rectangle inside the axes, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def x(self, axis: Axis, value: float) -> float:
        return self.left + (self.right - self.left) * min(max(axis.place(value), 0.0), 1.0)

    def y(self, axis: Axis, value: float) -> float:
        return self.bottom - (self.bottom - self.top) * min(max(axis.place(value), 0.0), 1.0)


def as_svg(chart: Chart, width: int, height: int, named: Sequence[str] | None = None) -> str:
    """Draw a chart of that many pixels; ``named``: the marks whose names are written beside them (all)."""
    legend = _legend(chart)
    per_row = legend_columns(chart, width)
    below = LEGEND_ROW * -(-len(legend) // per_row)
    margin = 22 + CHARACTER * max((len(text) for _, text in chart.y.ticks), default=0)
    frame = Frame(left=margin, top=10.0, right=width - 18.0, bottom=height - 38.0 - below)
    links = bool(chart.marks and chart.marks[0].leads_to)
    parts = [
        f'<svg class="chart" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="{"group" if links else "img"}" aria-label="{escape(chart.title)}">',
        *_x_axis(chart.x, frame),
        *_y_axis(chart.y, frame),
        *(_line(line, i, chart, frame) for i, line in enumerate(chart.lines)),
        *_marks(chart, frame, {mark.name for mark in chart.marks} if named is None else set(named)),
        *_drawn_legend(legend, per_row, width, height - below + 8),
        "</svg>",
    ]
    return "\n".join(parts)


def legend_rows(chart: Chart, width: int) -> int:
    """Return how many rows the names of lines and groups take."""
    return -(-len(_legend(chart)) // legend_columns(chart, width))


def legend_columns(chart: Chart, width: int) -> int:
    """Return how many of these names fit beside each other."""
    longest = max((len(name) for name, _ in _legend(chart)), default=0)
    return max(1, int((width - 24) // (longest * CHARACTER + SWATCH + 12)))


def _legend(chart: Chart) -> list[tuple[str, str]]:
    """Return names with what stands for them, drawn at the origin."""
    lines = [
        (line.name, f'<path class="line {_look(line, i)}" d="M0 -4h{SWATCH - 5:g}"/>')
        for i, line in enumerate(chart.lines)
        if line.name
    ]
    groups = [
        (name or "other", f'<circle class="dot c{i % COLOURS}" cx="{SWATCH - 10:g}" cy="-4" r="5"/>')
        for i, name in enumerate(chart.groups)
    ]
    return [*lines, *groups]


def _x_axis(axis: Axis, frame: Frame) -> list[str]:
    parts = []
    for value, text in axis.ticks:
        x = frame.x(axis, value)
        parts.append(f'<path class="grid" d="M{x:.1f} {frame.top:.1f}V{frame.bottom:.1f}"/>')
        parts.append(f'<text x="{x:.1f}" y="{frame.bottom + 15:.1f}" text-anchor="middle">{escape(text)}</text>')
    middle = (frame.left + frame.right) / 2
    label = f'<text x="{middle:.1f}" y="{frame.bottom + 31:.1f}" text-anchor="middle">{escape(axis.label)}</text>'
    return [*parts, label, f'<path class="axis" d="M{frame.left:.1f} {frame.bottom:.1f}H{frame.right:.1f}"/>']


def _y_axis(axis: Axis, frame: Frame) -> list[str]:
    parts = []
    for value, text in axis.ticks:
        y = frame.y(axis, value)
        parts.append(f'<path class="grid" d="M{frame.left:.1f} {y:.1f}H{frame.right:.1f}"/>')
        parts.append(f'<text x="{frame.left - 5:.1f}" y="{y + 4:.1f}" text-anchor="end">{escape(text)}</text>')
    middle = (frame.top + frame.bottom) / 2
    turned = f'transform="rotate(-90 11 {middle:.1f})" text-anchor="middle"'
    return [*parts, f'<text x="11" y="{middle:.1f}" {turned}>{escape(axis.label)}</text>']


def _line(line: Line, i: int, chart: Chart, frame: Frame) -> str:
    places = [(frame.x(chart.x, x), frame.y(chart.y, y)) for x, y in line.points]
    if not places:
        return ""
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    drawn = f'<path class="line {_look(line, i)}" d="M{path}"/>'
    if line.dots:
        drawn += "".join(f'<circle class="dot {_look(line, i)}" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>' for x, y in places)
    return drawn


def _look(line: Line, i: int) -> str:
    return "quiet" if line.quiet else f"c{i % COLOURS} d{i // COLOURS % 4}"


def _marks(chart: Chart, frame: Frame, named: set[str]) -> list[str]:
    places = [(frame.x(chart.x, mark.x), frame.y(chart.y, mark.y)) for mark in chart.marks]
    wanted = [mark.name if mark.name in named else "" for mark in chart.marks]
    inside = Box(frame.left, frame.top, frame.right, frame.bottom)
    labels = place_labels(places, [len(text) * CHARACTER for text in wanted], LINE_HEIGHT, inside)
    return [
        _mark(mark, place, text, label, _interval(mark, chart, frame, place[0]))
        for mark, place, text, label in zip(chart.marks, places, wanted, labels, strict=True)
    ]


def _mark(mark: Mark, place: tuple[float, float], text: str, label: Label, interval: str) -> str:
    x, y = place
    parts = [interval, f'<circle class="dot c{mark.group % COLOURS}" cx="{x:.1f}" cy="{y:.1f}" r="5"/>']
    if text and label.far:
        parts.append(f'<path class="leader" d="M{x:.1f} {y:.1f}L{label.x:.1f} {label.y - 4:.1f}"/>')
    if text:
        start = f'<text class="name" x="{label.x:.1f}" y="{label.y:.1f}" text-anchor="{label.anchor}">'
        parts.append(f"{start}{escape(text)}</text>")
    body = "".join(parts)
    if not mark.leads_to:
        return f"<g>{body}</g>"
    return f'<a class="mark" href="#{escape(mark.leads_to)}" aria-label="{escape(mark.details)}">{body}</a>'


def _interval(mark: Mark, chart: Chart, frame: Frame, x: float) -> str:
    if mark.low is None or mark.high is None:
        return ""
    top, bottom = frame.y(chart.y, mark.low), frame.y(chart.y, mark.high)
    return f'<path class="interval" d="M{x:.1f} {top:.1f}V{bottom:.1f}"/>'


def _drawn_legend(legend: Sequence[tuple[str, str]], per_row: int, width: int, top: float) -> list[str]:
    parts = []
    for place, (name, sign) in enumerate(legend):
        x, y = 24 + place % per_row * ((width - 24) / per_row), top + place // per_row * LEGEND_ROW
        text = f'<text x="{SWATCH:g}">{escape(name)}</text>'
        parts.append(f'<g transform="translate({x:.1f} {y:.1f})">{sign}{text}</g>')
    return parts


def standalone(svg: str) -> str:
    """Return an inline chart as a file of its own, which is light or dark as its reader's system is."""
    styles = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in ("theme.css", "chart.css"))
    head, rest = svg.split(">", 1)
    styles += "svg { background: var(--paper); }"
    return f'{head} xmlns="http://www.w3.org/2000/svg">\n<style>\n{styles}\n</style>{rest}\n'
