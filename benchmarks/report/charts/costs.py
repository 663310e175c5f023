"""Accuracy against cost, and the rows that nothing beats in both. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.analysis.leaderboard import Leaderboard, Row
from benchmarks.common.formatting import mebibytes, seconds_text
from benchmarks.report.charts.chart import Axis, Chart, Line, Mark, accuracy_axis, error_percent, log_axis
from benchmarks.report.data.summary import name
from benchmarks.report.text.table import anchor


@dataclass(frozen=True)
class Cost:
    """A column of the leaderboard that costs something; ``text`` says a value of it."""

    key: str
    label: str
    text: Callable[[float], str]


COSTS = (
    Cost("training_s", "time for features and fit", seconds_text),
    Cost("latency_ms_p50", "prediction latency, one image", lambda ms: seconds_text(ms / 1000)),
    Cost("peak_rss_mb", "peak memory", mebibytes),
    Cost("model_mb", "model size", mebibytes),
)


@dataclass(frozen=True)
class CostChart:
    """``front``: the names of the rows on the Pareto front; ``n_unknown``: the rows without a figure for this cost."""

    cost: Cost
    chart: Chart
    front: tuple[str, ...]
    n_unknown: int


def cost_charts(board: Leaderboard) -> list[CostChart]:
    """Return a chart for every cost that some row has a figure for."""
    rows = [row for row in board.rows if row.accuracy is not None]
    families = sorted({row.family for row in rows})
    return [chart for cost in COSTS if (chart := _cost_chart(cost, rows, families, board.n_test or 1))]


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return the places of the points (cost, error) that no other point beats in both, by rising cost.

    Of points that are equal in both, the first counts.
    """
    front: list[int] = []
    for i in sorted(range(len(points)), key=lambda i: points[i]):
        if not front or points[i][1] < points[front[-1]][1]:
            front.append(i)
    return front


def _cost_chart(cost: Cost, rows: Sequence[Row], families: Sequence[str], n_test: int) -> CostChart | None:
    known = [row for row in rows if (getattr(row, cost.key) or 0) > 0]
    if not known:
        return None
    x = log_axis(cost.label, [getattr(row, cost.key) for row in known], cost.text)
    y = accuracy_axis([share or 0.0 for row in known for share in (row.accuracy_low, row.accuracy_high)], n_test)
    marks = tuple(_mark(row, cost, families.index(row.family), n_test) for row in known)
    front = [marks[i] for i in pareto_front([(mark.x, mark.y) for mark in marks])]
    chart = Chart(
        f"Accuracy against {cost.label}, both on logarithmic scales", x, y, (_steps(front, x),), marks, tuple(families)
    )
    return CostChart(cost, chart, tuple(mark.name for mark in front), len(rows) - len(known))


def _mark(row: Row, cost: Cost, group: int, n_test: int) -> Mark:
    value = float(getattr(row, cost.key))
    low, high = row.accuracy_low or 0.0, row.accuracy_high or 0.0
    accuracy = f"{(row.accuracy or 0) * 100:.2f} % ({low * 100:.2f} to {high * 100:.2f})"
    return Mark(
        name=f"{row.model} {row.features}",
        x=value,
        y=error_percent(row.accuracy or 0, n_test),
        details=f"{name(row)}: {accuracy}, {cost.label} {cost.text(value)}",
        group=group,
        low=error_percent(low, n_test),
        high=error_percent(high, n_test),
        leads_to=anchor(row),
    )


def _steps(front: Sequence[Mark], x: Axis) -> Line:
    """Return the front as steps: what accuracy a cost buys at most, up to the end of the axis."""
    points = []
    for mark, following in zip(front, [*[mark.x for mark in front[1:]], x.high], strict=True):
        points += [(mark.x, mark.y), (following, mark.y)]
    return Line("Pareto front", tuple(points), quiet=True)
