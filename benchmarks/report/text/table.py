"""The leaderboard as text: CSV for programs, markdown for pages, a table for the terminal."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence

from tabulate import tabulate

from benchmarks.analysis.leaderboard import Leaderboard, Row
from benchmarks.common.formatting import counted, seconds_text
from benchmarks.records.trial import safe_name
from benchmarks.report.data.findings import Findings

LEFT = ("model", "on")
CSV_COLUMNS = (
    *("rank", "tied", "model", "features", "family", "status", "seeds"),
    *("accuracy", "accuracy_low", "accuracy_high", "precision", "recall", "f1"),
    *("features_s", "fit_s", "predict_s", "latency_ms_p50", "latency_ms_p99", "peak_rss_mb", "model_mb", "reason"),
)
ON_A_TERMINAL = ("rank", "model", "on", "accuracy %", "95 % interval", "features", "fit", "predict")


def as_csv(board: Leaderboard) -> str:
    """Return leaderboard.csv: every row in full precision, what was not measured left empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for row in board.rows:
        writer.writerow([_plain(getattr(row, name)) for name in CSV_COLUMNS])
    return text.getvalue()


def as_text(rows: Sequence[Row]) -> str:
    """Return the table for a terminal: the columns that fit there."""
    return _tabulated([{name: cells(row)[name] for name in ON_A_TERMINAL} for row in rows], "simple")


def _tabulated(lines: Sequence[Mapping[str, str]], style: str) -> str:
    headings = list(lines[0]) if lines else []
    sides = ["left" if name in LEFT else "right" for name in headings]
    body = [list(line.values()) for line in lines]
    text: str = tabulate(body, headings, tablefmt=style, disable_numparse=True, colalign=sides)
    return text


def as_markdown(findings: Findings) -> str:
    """Return LEADERBOARD.md."""
    board = findings.board
    title = f"# {findings.dataset}: which model reads it best?"
    table = _tabulated([_linked(row) for row in board.rows], "github")
    said = [*notes(board), *(f"**{warning}**" for warning in warnings(findings))]
    return "\n".join([title, "", *said, "", table, "", *failures(board.rows), *LEGEND, ""])


def notes(board: Leaderboard) -> list[str]:
    """Say what the rows have in common."""
    said = []
    if board.n_train and board.n_test:
        said.append(f"Given {board.n_train:,} images to learn from, tested on {board.n_test:,} others.")
    if board.all_equal_p is not None:
        p_value = f"= {board.all_equal_p:.2g}" if board.all_equal_p >= 1e-4 else "< 0.0001"
        said.append(f"That all rows err equally often: p {p_value} (Cochran's Q).")
    if board.n_smaller:
        said.append(f"Stored and no row: {counted(board.n_smaller, 'trial')} on other numbers of training images.")
    return said


def warnings(findings: Findings) -> list[str]:
    """Say what to be careful with, and what of the stored trials is not in the rows."""
    said = []
    if len(findings.board.machines) > 1:
        said.append(f"The times come from {len(findings.board.machines)} different machines and cannot be compared.")
    contended = sum(result.timing.contended for _, results in findings.rows() for result in results)
    if contended:
        said.append(f"{counted(contended, 'trial')} ran beside others: times are then longer.")
    if findings.n_on_other_data:
        said.append(f"Left out: {counted(findings.n_on_other_data, 'stored trial')}, measured on other data.")
    if findings.damaged:
        names = ", ".join(findings.damaged)
        said.append(f"Damaged and left out: {names}. Run these trials again.")
    return said


def failures(rows: Sequence[Row]) -> list[str]:
    """Say of the rows that are not ``ok`` why, those with one reason together."""
    names: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.status != "ok":
            names[f"{row.status}, {row.reason}"].append(f"`{row.model}` on {row.features}")
    lines = [f"- {', '.join(those)}: {why}" for why, those in names.items()]
    return [*lines, ""] if lines else []


def anchor(row: Row) -> str:
    """Return the id of a row's part of the report."""
    return safe_name(f"{row.model}@{row.features}")


LEGEND = (
    "Rank with `=`: not told apart from the best (paired test on the test images, Holm-corrected over all",
    "pairs, 5 %). ±: standard deviation over seeds. Interval: Wilson, 95 %. F1: macro average. Times: medians;",
    "`features` for all images, `predict` for the test images, `one image` from pixels to label. Memory: peak of the",
    "whole trial. More in [report.html](report.html), every column in [leaderboard.csv](leaderboard.csv).",
)


def cells(row: Row) -> dict[str, str]:
    """Return the row as people read it, by column; empty where there is no figure."""
    spread = "" if row.deviation is None else f" ± {row.deviation * 100:.2f}"
    interval = f"{_percent(row.accuracy_low)}–{_percent(row.accuracy_high)}"
    ok = row.accuracy is not None
    return {
        "rank": f"{row.rank}{'=' if row.tied else ''}" if ok else "",
        "model": row.model,
        "on": row.features,
        "seeds": str(row.seeds),
        "accuracy %": _percent(row.accuracy) + spread if ok else row.status,
        "95 % interval": interval if ok else "",
        "F1 %": _percent(row.f1),
        "features": seconds_text(row.features_s),
        "fit": seconds_text(row.fit_s),
        "predict": seconds_text(row.predict_s),
        "one image": _number(row.latency_ms_p50, "ms"),
        "memory": _number(row.peak_rss_mb, "MiB", 0),
        "size": _number(row.model_mb, "MiB"),
    }


def _linked(row: Row) -> dict[str, str]:
    """Return the row with the model leading to its part of the report."""
    model = f"[{row.model}](report.html#{anchor(row)})" if row.status == "ok" else row.model
    return {**cells(row), "model": model}


def _plain(value: object) -> object:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share * 100:.2f}"


def _number(value: float | None, unit: str, digits: int | None = None) -> str:
    if value is None:
        return ""
    return f"{value:,.{digits}f} {unit}" if digits is not None else f"{value:.3g} {unit}"
