"""``bench.py compare``: what changed between two runs, and is it more than noise?"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from benchmarks.regression.detection.compare import compare_stored
from benchmarks.report.comparison.leaderboard_file import is_leaderboard
from benchmarks.report.comparison.runs import compare_runs


def compare(options: Namespace) -> int:
    """Print what changed between two runs, or between two files that ``make regress-save`` stored."""
    leaderboards = [is_leaderboard(name) for name in (options.first, options.second)]
    if not any(leaderboards) and (Path(options.first).is_file() or Path(options.second).is_file()):
        return compare_stored(Path(options.first), Path(options.second), options.fail_on)
    return compare_runs(options.results_dir, options.first, options.second, options.dataset, options.fail_on)
