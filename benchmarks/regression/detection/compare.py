"""Comparison of two stored benchmark files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.common.errors import BenchError
from benchmarks.regression.detection.detect import compare
from benchmarks.regression.detection.markdown import as_markdown
from benchmarks.regression.detection.storage import read_baseline

FIGURES = {"slower": {"fit", "predict"}, "less accurate": {"accuracy"}}


def compare_stored(first: Path, second: Path, fail_on: Sequence[str]) -> int:
    """Print the comparison; return 1 if a figure in ``fail_on`` is worse in the second file.

    All times count as ``fit`` and ``predict``. Raises ``BenchError`` if a file was not stored by this suite.
    """
    for path in (first, second):
        if not path.is_file():
            message = "compare accepts two runs, a run and a leaderboard.csv, or two stored benchmark files"
            raise BenchError(f"there is no file {path}; {message}")
    baseline, current = read_baseline(first), read_baseline(second)
    comparisons = compare(baseline.repetitions, current.repetitions, baseline.machine == current.machine)
    print(as_markdown(baseline, current, comparisons))
    return int(any(FIGURES[regression] & set(fail_on) for one in comparisons for regression in one.regressions))
