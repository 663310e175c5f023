"""What the bench itself costs beside the models: planning, hashing, one whole trial, scoring."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.analysis.scores import score
from benchmarks.catalog.catalog import load_catalog
from benchmarks.catalog.selection import Choice, plan
from benchmarks.common.paths import ROOT
from benchmarks.execution.processes.worker_process import worker_environment
from benchmarks.provenance import fingerprint as inputs
from benchmarks.provenance import sources
from benchmarks.records.trial import Measurement, Predictions
from benchmarks.regression.fixed import THREADS
from benchmarks.regression.stored_run import NAMES, RESOURCES, TIMING
from benchmarks.regression.track import track

# knn alone: with every model of the registry, each new one would look like a slow-down
CHOICE = Choice("knn", "*", n_seeds=50, train_sizes=(100, 500))


def test_plan(benchmark: BenchmarkFixture) -> None:
    """Words to trials, many of them."""
    catalog = load_catalog()
    track(benchmark, lambda: plan(CHOICE, catalog, "digits", 1_000))


def test_inputs(benchmark: BenchmarkFixture) -> None:
    """The hashes that decide whether a stored trial still holds."""
    catalog = load_catalog()
    (trial,) = plan(Choice("knn", "pixels"), catalog, "digits", 1_000)

    def anew() -> None:
        sources.source_hash.cache_clear()
        sources._parsed.cache_clear()
        inputs.inputs_of(trial, catalog, "data")

    track(benchmark, anew)


def test_score(benchmark: BenchmarkFixture) -> None:
    """Labels and predictions to scores."""
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 10, 10_000)
    shares = generator.dirichlet(np.ones(10), 10_000)
    predictions = Predictions(shares.argmax(axis=1), shares)
    track(benchmark, lambda: score(truth, predictions, NAMES, Measurement(TIMING, RESOURCES)))


def test_trial(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """The real command with the model that does nothing: start, data, worker, results and reports."""
    words = ("--models", "dummy", "--dataset", "digits", "--no-cache", "--force", "--results-dir", str(tmp_path))
    command = [sys.executable, str(ROOT / "bench.py"), *words, "--threads", str(THREADS)]

    # a temporary folder of its own, or it would wait for other benches of this user
    environment = {**worker_environment(THREADS), "TMPDIR": str(tmp_path)}

    def run() -> None:
        subprocess.run(command, check=True, capture_output=True, env=environment, cwd=tmp_path)

    track(benchmark, run)
