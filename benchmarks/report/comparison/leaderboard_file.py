"""A run compared with a leaderboard.csv that an earlier one wrote."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from benchmarks.analysis.leaderboard import Row
from benchmarks.analysis.run_comparison import compare_listed
from benchmarks.analysis.statistics import wilson
from benchmarks.common.errors import BenchError
from benchmarks.records.dataset_file import DATASET_FILE, read_dataset
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import Status
from benchmarks.report.comparison.markdown import Compared
from benchmarks.report.data.findings import Findings, read_findings
from benchmarks.report.text.table import CSV_COLUMNS

WHY_NO_TIMES = "a leaderboard.csv does not say on which machine they were measured"
SHARES = ("accuracy", "accuracy_low", "accuracy_high", "precision", "recall", "f1")
NUMBERS = (*SHARES, "features_s", "fit_s", "predict_s", "latency_ms_p50", "latency_ms_p99", "peak_rss_mb", "model_mb")
SAME = 1e-9  # the file holds every figure in full precision


def is_leaderboard(name: str) -> bool:
    """Say whether what stands on the command line is a file of a leaderboard."""
    return Path(name).suffix.lower() == ".csv" and Path(name).is_file()


def compared_with_leaderboard(path: Path, store: ResultStore, file_first: bool) -> Compared:
    """Return what changed from the file to the run, or with ``file_first`` of False from the run to the file.

    Raises ``BenchError`` if the file is no leaderboard, or one of other test images as far as can be told.
    """
    listed, findings = read_leaderboard(path), read_findings(store, {})
    _check_images(path, listed, findings)
    ran = {_name(row): row for row in findings.board.rows}
    before, after = (listed, ran) if file_first else (ran, listed)
    return Compared(
        dataset=findings.dataset,
        rows=compare_listed(before, after, WHY_NO_TIMES),
        why_no_times=WHY_NO_TIMES,
        only_first=tuple(name for name in before if name not in after),
        only_second=tuple(name for name in after if name not in before),
        unpaired=True,
    )


def read_leaderboard(path: Path) -> dict[str, Row]:
    """Return the rows of a leaderboard.csv by their names; raises ``BenchError`` if no run wrote it."""
    rows: dict[str, Row] = {}
    try:
        lines = csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""), strict=True)
        if tuple(next(lines, ())) != CSV_COLUMNS:
            raise ValueError("it has other columns")
        for cells in lines:
            row = _row(dict(zip(CSV_COLUMNS, cells, strict=True)))
            if _name(row) in rows:
                raise ValueError(f"it has two rows '{_name(row)}'")
            rows[_name(row)] = row
    except (OSError, ValueError, csv.Error) as error:
        raise BenchError(f"{path} is no leaderboard.csv that a run wrote ({error})") from error
    return rows


def _row(cells: Mapping[str, str]) -> Row:
    """Return one line's row; raises ValueError for what a run does not write."""
    read: dict[str, Any] = {**cells, "tied": cells["tied"] == "true", "seeds": int(cells["seeds"])}
    read["rank"] = int(cells["rank"]) if cells["rank"] else None
    for name in NUMBERS:
        read[name] = float(cells[name]) if cells[name] else None
        if read[name] is not None and not (0 <= read[name] <= (1 if name in SHARES else math.inf)):
            raise ValueError(f"{name} is {cells[name]}")
    if read["status"] not in get_args(Status):
        raise ValueError(f"a status is '{read['status']}'")
    if read["status"] == "ok" and None in (read["accuracy"], read["accuracy_low"], read["accuracy_high"]):
        raise ValueError("a row that is ok has no accuracy")
    known = {field.name for field in fields(Row)}
    return Row(**{name: value for name, value in read.items() if name in known})


def _check_images(path: Path, listed: Mapping[str, Row], findings: Findings) -> None:
    """Raise ``BenchError`` where the file's figures cannot be of the run's test images.

    What an interval is follows from the accuracy and the number of images.
    """
    n, run = len(findings.truth), f"run '{findings.run}'"
    beside = path.resolve().parent
    if (beside / DATASET_FILE).is_file() and read_dataset(beside).data_hash != findings.audit.data_hash:
        raise BenchError(f"{path} was measured on other images than {run}; they cannot be compared")
    for name, row in listed.items():
        if row.accuracy is None or row.accuracy_low is None or row.accuracy_high is None:
            continue
        expected = wilson(row.accuracy * n, n)
        if max(abs(expected.low - row.accuracy_low), abs(expected.high - row.accuracy_high)) > SAME:
            message = f"the interval of '{name}' in {path} is not one of {n:,} test images"
            raise BenchError(f"{message}, which {run} has on {findings.dataset}; they cannot be compared")


def _name(row: Row) -> str:
    return f"{row.model}@{row.features}"
