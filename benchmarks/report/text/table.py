"""The leaderboard as text: CSV for programs, markdown for pages, a table for the terminal."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from tabulate import tabulate

from benchmarks.analysis.leaderboard import Leaderboard, Row
from benchmarks.analysis.metric import Metric, Shown
from benchmarks.analysis.metrics import ACCURACY, METRICS
from benchmarks.common.formatting import counted, listed
from benchmarks.common.suggestions import bench_command
from benchmarks.records.trial import safe_name
from benchmarks.report.data.findings import Findings
from benchmarks.report.text.escaping import as_code, in_csv, in_markdown

LEFT = ("model", "features")
INTERVAL = "95 % interval"
IDENTITY = ("rank", "best_group", "model", "features", "family", "status", "seeds")
BOUNDS = ("accuracy_low", "accuracy_high")
CSV_COLUMNS = (
    *IDENTITY,
    ACCURACY.name,
    *BOUNDS,
    *(metric.name for metric in METRICS if metric is not ACCURACY),
    "reason",
)
CAREFUL = "CAREFUL"  # begins notes on the data that may make the results wrong
BEST_GROUP = (
    "*: not significantly different from the best (paired test on the test images, Holm-corrected over all pairs, 5 %)."
)


EVALUATION_TITLE = "Accuracy on other evaluation sets: models are trained once, and ranked on the test set alone."


def as_csv(board: Leaderboard) -> str:
    """Return leaderboard.csv: every row in full precision, what was not measured left empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, csv_columns(board), lineterminator="\n")
    writer.writeheader()
    for row in board.rows:
        # a missing value is written as an empty cell
        values = {**column_values(row), "best_group": str(row.best_group).lower()}
        writer.writerow({name: in_csv(value) if isinstance(value, str) else value for name, value in values.items()})
    return text.getvalue()


def csv_columns(board: Leaderboard) -> list[str]:
    """Return the columns of leaderboard.csv: accuracies on further evaluation sets come last, where there are any."""
    return [*CSV_COLUMNS, *(f"accuracy@{name}" for name in evaluation_sets(board))]


def evaluation_sets(board: Leaderboard) -> list[str]:
    """Return the names of the evaluation sets beside the test set that some row has an accuracy on."""
    return list(dict.fromkeys(name for row in board.rows for name in row.further))


def evaluation_lines(board: Leaderboard) -> list[dict[str, str]]:
    """Return a line with the accuracies on every evaluation set for each row that has some beside the test set."""
    names = evaluation_sets(board)
    return [
        {
            "model": row.model,
            "features": row.features,
            "test %": ACCURACY.cell(row.accuracy),
            **{f"{name} %": ACCURACY.cell(row.further.get(name)) for name in names},
        }
        for row in board.rows
        if row.further
    ]


def evaluation_table(board: Leaderboard, style: str = "simple") -> list[str]:
    """Return the accuracies on further evaluation sets as a table with its heading; nothing if there are none."""
    lines = evaluation_lines(board)
    if style == "github":
        lines = [{**line, **{name: in_markdown(line[name]) for name in LEFT}} for line in lines]
    return [EVALUATION_TITLE, "", _tabulated(lines, style), ""] if lines else []


def column_values(row: Row) -> dict[str, object]:
    """Return what a row has in the columns of leaderboard.csv; those of metrics that were not measured are left out."""
    identity = {name: getattr(row, name) for name in IDENTITY}
    bounds = dict(zip(BOUNDS, (row.interval.low, row.interval.high), strict=True)) if row.interval else {}
    further = {f"accuracy@{name}": accuracy for name, accuracy in row.further.items()}
    return {**identity, **row.values, **bounds, "reason": row.reason, **further}


def columns(rows: Sequence[Row], least: Shown) -> list[Metric]:
    """Return the metrics shown in ``least`` and above that some row has a value for; accuracy always."""
    return [
        metric
        for metric in METRICS
        if metric.shown >= least and (metric is ACCURACY or any(metric.name in row.values for row in rows))
    ]


def cells(row: Row, metrics: Sequence[Metric]) -> dict[str, str]:
    """Return the row as people read it, by column; empty where there is no value."""
    shown = {
        "rank": f"{row.rank or ''}{row.mark}",
        "model": row.model,
        "features": row.features,
        "seeds": str(row.seeds),
    }
    for metric in metrics:
        shown[metric.title] = metric.cell(row.values.get(metric.name))
        if metric is ACCURACY:
            shown[metric.title] = accuracy_text(row) if row.status == "ok" else row.status
            shown[INTERVAL] = interval_text(row)
    return shown


def accuracy_text(row: Row) -> str:
    """Return the accuracy with its standard deviation over seeds, both in %."""
    deviation = "" if row.deviation is None else f" ± {ACCURACY.cell(row.deviation)}"
    return ACCURACY.cell(row.accuracy) + deviation


