"""``python -m benchmarks.report.readme``: puts the reference leaderboard into the README, and draws its two figures."""

from __future__ import annotations

import csv
import sys
from dataclasses import replace
from pathlib import Path

from tabulate import tabulate

from benchmarks.common.atomic_files import write_whole
from benchmarks.common.formatting import seconds_text
from benchmarks.common.paths import RESULTS, ROOT
from benchmarks.records.store import ResultStore
from benchmarks.report.charts.chart import Chart
from benchmarks.report.charts.costs import cost_charts
from benchmarks.report.charts.svg import as_svg, standalone
from benchmarks.report.data.findings import read_findings
from models.registry import MODELS

README = ROOT / "README.md"
FIGURES = ROOT / "docs" / "figures"
SHOWN = ("training_s", "latency_ms_p50")
WIDTH, HEIGHT = 760, 520
SOURCE = ROOT / "results" / "reference" / "mnist" / "leaderboard.csv"
START, END = "<!-- leaderboard: made by python -m benchmarks.report.readme -->", "<!-- /leaderboard -->"


def table(source: Path = SOURCE) -> str:
    """Return the leaderboard's main columns as markdown."""
    with source.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["status"] == "ok"]
    cells = [
        [
            f"{row['rank']}{'=' if row['tied'] == 'true' else ''}",
            row["model"],
            row["features"],
            row["seeds"],
            f"{float(row['accuracy']) * 100:.2f}",
            f"{float(row['accuracy_low']) * 100:.2f}–{float(row['accuracy_high']) * 100:.2f}",
            f"{float(row['f1']) * 100:.2f}",
            seconds_text(float(row["features_s"])),
            seconds_text(float(row["fit_s"])),
            seconds_text(float(row["predict_s"])),
        ]
        for row in rows
    ]
    headings = ["rank", "model", "on", "seeds", "accuracy %", "95 % interval", "F1 %", "features", "fit", "predict"]
    sides = ["right", "left", "left", "right"]
    text: str = tabulate(cells, headings, tablefmt="github", disable_numparse=True, colalign=sides)
    return text


def figures() -> dict[Path, str]:
    """Return the SVG figures that the README shows, by the paths of their files."""
    families = {name: spec.family for name, spec in MODELS.items()}
    charts = cost_charts(read_findings(ResultStore(RESULTS, "reference", "mnist"), families).board)
    return {
        FIGURES / f"accuracy-{cost.cost.key}.svg": standalone(as_svg(_without_links(cost.chart), WIDTH, HEIGHT))
        for cost in charts
        if cost.cost.key in SHOWN
    }


def _without_links(chart: Chart) -> Chart:
    return replace(chart, marks=tuple(replace(mark, leads_to="") for mark in chart.marks))


def with_table(readme: str, made: str) -> str:
    """Return the README's text with the table between its two marks replaced."""
    before, _, rest = readme.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{made}\n\n{END}{after}"


if __name__ == "__main__":
    write_whole(README, with_table(README.read_text(encoding="utf-8"), table()).encode())
    for path, svg in figures().items():
        write_whole(path, svg.encode())
    sys.exit(0)
