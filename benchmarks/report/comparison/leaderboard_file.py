"""A run compared with a leaderboard.csv that an earlier one wrote."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import cast, get_args

from benchmarks.analysis.leaderboard import Row
from benchmarks.analysis.metric import Metric
from benchmarks.analysis.metrics import ACCURACY, METRICS
from benchmarks.analysis.run_comparison import compare_listed
from benchmarks.analysis.statistics import Interval, wilson
from benchmarks.common.bounded_reading import read_file
from benchmarks.common.errors import BenchError
from benchmarks.records.dataset_file import DATASET_FILE, read_dataset
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import Status
from benchmarks.report.comparison.markdown import Compared
from benchmarks.report.data.findings import Findings, read_findings
from benchmarks.report.text.table import BOUNDS

WHY_NO_TIMES = "a leaderboard.csv does not say on which machine they were measured"
REQUIRED = ("rank", "model", "features", "family", "status", "seeds", ACCURACY.name, *BOUNDS, "reason")
SAME = 1e-9  # the file holds every figure in full precision


def is_leaderboard(name: str) -> bool:
    """Return whether an argument of the command line is a leaderboard's file."""
    return Path(name).suffix.lower() == ".csv" and Path(name).is_file()


def compared_with_leaderboard(path: Path, store: ResultStore, file_first: bool) -> Compared:
    """Return what changed from the file to the run, or with ``file_first`` of False from the run to the file.

    Raises ``BenchError`` if the file is no leaderboard, or one of other test images as far as can be told.
    """
    listed, findings = read_leaderboard(path), read_findings(store, {})
    _check_images(path, listed, findings)
    of_run = {row.name: row for row in findings.board.rows}
    before, after = (listed, of_run) if file_first else (of_run, listed)
    return Compared(
        dataset=findings.dataset,
        rows=compare_listed(before, after, WHY_NO_TIMES),
        why_no_times=WHY_NO_TIMES,
        only_first=tuple(name for name in before if name not in after),
        only_second=tuple(name for name in after if name not in before),
        unpaired=True,
    )


def read_leaderboard(path: Path) -> dict[str, Row]:
    """Return the rows of a leaderboard.csv by their names; raises ``BenchError`` if no run wrote it.

    Columns are found by their names: a metric without one, as in an older file, was not measured, and
    a column that is no metric is ignored.
    """
    rows: dict[str, Row] = {}
    try:
        lines = csv.reader(io.StringIO(read_file(path).decode("utf-8-sig"), newline=""), strict=True)
        names = next(lines, [])
        if missing := [name for name in REQUIRED if name not in names]:
            raise ValueError(f"it has no column '{missing[0]}'")
        for line in filter(None, lines):
            if len(line) != len(names):
                raise ValueError(f"line {lines.line_num} has {len(line)} cells, and there are {len(names)} columns")
            row = _row(dict(zip(names, line, strict=True)))
            if row.name in rows:
                raise ValueError(f"it has two rows '{row.name}'")
            rows[row.name] = row
    except (OSError, ValueError, csv.Error) as error:
        raise BenchError(f"{path} is no leaderboard.csv that a run wrote ({error})") from error
    return rows


def _row(cells: Mapping[str, str]) -> Row:
    """Return one line's row; raises ValueError for what a run does not write."""
    if cells["status"] not in get_args(Status):
        raise ValueError(f"a status is '{cells['status']}'")
    low, high = (_value(ACCURACY, cells, bound) for bound in BOUNDS)
    interval = None if low is None or high is None else Interval(low, high)
    values = {metric.name: value for metric in METRICS if (value := _value(metric, cells, metric.name)) is not None}
    if cells["status"] == "ok" and (interval is None or ACCURACY.name not in values):
        raise ValueError("a row that is ok has no accuracy")
    return Row(
        rank=int(cells["rank"]) if cells["rank"] else None,
        best_group=cells.get("best_group") == "true",
        model=cells["model"],
        features=cells["features"],
        family=cells["family"],
        status=cast(Status, cells["status"]),
        seeds=int(cells["seeds"]),
        values=values,
        interval=interval,
        reason=cells["reason"],
    )


def _value(metric: Metric, cells: Mapping[str, str], column: str) -> float | None:
    """Return the value in a column, None where there is none; raises ValueError for one outside the metric's range."""
    text = cells.get(column, "")
    if not text:
        return None
    value = float(text)
    if not metric.unit.low <= value <= metric.unit.high:
        raise ValueError(f"{column} is {text}")
    return value


def _check_images(path: Path, listed: Mapping[str, Row], findings: Findings) -> None:
    """Raise ``BenchError`` where the file's figures cannot be of the run's test images.

    An interval follows from the accuracy and the number of images.
    """
    n, run = len(findings.truth), f"run '{findings.run}'"
    beside = path.resolve().parent
    if (beside / DATASET_FILE).is_file() and read_dataset(beside).data_hash != findings.audit.data_hash:
        raise BenchError(f"{path} was measured on other images than {run}; they cannot be compared")
    for name, row in listed.items():
        if row.accuracy is None or row.interval is None:
            continue
        expected = wilson(row.accuracy * n, n)
        if max(abs(expected.low - row.interval.low), abs(expected.high - row.interval.high)) > SAME:
            message = f"the interval of '{name}' in {path} is not one of {n:,} test images"
            raise BenchError(f"{message}, which {run} has on {findings.dataset}; they cannot be compared")
