"""The overhead of the harness: planning, hashing, scoring, a whole trial."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.catalog.catalog import load_catalog
from benchmarks.catalog.selection import Choice, plan
from benchmarks.common.paths import ROOT
from benchmarks.execution.processes.supervisor import worker_environment
from benchmarks.provenance import fingerprint as inputs
from benchmarks.provenance import sources
from benchmarks.records.scores import score
from benchmarks.records.trial import Measurement, Predictions
from benchmarks.regression.sample_data import THREADS
from benchmarks.regression.synthetic_run import NAMES, RESOURCES, TIMING
from benchmarks.regression.track import track

# only knn: with every model of the registry, each new one would look like a slowdown
CHOICE = Choice("knn", "*", n_seeds=50, train_sizes=(100, 500))


def test_plan(benchmark: BenchmarkFixture) -> None:
    """Plan many trials."""
    catalog = load_catalog()
    track(benchmark, lambda: plan(CHOICE, catalog, "digits", 1_000))


def test_inputs(benchmark: BenchmarkFixture) -> None:
    """Compute the fingerprint of a trial."""
    catalog = load_catalog()
    (trial,) = plan(Choice("knn", "pixels"), catalog, "digits", 1_000)

    def compute() -> None:
        sources.source_hash.cache_clear()
        sources._parsed.cache_clear()
        inputs.inputs_of(trial, catalog, "data")

    track(benchmark, compute)


def test_score(benchmark: BenchmarkFixture) -> None:
    """Score predictions."""
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 10, 10_000)
    shares = generator.dirichlet(np.ones(10), 10_000)
    predictions = Predictions(shares.argmax(axis=1), shares)
    track(benchmark, lambda: score(truth, predictions, NAMES, Measurement(TIMING, RESOURCES)))


def test_trial(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """The whole command with the dummy model: startup, data, worker, results and reports."""
    arguments = ("--models", "dummy", "--dataset", "digits", "--no-cache", "--force", "--results-dir", str(tmp_path))
    command = [sys.executable, str(ROOT / "bench.py"), *arguments, "--threads", str(THREADS)]

    # a separate temporary folder, or it would wait for other runs of this user
    environment = {**worker_environment(THREADS), "TMPDIR": str(tmp_path)}

    def run() -> None:
        subprocess.run(command, check=True, capture_output=True, env=environment, cwd=tmp_path)

    track(benchmark, run)
