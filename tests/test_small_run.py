"""What the smallest run starts and imports: its time is that of starting processes and importing modules."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

LARGE = {
    *("sklearn", "scipy", "pandas", "matplotlib", "skimage", "tensorflow", "keras", "xgboost", "requests"),
    *("benchmarks.datasets.user_data", "benchmarks.datasets.openml.opening", "rich.progress"),
}
NOT_FOR_WORKERS = {*LARGE, "numpy", "PIL", "rich", "jinja2", "tabulate", "joblib", "multiprocessing", "asyncio"}
MOST_MODULES_OF_BENCH = 690
MOST_MODULES_OF_WORKER = 340
PROBE = """
import sys
sys.path.insert(0, {root!r})
started = []
sys.addaudithook(lambda event, arguments: started.append(event) if event == "subprocess.Popen" else None)
import bench
if bench.main({words!r}):
    sys.exit("it failed")
print(len(started))
print(*sys.modules)
"""
WORKERS = ["main", "compute_features"]


def test_a_run_with_cached_features_starts_three_processes_and_imports_no_large_library(
    environment: dict[str, str], tmp_path: Path
) -> None:
    words = ["--models", "dummy", "--dataset", "digits", "--force", "--results-dir", str(tmp_path)]
    probe = PROBE.format(root=str(ROOT), words=words)
    for _ in range(2):  # the first may have to enlarge the digits and to compute features
        done = subprocess.run([sys.executable, "-c", probe], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    *_, started, modules = done.stdout.splitlines()
    assert int(started) == 3  # git, what cleans up after the bench, and what the trial is a fork of
    imported = set(modules.split())
    assert imported & LARGE == set()
    assert len(imported) <= MOST_MODULES_OF_BENCH, len(imported)


@pytest.mark.parametrize("worker", WORKERS)
def test_a_worker_imports_no_library_before_it_needs_it(environment: dict[str, str], worker: str) -> None:
    probe = f"import sys, benchmarks.execution.worker.{worker}; print(*sys.modules)"
    command = [sys.executable, "-c", probe]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    imported = set(done.stdout.split())
    assert "msgspec" in imported and imported & NOT_FOR_WORKERS == set()
    assert len(imported) <= MOST_MODULES_OF_WORKER, len(imported)
