"""Runs benchmarks of this folder in a process of their own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.common.errors import BenchError
from benchmarks.common.paths import ROOT
from benchmarks.execution.processes.supervisor import worker_environment
from benchmarks.regression.fixed import THREADS
from benchmarks.regression.judging.storage import Passes, read_pass

HERE = "benchmarks/regression"


def one_pass(which: Sequence[str], tree: Path = ROOT) -> Passes:
    """Return the figures of one run of files or single benchmarks (pytest's names), with the code in ``tree``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pass.json"
        run_benchmarks(which, f"--benchmark-json={path}", tree=tree)
        return read_pass(path)


def run_benchmarks(which: Sequence[str], *options: str, tree: Path = ROOT) -> None:
    """Run pytest on files or single benchmarks; raises ``BenchError`` with its last words if one fails."""
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--benchmark-enable"]
    done = subprocess.run(
        [*pytest, *options, *which], cwd=tree, env=worker_environment(THREADS), capture_output=True, text=True
    )
    if done.returncode:
        raise BenchError(f"the benchmarks do not run:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
