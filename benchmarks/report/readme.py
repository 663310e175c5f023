"""``python -m benchmarks.report.readme``: the main rows of the reference leaderboard in the README, and two figures."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.analysis.leaderboard import Leaderboard, Row
from benchmarks.common.atomic_files import write_whole
from benchmarks.common.paths import RESULTS, ROOT
from benchmarks.records.store import ResultStore
from benchmarks.report.charts.chart import Chart
from benchmarks.report.charts.costs import cost_charts
from benchmarks.report.charts.svg import as_svg, standalone
from benchmarks.report.data.findings import read_findings
from benchmarks.report.text.table import as_text
from models.registry import MODELS

README = ROOT / "README.md"
FIGURES = ROOT / "docs" / "figures"
ROWS = 10
COSTS = ("training_s", "latency_ms_p50")
WIDTH, HEIGHT = 760, 520
REFERENCE = "results/reference/mnist/LEADERBOARD.md"
START, END = "<!-- leaderboard: made by python -m benchmarks.report.readme -->", "<!-- /leaderboard -->"


def reference_board() -> Leaderboard:
    """Return the published leaderboard."""
    families = {name: spec.family for name, spec in MODELS.items()}
    return read_findings(ResultStore(RESULTS, "reference", "mnist"), families).board


def main_rows(rows: Sequence[Row], n: int = ROWS) -> list[Row]:
    """Return the best row of each family and, up to ``n`` rows, the best of the others; best first."""
    measured = [row for row in rows if row.status == "ok"]
    best: dict[str, Row] = {}
    for row in measured:
        best.setdefault(row.family, row)
    others = [row for row in measured if row is not best[row.family]]
    chosen = {row.name for row in (*best.values(), *others[: max(0, n - len(best))])}
    return [row for row in measured if row.name in chosen]


def table(board: Leaderboard) -> str:
    """Return the main rows as markdown, and sentences on which they are."""
    rows = main_rows(board.rows)
    measured = sum(row.status == "ok" for row in board.rows)
    which = f"The best row of each family, and the best of the others; [all {measured} rows]({REFERENCE})."
    return f"{as_text(rows, 'github')}\n{which}"


def figures(board: Leaderboard) -> dict[Path, str]:
    """Return the SVG figures that the README shows, by the paths of their files."""
    return {
        FIGURES / f"accuracy-{cost.cost.name}.svg": standalone(as_svg(_without_links(cost.chart), WIDTH, HEIGHT))
        for cost in cost_charts(board)
        if cost.cost.name in COSTS
    }


def _without_links(chart: Chart) -> Chart:
    return replace(chart, marks=tuple(replace(mark, leads_to="") for mark in chart.marks))


def with_table(readme: str, made: str) -> str:
    """Return the README's text with the table between its two marks replaced."""
    before, _, rest = readme.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{made}\n\n{END}{after}"


if __name__ == "__main__":
    reference = reference_board()
    write_whole(README, with_table(README.read_text(encoding="utf-8"), table(reference)).encode())
    for path, svg in figures(reference).items():
        write_whole(path, svg.encode())
    sys.exit(0)
