"""The report as one HTML file that opens from disk."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from benchmarks.report.curves import as_svg, learning_curves
from benchmarks.report.findings import Findings
from benchmarks.report.table import anchor, notes
from benchmarks.words import duration, seconds_text

TEMPLATES = Path(__file__).parent / "templates"


def as_html(findings: Findings) -> str:
    """Return report.html: the leaderboard, a part for each trial, the data, and how it was measured."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=_percent, seconds=seconds_text, duration=duration, number=_number, shell=quote)
    rows = [
        (row, anchor(row), [findings.results[key] for key in keys])
        for row, keys in zip(findings.board.rows, findings.board.keys, strict=True)
    ]
    curves = learning_curves(findings.results.values())
    return environment.get_template("report.html").render(
        findings=findings, rows=rows, notes=notes(findings.board), curves=curves, curves_svg=Markup(as_svg(curves))
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.2f}"


def _number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"
