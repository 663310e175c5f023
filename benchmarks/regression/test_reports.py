"""The leaderboard and the reports of a synthetic run."""

from __future__ import annotations

from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.regression.synthetic_run import store_run
from benchmarks.regression.track import track
from benchmarks.report.data.findings import read_findings
from benchmarks.report.write import write_reports


def test_leaderboard(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Rank a run, with its paired tests."""
    store = store_run(tmp_path)
    track(benchmark, lambda: read_findings(store, {}))


def test_report(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Write every report of a run."""
    store = store_run(tmp_path)
    track(benchmark, lambda: write_reports(store, {}))
