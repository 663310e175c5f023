"""The report as one HTML file that opens from disk."""

from __future__ import annotations

from collections.abc import Mapping

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from benchmarks.analysis.metric import Shown
from benchmarks.analysis.metrics import ACCURACY
from benchmarks.common.formatting import seconds_text
from benchmarks.report.charts.chart import Chart
from benchmarks.report.charts.costs import CostChart, cost_charts
from benchmarks.report.charts.curves import learning_charts, learning_curves
from benchmarks.report.charts.svg import LEGEND_ROW, TEMPLATES, as_svg, legend_rows
from benchmarks.report.data.findings import Findings
from benchmarks.report.data.mistakes import HardImage, hardest
from benchmarks.report.data.pairwise import agreement_matrix, p_value_matrix
from benchmarks.report.data.pictures import Pictures, Sheet
from benchmarks.report.data.reproduction import commands, machines, seeds
from benchmarks.report.data.studies import Studies
from benchmarks.report.data.summary import summarize
from benchmarks.report.html.model import Thumbnail, model_part
from benchmarks.report.html.studies import study_parts
from benchmarks.report.text.table import (
    BEST_GROUP,
    EVALUATION_TITLE,
    accuracy_text,
    anchor,
    columns,
    evaluation_lines,
    interval_text,
    notes,
    warnings,
)

NO_STUDIES = Studies()
WIDE, NARROW = (1140, 560), (350, 440)
LEARNING_WIDTHS, LEARNING_HEIGHT = (560, 350), 300
# classes of the style sheet that hide a column on screens too small for it
HIDDEN = {Shown.TABLES: "m2", Shown.SHORT_TABLES: "m1", Shown.EVERYWHERE: ""}


def as_html(
    findings: Findings, pictures: Pictures | None, families: Mapping[str, str], studies: Studies = NO_STUDIES
) -> str:
    """Return report.html. What needs images or predictions that are not stored is left out, in a sentence."""
    sheet = Sheet()
    parts = [model_part(findings, row, results, pictures, sheet) for row, results in findings.rows()]
    samples = [] if pictures is None else [[sheet.place(image) for image in of_class] for of_class in pictures.samples]
    means = [] if pictures is None else [sheet.place(image) for image in pictures.means]
    hard = hardest(findings.truth, findings.first_predictions())
    curves = learning_curves(findings.results.values())
    body = {
        "findings": findings,
        "board": findings.board,
        "summary": summarize(findings.board),
        "notes": notes(findings.board),
        "warnings": warnings(findings),
        "rows": [(row, anchor(row)) for row in findings.board.rows],
        "columns": [(metric, HIDDEN[metric.shown]) for metric in columns(findings.board.rows, Shown.TABLES)],
        "accuracy": ACCURACY,
        "best_group": BEST_GROUP,
        "evaluation_title": EVALUATION_TITLE,
        "evaluation": evaluation_lines(findings.board),
        "costs": [_drawn(chart) for chart in cost_charts(findings.board)],
        "models": [part for part in parts if part],
        "n_hard": len(hard),
        "hard": _hard_images(findings, hard, pictures, sheet),
        "n_compared": sum(one is not None for one in findings.first_predictions()),
        "agreement": agreement_matrix(findings),
        "p_values": p_value_matrix(findings.board, findings),
        "curves": curves,
        "learning": [
            tuple(_with_legend(chart, width) for width in LEARNING_WIDTHS) for chart in learning_charts(curves)
        ],
        "samples": samples,
        "means": means,
        "machines": machines(findings),
        "seeds": seeds(findings),
        "commands": commands(findings, families),
        "studies": studies,
        "study_parts": study_parts(studies),
    }
    return _environment().get_template("report.html").render(**body, sheet=sheet)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        percent=_percent,
        seconds=seconds_text,
        number=_number,
        accuracy=accuracy_text,
        interval=interval_text,
        svg=Markup,
    )
    return environment


def _drawn(cost: CostChart) -> tuple[CostChart, Markup, Markup]:
    """Return the chart for wide and for narrow screens; the narrow one has room for the names on the front only."""
    return cost, Markup(as_svg(cost.chart, *WIDE)), Markup(as_svg(cost.chart, *NARROW, named=cost.front))


def _with_legend(chart: Chart, width: int) -> Markup:
    return Markup(as_svg(chart, width, LEARNING_HEIGHT + int(LEGEND_ROW) * legend_rows(chart, width)))


def _hard_images(findings: Findings, hard: list[HardImage], pictures: Pictures | None, sheet: Sheet) -> list[Thumbnail]:
    names = findings.audit.class_names
    of = sum(one is not None for one in findings.first_predictions())
    shown = []
    for one in hard:
        if pictures is None or one.image not in pictures.test:
            continue
        label = names[findings.truth[one.image]]
        predicted = ", ".join(f"{names[wrong]} by {n}" for wrong, n in one.predicted)
        words = f"test image {one.image}, labelled {label}; {one.n_wrong} of {of} misclassify it: {predicted}"
        caption = f"{label} → {names[one.predicted[0][0]]}, {one.n_wrong}/{of}"
        shown.append(Thumbnail(sheet.place(pictures.test[one.image]), caption, words))
    return shown


def _percent(fraction: float, digits: int = 2) -> str:
    return f"{fraction * 100:.{digits}f}"


def _number(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}"
