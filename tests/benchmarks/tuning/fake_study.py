"""A study whose trials take no time: an executor answers at once with as many errors as the settings deserve."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.catalog.catalog import Catalog, load_catalog
from benchmarks.catalog.selection import Choice, plan
from benchmarks.datasets.preprocessing.audit import audit
from benchmarks.execution.config import RunConfig
from benchmarks.execution.decisions import Planner
from benchmarks.execution.executor import Ending
from benchmarks.execution.harness import Harness, RunOptions
from benchmarks.execution.processes.supervisor import Limits
from benchmarks.execution.protocol import Answer, Request
from benchmarks.execution.session import Session
from benchmarks.execution.stages.channel import Stage
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import Latency, Measurement, Predictions, Resources, Timing
from benchmarks.tuning.progress import StudyEvent, StudyListener
from benchmarks.tuning.setup import Study, StudyOptions, study_on
from models.spec import Setting
from tests.fake_executor import FakeExecutor, random_images

N_TEST = 200
ErrorShare = Callable[[Mapping[str, Setting], int | None], float]


def error_of_svm(settings: Mapping[str, Setting], size: int | None) -> float:
    """Return an error that is smallest, 5 %, at C=1 and gamma=0.1, and larger with fewer images."""
    distance = abs(math.log10(float(settings["C"]))) + abs(math.log10(float(settings["gamma"])) + 1)
    return min(0.05 + 0.1 * distance + (0 if size is None else 1 / size), 1.0)


def ignore_all(event: object) -> None:
    """Tell nobody."""


def answering_at_once(
    scratch: Path,
    truth: NDArray[np.int64],
    error: ErrorShare,
    fails: Callable[[Mapping[str, Setting]], bool],
    takes_s: float,
    epochs: tuple[float, ...],
) -> FakeExecutor:
    """Return an executor that answers with predictions of which the first are wrong; see ``fake_study``."""

    def share(request: Request) -> float:
        return error(request.settings, request.trial.train_size)

    def stages_of(request: Request) -> Iterator[Stage]:
        time.sleep(takes_s)
        for i, factor in enumerate(epochs, start=1):
            yield Stage("fit", i, len(epochs), {"val_accuracy": 1 - min(share(request) * factor, 1.0)})

    def ending_of(request: Request) -> Ending:
        if fails(request.settings):
            return Ending("failed", "the process was killed by SIGSEGV", 1.0, 100.0)
        n_wrong = round(share(request) * len(truth))
        labels = np.where(np.arange(len(truth)) < n_wrong, (truth + 1) % 4, truth)
        median = float(request.settings.get("C", 1.0))
        latency = Latency(median, median + 9.0)
        timing = Timing(features_s=0.1, features_cached=False, fit_s=1.0, predict_s=(0.1,), latency_ms=latency)
        measured = Measurement(timing, Resources(200.0, threads=1), (), 1.0, request.trial.train_size or 80, 8)
        answer = Answer("ok", "", measured, predictions={"test": Predictions(labels)})
        return Ending("ok", "", 1.0, 100.0, answer=answer)

    return FakeExecutor(scratch, ending_of, stages_of)


@dataclass(frozen=True)
class FakeSession(Session):
    """A session whose trials an executor answers at once."""

    executor: FakeExecutor | None = None

    @contextlib.contextmanager
    def harness(self, planner: Planner, stop: threading.Event) -> Iterator[Harness]:
        assert self.executor
        hashes = {**self.audit.hashes, **self.audit.evaluation_hashes}
        options = RunOptions(Limits(1800.0, 8.0, 1), self.config.jobs)
        yield Harness(self.executor, planner, self.images, hashes, self.store, options, self.tell, stop)


def fake_study(
    folder: Path,
    options: StudyOptions,
    *,
    row: str = "svm-rbf@hog",
    sizes: tuple[int, ...] = (),
    error: ErrorShare = error_of_svm,
    fails: Callable[[Mapping[str, Setting]], bool] = lambda settings: False,
    takes_s: float = 0.0,
    epochs: tuple[float, ...] = (),
    jobs: int = 1,
    tell: StudyListener = ignore_all,
    catalog: Catalog | None = None,
) -> Study:
    """Return a study on random images that is open; its results go to ``folder``.

    ``fails``: whether settings crash. ``takes_s``: what a trial takes. ``epochs``: factors of the error after each.
    """
    model, _, features = row.partition("@")
    data = random_images(60, 20, N_TEST)
    store = ResultStore(folder, "local", "tiny-validation")
    found = audit(data)
    store.save_dataset(data, found)
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    executor = answering_at_once(scratch, data.test.labels, error, fails, takes_s, epochs)
    config = RunConfig(model, features, results_dir=folder, train_sizes=sizes, jobs=jobs)
    known = catalog or load_catalog()
    trials = tuple(plan(Choice(model, features, train_sizes=sizes), known, store.dataset, data.n_trainable))
    session = FakeSession(config, known, data, found, store, trials, tell, executor=executor)
    return study_on(session, options, tell)


def requests_of(study: Study) -> list[Request]:
    """Return what the executor of a study was asked to run."""
    assert isinstance(study.session, FakeSession) and study.session.executor
    return study.session.executor.requests


def collected() -> tuple[list[StudyEvent], Callable[[object], None]]:
    """Return a list, and a listener that adds the events of studies to it."""
    events: list[StudyEvent] = []

    def listen(event: object) -> None:
        if isinstance(event, StudyEvent):
            events.append(event)

    return events, listen
