from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from bench import main as command_line
from benchmarks.execution.processes.supervisor import SLEEPING_THREADS
from benchmarks.records.dataset_file import DatasetRecord
from benchmarks.records.scores import score
from benchmarks.records.trial import (
    Environment,
    Inputs,
    Latency,
    Measurement,
    Predictions,
    Resources,
    Status,
    Timing,
    Trial,
    TrialResult,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from xdist.remote import Producer

# a noisy machine, or a first import, makes no test wrong
settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")

# before any library starts its threads: the tests must not crawl on a busy machine
os.environ.update(SLEEPING_THREADS)

ROOT = Path(__file__).resolve().parent.parent
Bench = Callable[..., subprocess.CompletedProcess[str]]


RUNS_THE_COMMAND = {"bench", "bench_process", "started_bench", "clone"}
# tests that share what takes long to make: a run, a server, fitted models, TensorFlow
ON_ONE_WORKER = {
    "tests/models": "models",
    "tests/features": "models",
    "tests/benchmarks/serve": "browser",
    "tests/benchmarks/report/test_report_page.py": "browser",
    "tests/benchmarks/test_api.py": "api",
    "tests/test_label_protection.py": "label protection",
    "tests/test_handwriting.py": "handwriting",
    "tests/test_predict.py": "predict",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that runs the real command as end-to-end."""
    for item in items:
        if RUNS_THE_COMMAND & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.e2e)


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup() -> None:
    """Take from the environment what differs from test to test: processes with the same one are forks of one server."""
    os.environ.pop("PYTEST_CURRENT_TEST", None)


pytest_pyfunc_call = pytest_fixture_setup


class OnOneWorker(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Gives the tests that share something to one worker, and any other test to the next that is free."""

    def _split_scope(self, nodeid: str) -> str:
        return next((group for place, group in ON_ONE_WORKER.items() if nodeid.startswith(place)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OnOneWorker:
    """Return what gives the tests to xdist's workers."""
    return OnOneWorker(config, log)


@pytest.fixture(scope="session", autouse=True)
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for the key that models are signed with, not the user's own."""
    folder = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A feature cache that the tests of one session share."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def environment(cache: Path, tmp_path: Path) -> dict[str, str]:
    """An environment without MNIST, with caches and temporary files of its own."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIGITBENCH_")}
    return {**kept, "DIGITBENCH_CACHE": str(cache), "TMPDIR": str(scratch), "COLUMNS": "200"}


@pytest.fixture
def bench(environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Run the command in this process, its results going to ``tmp_path``; the processes of its trials are real.

    Its libraries are imported already, and so are those of the server that its trials are forks of.
    """

    def run(*arguments: str, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        words = bench_command(tmp_path, *arguments)[2:]
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        with monkeypatch.context() as patch, captured(tmp_path) as printed:
            for name in {*os.environ} - {*environment}:
                patch.delenv(name)
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.setattr(tempfile, "tempdir", None)
            patch.chdir(tmp_path)
            try:
                code = command_line(words)
            except SystemExit as left:
                code = left.code if isinstance(left.code, int) else 1
            finally:
                for number, handler in handlers.items():
                    signal.signal(number, handler)
        return subprocess.CompletedProcess(words, code, *printed)

    return run


@contextlib.contextmanager
def captured(folder: Path) -> Iterator[list[str]]:
    """Give a list that holds, after the context, what was printed, and what went to the standard error."""
    printed: list[str] = []
    with (
        tempfile.TemporaryFile("w+", dir=folder, encoding="utf-8") as out,
        tempfile.TemporaryFile("w+", dir=folder, encoding="utf-8") as err,
    ):
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            yield printed
        for file in (out, err):
            file.flush()
            file.seek(0)
            printed.append(file.read())


@pytest.fixture
def bench_process(environment: dict[str, str], tmp_path: Path) -> Bench:
    """Run the command in a process of its own, its results going to ``tmp_path``."""

    def run(*arguments: str, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        command = bench_command(tmp_path, *arguments)
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=timeout, check=False, cwd=tmp_path
        )

    return run


@pytest.fixture
def started_bench(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the real command and leave it running; it is killed at the end of the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = bench_command(tmp_path, *arguments)
        started.append(
            subprocess.Popen(
                command,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=tmp_path,
                # under a background shell SIGINT would arrive ignored
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium from the system: Playwright's own would have to be downloaded."""
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip(f"needs a browser, one of {', '.join(names)}: 'apt-get install chromium'")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # the sandbox does not work as root, and the pages are our own
        opened = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()


def bench_command(results: Path, *arguments: str) -> list[str]:
    """Return the command line of the real command with its results in ``results``."""
    words = list(arguments)
    if (words[0].startswith("-") or words[0] in ("run", "report")) and "--results-dir" not in words:
        words += ["--results-dir", str(results)]
    return [sys.executable, str(ROOT / "bench.py"), *words]


def a_result(
    model: str = "knn",
    accuracy: float = 0.9,
    seed: int = 0,
    status: Status = "ok",
    train_size: int | None = None,
    n_test: int = 10,
) -> TrialResult:
    """Return a result that could have been measured."""
    predictions = with_errors(round((1 - accuracy) * n_test), n_test)
    measurement = Measurement(Timing(), Resources(), train_accuracy=1.0, n_train_scored=2)
    scores = score(np.zeros(n_test, np.int64), predictions, ("0", "1"), measurement)
    timing = Timing(0.1, 0.2, 0.3, 0.4, False, 5.0, (0.2, 0.1, 0.3), Latency(1.0, 2.0), 8.0)
    return TrialResult(
        trial=Trial(model, "pixels", "digits", seed, train_size),
        status=status,
        reason="" if status == "ok" else "because",
        inputs=Inputs("c", "d", "v", "m"),
        settings={"k": 4},
        environment=Environment("m"),
        started_at="2026-01-01T00:00:00+00:00",
        finished_at="2026-01-01T00:00:08+00:00",
        n_train=(train_size or 100) if status == "ok" else None,
        evaluation={"test": scores} if status == "ok" else {},
        timing=timing if status == "ok" else Timing(total_s=8.0),
        resources=Resources(100.0, 2**20, 2, "scikit-learn 1.9"),
    )


def a_dataset(test_labels: Sequence[int], class_names: tuple[str, ...] = ("0", "1"), source: str = "") -> DatasetRecord:
    """Return what could be stored of the dataset that a result of ``a_result`` was trained on, of 100 images."""

    def counts(labels: Iterable[int]) -> tuple[int, ...]:
        counted = Counter(labels)
        return tuple(counted[label] for label in range(len(class_names)))

    cycled = {name: counts(i % len(class_names) for i in range(n)) for name, n in (("train", 80), ("validation", 20))}
    pairs = ("train and validation", "train and test", "validation and test")
    return DatasetRecord(
        class_names=class_names,
        counts={**cycled, "test": counts(test_labels)},
        duplicates=dict.fromkeys(("train", "validation", "test", *pairs), 0),
        dropped=(),
        hashes={"train": "a" * 64, "validation": "b" * 64, "test": "c" * 64},
        checksums=(("file", "def"),),
        source=source,
        test_labels=tuple(test_labels),
    )


def with_errors(n_errors: int, n_test: int = 10) -> Predictions:
    """Return predictions for images of class 0, of which the first ``n_errors`` are classified wrongly."""
    return Predictions(np.where(np.arange(n_test) < n_errors, 1, 0))


def predictions_of(result: TrialResult) -> Predictions | None:
    """Return the predictions that a result of ``a_result`` was scored by; None without scores."""
    return with_errors(result.scores.n_errors, result.scores.n_test) if result.scores else None