def interval_text(row: Row) -> str:
    """Return the interval of the accuracy, in %."""
    return f"{ACCURACY.cell(row.interval.low)}–{ACCURACY.cell(row.interval.high)}" if row.interval else ""


def as_text(rows: Sequence[Row], style: str = "simple") -> str:
    """Return the short table and what its marks mean: for the terminal, or in style ``github`` for the README."""
    metrics = columns(rows, Shown.SHORT_TABLES)
    table = _tabulated([cells(row, metrics) for row in rows], style)
    return f"{table}\n\n{BEST_GROUP}" if any(row.mark for row in rows) else table


def _tabulated(lines: Sequence[Mapping[str, str]], style: str) -> str:
    headings = list(lines[0]) if lines else []
    sides = ["left" if name in LEFT else "right" for name in headings]
    body = [list(line.values()) for line in lines]
    text: str = tabulate(body, headings, tablefmt=style, disable_numparse=True, colalign=sides)
    return text


def as_markdown(findings: Findings) -> str:
    """Return LEADERBOARD.md."""
    board = findings.board
    metrics = columns(board.rows, Shown.TABLES)
    table = _tabulated(
        [{**cells(row, metrics), "model": _link(row), "features": in_markdown(row.features)} for row in board.rows],
        "github",
    )
    lines = [*notes(board), *(f"**{in_markdown(warning)}**" for warning in warnings(findings))]
    title = f"# Leaderboard: {in_markdown(findings.dataset)}"
    evaluation = evaluation_table(board, "github")
    return "\n".join([title, "", *lines, "", table, "", *failures(board.rows), BEST_GROUP, *LEGEND, "", *evaluation])


def notes(board: Leaderboard) -> list[str]:
    """Return sentences on what the rows have in common."""
    sentences = []
    if board.n_train and board.n_test:
        sentences.append(f"Trained on {board.n_train:,} images, tested on {board.n_test:,} others.")
    if board.all_equal_p is not None:
        p_value = f"= {board.all_equal_p:.2g}" if board.all_equal_p >= 1e-4 else "< 0.0001"
        sentences.append(f"Test that all rows have equal error rates: p {p_value} (Cochran's Q).")
    if board.n_smaller:
        sentences.append(f"Not in the table: {counted(board.n_smaller, 'trial')} on other numbers of training images.")
    return sentences


def warnings(findings: Findings) -> list[str]:
    """Return sentences on what to be careful with, and on which stored trials are not in the rows."""
    sentences = [note for note in findings.audit.notes if note.startswith(CAREFUL)]
    if len(findings.board.machines) > 1:
        trials = Counter(result.environment.machine_id for _, results in findings.rows() for result in results)
        there = listed([f"{machine} ({counted(n, 'trial')})" for machine, n in trials.most_common()])
        sentences.append(
            f"The times come from {len(findings.board.machines)} different machines and are not comparable: {there}. "
            f"'{bench_command('report', findings.run, '--machine', 'ID')}' ranks those of one."
        )
    contended = sum(result.timing.contended for _, results in findings.rows() for result in results)
    if contended:
        sentences.append(f"{counted(contended, 'trial')} ran at the same time as others: times are then longer.")
    with_network = sum(result.environment.network for _, results in findings.rows() for result in results)
    if with_network:
        sentences.append(f"{counted(with_network, 'trial')} ran with --allow-network: models could use the internet.")
    if findings.n_on_other_data:
        sentences.append(f"Left out: {counted(findings.n_on_other_data, 'stored trial')}, measured on other data.")
    if findings.damaged:
        names = ", ".join(findings.damaged)
        sentences.append(f"Damaged and left out: {names}. Run these trials again.")
    return sentences


def failures(rows: Sequence[Row]) -> list[str]:
    """Return lines on why rows are not ``ok``, those with one reason together."""
    names: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.status != "ok":
            names[f"{row.status}, {in_markdown(row.reason)}"].append(
                f"{as_code(row.model)} on {in_markdown(row.features)}"
            )
    lines = [f"- {', '.join(those)}: {why}" for why, those in names.items()]
    return [*lines, ""] if lines else []


def anchor(row: Row) -> str:
    """Return the id of a row's part of the report."""
    return safe_name(row.name)


LEGEND = (
    "±: standard deviation over seeds. Interval: Wilson, 95 %. F1: macro average. Times: medians;",
    "`feature time` for all images, `predict` for the test images, `one image` from pixels to label. Memory: peak of",
    "the whole trial. Size and parameters: of the model alone; a fitted pipeline, as of principal components, comes on",
    "top. More in [report.html](report.html), every column in [leaderboard.csv](leaderboard.csv).",
)


def _link(row: Row) -> str:
    """Return the model, leading to its part of the report where there is one."""
    name = in_markdown(row.model)
    return f"[{name}](report.html#{anchor(row)})" if row.status == "ok" else name
