"""Runs the benchmark suite in a subprocess."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.common.errors import BenchError
from benchmarks.common.paths import ROOT
from benchmarks.execution.processes.supervisor import worker_environment
from benchmarks.regression.detection.storage import BenchmarkResults, read_pass
from benchmarks.regression.sample_data import THREADS

SUITE = "benchmarks/regression"


def one_pass(which: Sequence[str], tree: Path = ROOT) -> BenchmarkResults:
    """Return the results of one pass over files or single benchmarks (pytest's names), with the code in ``tree``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pass.json"
        run_benchmarks(which, f"--benchmark-json={path}", tree=tree)
        return read_pass(path)


def run_benchmarks(which: Sequence[str], *options: str, tree: Path = ROOT) -> None:
    """Run pytest on files or single benchmarks; raises ``BenchError`` with the end of its output if one fails."""
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--benchmark-enable"]
    done = subprocess.run(
        [*pytest, *options, *which], cwd=tree, env=worker_environment(THREADS), capture_output=True, text=True
    )
    if done.returncode:
        raise BenchError(f"the benchmarks failed:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
