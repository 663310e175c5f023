"""Figures as PNG and SVG files, and tables as LaTeX and CSV, for papers and slides."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tabulate import tabulate

from benchmarks.analysis.metric import Shown
from benchmarks.common.atomic_files import write_whole
from benchmarks.report.charts import figures as drawing
from benchmarks.report.charts.costs import cost_charts
from benchmarks.report.charts.curves import calibration_chart, epoch_charts, learning_charts, learning_curves
from benchmarks.report.data.findings import Findings
from benchmarks.report.data.mistakes import hardest
from benchmarks.report.data.pairwise import agreement, p_text
from benchmarks.report.data.pictures import Pictures
from benchmarks.report.data.summary import name
from benchmarks.report.text.escaping import in_csv
from benchmarks.report.text.table import anchor, cells, columns

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES, TABLES = ("png", "svg"), {"latex": "tex", "csv": "csv"}


@dataclass(frozen=True)
class Table:
    """A table as text: its headings and its lines."""

    headings: list[str]
    lines: list[list[str]]


def write_files(findings: Findings, pictures: Pictures | None, folder: Path, formats: Sequence[str]) -> list[Path]:
    """Write ``figures/`` and ``tables/`` in ``folder`` in the formats png, svg, latex and csv; return those written."""
    kinds = [kind for kind in formats if kind in FIGURES]
    if kinds:
        for stem, figure in figures(findings, pictures):
            for kind in kinds:
                write_whole(folder / "figures" / f"{stem}.{kind}", drawing.content(figure, kind))
    for kind in formats:
        if kind in TABLES:
            for stem, table in tables(findings).items():
                text = _latex(table) if kind == "latex" else _csv(table)
                write_whole(folder / "tables" / f"{stem}.{TABLES[kind]}", text.encode())
    written = [folder / "figures"] if kinds else []
    return written + ([folder / "tables"] if len(kinds) < len(formats) else [])


def figures(findings: Findings, pictures: Pictures | None) -> Iterator[tuple[str, Figure]]:
    """Return every figure of the report, with the name of its file."""
    for cost in cost_charts(findings.board):
        yield f"accuracy-{cost.cost.name}", drawing.of_chart(cost.chart)
    for stem, chart in zip(
        ("learning-error", "learning-fit"), learning_charts(learning_curves(findings.results.values())), strict=False
    ):
        yield stem, drawing.of_chart(chart)
    for row, results in findings.rows():
        first, of_row = results[0], anchor(row)
        if first.scores:
            names = findings.audit.class_names
            yield f"confusion-{of_row}", drawing.of_confusion(first.scores.confusion, names, name(row))
        for chart in epoch_charts(first.history):
            yield f"{chart.y.label}-{of_row}", drawing.of_chart(chart)
        calibration = calibration_chart(findings.truth, findings.predictions.get(first.trial.key))
        if calibration:
            yield f"calibration-{of_row}", drawing.of_chart(calibration)
    if pictures:
        names = findings.audit.class_names
        yield "means", drawing.of_images(list(zip(names, pictures.means, strict=True)))
        hard = [one for one in hardest(findings.truth, findings.first_predictions()) if one.image in pictures.test]
        if hard:
            captions = [f"{names[findings.truth[one.image]]} → {names[one.predicted[0][0]]}" for one in hard]
            yield (
                "hardest",
                drawing.of_images(list(zip(captions, [pictures.test[one.image] for one in hard], strict=True))),
            )


def tables(findings: Findings) -> dict[str, Table]:
    """Return every table of the report, by the name of its file."""
    metrics = columns(findings.board.rows, Shown.TABLES)
    board = [cells(row, metrics) for row in findings.board.rows]
    rows = findings.rows()
    by_class = [
        [name(row), scores.label, *(f"{score * 100:.2f}" for score in (scores.precision, scores.recall, scores.f1))]
        for row, results in rows
        if results[0].scores
        for scores in results[0].scores.per_class
    ]
    same = agreement(findings.first_predictions())
    pairs = [
        [name(rows[i][0]), name(rows[j][0]), p_text(p_value), f"{same[i, j] * 100:.2f}"]
        for (i, j), p_value in sorted(findings.board.p_values.items())
    ]
    by_name = {
        "leaderboard": Table(list(board[0]), [list(line.values()) for line in board]),
        "by-class": Table(["row", "class", "precision %", "recall %", "F1 %"], by_class),
        "pairs": Table(["row", "other row", "p (Holm)", "same prediction %"], pairs),
    }
    curves = learning_curves(findings.results.values())
    if curves:
        lines = [
            [curve.name, str(size), f"{error:.4g}", f"{fit_s:.4g}"]
            for curve in curves
            for size, error, fit_s in zip(curve.sizes, curve.errors, curve.fit_s, strict=True)
        ]
        by_name["learning-curves"] = Table(["row", "training images", "test error %", "fit s"], lines)
    return by_name


def _latex(table: Table) -> str:
    text: str = tabulate(table.lines, table.headings, tablefmt="latex_booktabs", disable_numparse=True)
    return text.replace("→", r"$\to$").replace("±", r"$\pm$") + "\n"


def _csv(table: Table) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([table.headings, *(map(in_csv, line) for line in table.lines)])
    return text.getvalue()
