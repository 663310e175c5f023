"""Accuracy against cost, and the Pareto front. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.analysis.leaderboard import Leaderboard, Row
from benchmarks.analysis.metric import Metric
from benchmarks.analysis.metrics import ACCURACY, METRICS
from benchmarks.report.charts.chart import Axis, Chart, Line, Mark, accuracy_axis, error_percent, log_axis
from benchmarks.report.data.summary import name
from benchmarks.report.text.table import anchor


@dataclass(frozen=True)
class CostChart:
    """``front``: the names of the rows on the Pareto front; ``n_unknown``: the number of rows without a value."""

    cost: Metric
    chart: Chart
    front: tuple[str, ...]
    n_unknown: int


def cost_charts(board: Leaderboard) -> list[CostChart]:
    """Return a chart for every charted metric that some row has a value for."""
    rows = [row for row in board.rows if row.status == "ok"]
    families = sorted({row.family for row in rows})
    costs = [metric for metric in METRICS if metric.charted]
    return [chart for cost in costs if (chart := _cost_chart(cost, rows, families, board.n_test or 1))]


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return the places of the points (cost, error) that no other point beats in both, by rising cost.

    Of points that are equal in both, the first counts.
    """
    front: list[int] = []
    for i in sorted(range(len(points)), key=lambda i: points[i]):
        if not front or points[i][1] < points[front[-1]][1]:
            front.append(i)
    return front


def _cost_chart(cost: Metric, rows: Sequence[Row], families: Sequence[str], n_test: int) -> CostChart | None:
    known = [row for row in rows if row.values.get(cost.name, 0.0) > 0]
    if not known:
        return None
    x = log_axis(cost.label, [row.values[cost.name] for row in known], cost.text)
    y = accuracy_axis([bound for row in known for bound in _bounds(row)], n_test)
    marks = tuple(_mark(row, cost, families.index(row.family), n_test) for row in known)
    front = [marks[i] for i in pareto_front([(mark.x, mark.y) for mark in marks])]
    chart = Chart(
        f"Accuracy against {cost.label}, both on logarithmic scales", x, y, (_steps(front, x),), marks, tuple(families)
    )
    return CostChart(cost, chart, tuple(mark.name for mark in front), len(rows) - len(known))


def _bounds(row: Row) -> tuple[float, float]:
    return (row.interval.low, row.interval.high) if row.interval else (0.0, 0.0)


def _mark(row: Row, cost: Metric, group: int, n_test: int) -> Mark:
    value, (low, high) = row.values[cost.name], _bounds(row)
    accuracy = f"{ACCURACY.text(row.accuracy)} ({ACCURACY.cell(low)} to {ACCURACY.cell(high)})"
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
    """Return the front as steps: the highest accuracy at each cost, up to the end of the axis."""
    points = []
    for mark, following in zip(front, [*[mark.x for mark in front[1:]], x.high], strict=True):
        points += [(mark.x, mark.y), (following, mark.y)]
    return Line("Pareto front", tuple(points), quiet=True)
