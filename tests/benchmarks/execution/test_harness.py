"""The harness with an executor that stands for another machine: nothing runs, every ending becomes a result."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from benchmarks.catalog.catalog import load_catalog
from benchmarks.datasets.evaluation_sets import with_evaluation_sets
from benchmarks.datasets.preprocessing.audit import audit
from benchmarks.datasets.spec import Images
from benchmarks.execution.decisions import Demands, Planner
from benchmarks.execution.estimates import Estimates
from benchmarks.execution.executor import Ending
from benchmarks.execution.harness import Harness, RunOptions
from benchmarks.execution.processes.supervisor import Limits
from benchmarks.execution.progress import Event, TrialFinished, TrialStarted
from benchmarks.execution.protocol import Answer
from benchmarks.execution.stages.channel import Stage
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import Environment, Measurement, Predictions, Resources, Timing, Trial
from tests.fake_executor import FakeExecutor, random_images

TRIAL = Trial("knn", "pixels", "tiny")
MEASURED = Measurement(Timing(fit_s=1.0, predict_s=(0.1,)), Resources(200.0, threads=1), (), 1.0, 8, 8)


def images() -> Images:
    return with_evaluation_sets(random_images(6, 2, 12), ["shifted"])


def harness(tmp_path: Path, ending: Ending, told: list[Event], save_models: bool = False) -> Harness:
    data, store, catalog = images(), ResultStore(tmp_path, "local", "tiny"), load_catalog()
    found = audit(data)
    demands = Demands(threads=1, save_models=save_models)
    planner = Planner(catalog, store, found.data_hash, found.evaluation_hashes, 8, demands, Estimates())
    hashes = {**found.hashes, **found.evaluation_hashes}
    options = RunOptions(Limits(60, 4, 1))
    executor = FakeExecutor(tmp_path, lambda request: ending)
    return Harness(executor, planner, data, hashes, store, options, told.append)


def answered(labels: Callable[[np.ndarray], np.ndarray], there: Environment | None = None) -> Ending:
    predictions = {name: Predictions(labels(split.labels)) for name, split in images().evaluation.items()}
    answer = Answer("ok", "", MEASURED, predictions=predictions)
    return Ending("ok", "", 2.0, 300.0, b"", answer, there)


def test_a_result_names_the_machine_that_measured_it_and_scores_every_evaluation_set(tmp_path: Path) -> None:
    told: list[Event] = []
    bench = harness(tmp_path, answered(lambda labels: labels, Environment("there")), told)
    (result,) = bench.run(bench.planner.decide_all([TRIAL]))
    assert result.ok and result.environment.machine_id == "there"
    assert {name: scores.accuracy for name, scores in result.evaluation.items()} == {"test": 1.0, "shifted": 1.0}
    assert result.resources.peak_rss_mb == 300 and result.timing.total_s == 2
    assert bench.store.load(TRIAL.key) == result
    assert bench.store.predictions(TRIAL.key, "shifted") is not None
    assert [type(event) for event in told if not isinstance(event, TrialStarted)][-1] is TrialFinished


def test_a_request_names_no_place_on_this_machine_and_no_label(tmp_path: Path) -> None:
    bench = harness(tmp_path, answered(lambda labels: labels), [])
    bench.run(bench.planner.decide_all([TRIAL]))
    assert isinstance(bench.executor, FakeExecutor)
    (request,) = bench.executor.requests
    text = msgspec.json.encode(request).decode()
    assert "/" not in text and str(tmp_path) not in text
    assert request.evaluation_sets == ("test", "shifted") and set(request.data) >= {"train", "validation", "shifted"}


@pytest.mark.parametrize("there", [None, Environment("there")])
def test_a_result_says_whether_it_could_use_the_network(tmp_path: Path, there: Environment | None) -> None:
    bench = harness(tmp_path, answered(lambda labels: labels, there), [])
    (without,) = bench.run(bench.planner.decide_all([TRIAL]))
    connected = replace(bench, options=replace(bench.options, network=True))
    forced = replace(bench.planner, demands=replace(bench.planner.demands, force=True))
    (result,) = connected.run(forced.decide_all([TRIAL]))
    assert not without.environment.network and result.environment.network
    assert isinstance(bench.executor, FakeExecutor)
    assert [request.network for request in bench.executor.requests] == [False, True]
    anywhere = replace(bench.planner, demands=replace(bench.planner.demands, any_machine=True))
    assert anywhere.decide(TRIAL).reason == "it was allowed to use the network"


@pytest.mark.parametrize("status", ["timeout", "failed", "out-of-memory", "interrupted", "skipped"])
def test_every_other_ending_is_a_row_with_a_reason(tmp_path: Path, status: str) -> None:
    ending = replace(Ending("failed", "why", 3.0, 10.0, b"last words"), status=status)  # type: ignore[arg-type]
    bench = harness(tmp_path, ending, [])
    (result,) = bench.run(bench.planner.decide_all([TRIAL]))
    assert (result.status, result.reason, result.scores) == (status, "why", None)
    assert (bench.store.folder / "logs" / f"{TRIAL.key}.log").read_bytes() == b"last words"


@pytest.mark.parametrize("status", ["timeout", "failed", "interrupted"])
def test_a_failure_never_replaces_a_good_result_of_the_same_inputs(tmp_path: Path, status: str) -> None:
    good = harness(tmp_path, answered(lambda labels: labels), [])
    good.run(good.planner.decide_all([TRIAL]))
    ending = replace(Ending("failed", "why", 1.0, 1.0), status=status)  # type: ignore[arg-type]
    other = harness(tmp_path, ending, [])
    forced = replace(other.planner, demands=replace(other.planner.demands, force=True))
    (result,) = other.run(forced.decide_all([TRIAL]))
    stored = other.store.load(TRIAL.key)
    assert result.status == status and result.reason.startswith("why; the stored result")
    assert stored and stored.ok and other.store.predictions(TRIAL.key)


def test_the_fitted_model_is_stored_where_it_is_asked_for(tmp_path: Path) -> None:
    bench = harness(tmp_path, answered(lambda labels: labels), [], save_models=True)
    (result,) = bench.run(bench.planner.decide_all([TRIAL]))
    assert bench.store.model_folder(result).is_dir()
    assert bench.planner.decide(TRIAL).reused


def test_a_stopped_run_starts_nothing(tmp_path: Path) -> None:
    bench = harness(tmp_path, answered(lambda labels: labels), [])
    bench.stop.set()
    assert bench.run(bench.planner.decide_all([TRIAL])) == []
    assert isinstance(bench.executor, FakeExecutor) and bench.executor.requests == []


@pytest.mark.parametrize(("last", "status"), [(3, "interrupted"), (1000, "timeout")])
def test_a_trial_that_is_stopped_or_ended_keeps_the_epochs_that_it_told(tmp_path: Path, last: int, status: str) -> None:
    timeout = Ending("timeout", "it took too long", 1.0, 100.0)
    epochs = [Stage("fit", epoch, 100, {"loss": 1 / epoch}) for epoch in range(1, 100)]
    pruning = replace(
        harness(tmp_path, timeout, []),
        executor=FakeExecutor(tmp_path, lambda request: timeout, lambda request: epochs),
        prune=lambda trial, stage: "pruned: too slow" if (stage.step or 0) >= last else "",
    )
    (result,) = pruning.run(pruning.planner.decide_all([TRIAL]))
    assert result.status == status and not pruning.stop.is_set()
    assert [step["epoch"] for step in result.history] == list(range(1, min(last, 99) + 1))
    assert result.reason == ("pruned: too slow" if last == 3 else "it took too long")
    assert pruning.store.load(TRIAL.key) == result


def test_a_model_without_what_it_was_trained_on_is_not_kept_and_its_result_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("benchmarks.execution.harness.write_training_data", full)
    told: list[Event] = []
    bench = harness(tmp_path, answered(lambda labels: labels), told, save_models=True)
    (result,) = bench.run(bench.planner.decide_all([TRIAL]))
    assert result.ok and not bench.store.model_folder(result).exists()
    assert [event.not_saved for event in told if isinstance(event, TrialFinished)] == [
        "OSError: [Errno 28] No space left on device"
    ]
