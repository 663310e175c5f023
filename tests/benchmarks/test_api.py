"""The Python API, with real runs on the small digits."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.api import BenchError, Predictor, Run, compare, load_run, run
from benchmarks.common.bounded_reading import read_file
from benchmarks.execution.progress import (
    DatasetRead,
    Event,
    RunPlanned,
    TrialFinished,
    TrialStarted,
)
from tests.conftest import ROOT

pytestmark = pytest.mark.e2e
OPTIONS: dict[str, Any] = {"dataset": "digits", "features": "pixels", "train_sizes": (300,)}


any_polarity: Any = ("dark",)
any_run: Any = run  # for arguments of wrong types


def _blank(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.uint8)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of two models, one of them saved, with another evaluation set."""
    results = tmp_path_factory.mktemp("results")
    return run(["dummy", "knn"], **OPTIONS, results_dir=results, keep_models=True, evaluate="shifted", cache=False)


def test_a_leaderboard_is_a_data_frame(done: Run) -> None:
    board = done.leaderboard()
    assert board["model"].tolist() == ["knn", "dummy"] and board["rank"].tolist() == [1, 2]
    assert board["accuracy"].between(0, 1).all() and (board["fit_s"] > 0).all()
    assert set(done.statuses.values()) == {"ok"}


def test_each_trial_is_a_line_with_every_metric(done: Run) -> None:
    trials = done.trials().set_index("model")
    assert trials.loc["knn", "settings"]["k"] == 4 and trials.loc["knn", "train_size"] == 300
    assert trials["parameters"].notna().all() and trials["peak_rss_mb"].gt(10).all()


def test_predictions_are_those_that_were_scored(done: Run) -> None:
    predictions = done.predictions("knn@pixels")
    assert len(predictions) == 360
    accuracy = done.leaderboard().set_index("model").loc["knn", "accuracy"]
    assert predictions["correct"].mean() == pytest.approx(accuracy)
    shares = predictions.filter(like="p(")
    assert shares.shape == (360, 10) and np.allclose(shares.sum(axis=1), 1, atol=0.01)
    shifted = done.predictions("knn@pixels", evaluation_set="shifted")
    assert (shifted["label"] == predictions["label"]).all() and shifted["correct"].mean() < accuracy


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda done: done.predictions("knn@hogs"), "did you mean knn@pixels"),
        (lambda done: done.predictions("knn@pixels", seed=3), "was not run with seed 3"),
        (lambda done: done.predictions("knn@pixels", evaluation_set="rotated"), "for the evaluation set 'rotated'"),
        (lambda done: done.history("nothing"), "has no row 'nothing'"),
        (lambda done: load_run("never", results_dir=done.results_dir), "no run 'never'"),
        (lambda done: load_run("local", "mnist", results_dir=done.results_dir), "no results"),
        (lambda done: run("svm-rfb", results_dir=done.results_dir), "did you mean svm-rbf"),
        (lambda done: run("knn[k=-3]", results_dir=done.results_dir), "knn[k]"),
        (lambda done: run("knn", "digits", evaluate="turned", results_dir=done.results_dir), "evaluation set"),
        (lambda done: run("knn", "digits", seeds=0, results_dir=done.results_dir), "seeds should be a whole number"),
        (lambda done: run("knn", "digits", timeout=-1, results_dir=done.results_dir), "timeout should be a number"),
        (lambda done: run("knn", "digits", train_sizes=[True], results_dir=done.results_dir), "each of train_sizes"),
        (lambda done: run("knn", "digits", plugins=["nowhere.py"], results_dir=done.results_dir), "no such file"),
        (lambda done: any_run(None, results_dir=done.results_dir), "models should be a text"),
        (
            lambda done: any_run("knn", "digits", train_sizes=100, results_dir=done.results_dir),
            "train_sizes should be a list",
        ),
        (
            lambda done: any_run("knn", "digits", jobs=None, results_dir=done.results_dir),
            "jobs should be a whole",
        ),
        (
            lambda done: any_run("knn", "digits", keep_models=1, results_dir=done.results_dir),
            "keep_models should be",
        ),
        (
            lambda done: any_run("knn", "digits", polarity="dark", results_dir=done.results_dir),
            "polarity should be one of",
        ),
        (lambda done: run("knn", "digits", jobs=10**5, results_dir=done.results_dir), "GiB of memory for each trial"),
        (lambda done: run("knn", "digits", name="../x", results_dir=done.results_dir), "plain name"),
        (lambda done: run("knn", "digits", plugins="x.py", results_dir=done.results_dir), "plugins should be a list"),
        (lambda done: any_run("knn", "digits", stop=True, results_dir=done.results_dir), "a threading.Event"),
        (lambda done: run("knn[k=3,k=5]", "digits", results_dir=done.results_dir), "knn[k] is given twice"),
        (lambda done: run(f"knn[k={'9' * 400}]", "digits", results_dir=done.results_dir), "knn[k]"),
        (lambda done: load_run("local", "../elsewhere", results_dir=done.results_dir), "has no results on"),
        (lambda done: compare(done, done).regressions("speed"), "should be a list of accuracy"),
        (lambda done: Predictor.load(done, "knn@pixels").predict(_blank(2, 28, 28, 28)), "images of shape"),
        (
            lambda done: Predictor.load(done, "knn@pixels").predict(_blank(2, 9, 9), *any_polarity),
            "polarity should be one of",
        ),
        (lambda done: Predictor.load(done, "dummy@hog"), "has no saved model 'dummy@hog'"),
        (lambda done: Predictor.load(done, "knn@pixels").predict(np.zeros(3)), "images of shape (3,)"),
    ],
)
def test_what_is_wrong_is_a_bench_error(done: Run, ask: Callable[[Run], object], message: str) -> None:
    with pytest.raises(BenchError) as error:
        ask(done)
    assert message in str(error.value)


def test_networks_have_a_history(tmp_path: Path) -> None:
    reference = load_run("reference")
    history = reference.history("cnn-fast@pixels")
    assert set(history["seed"]) == {0, 1, 2, 3, 4} and history.groupby("seed").size().eq(2).all()
    assert load_run("reference").history("knn@pixels").empty


@pytest.mark.parametrize(
    ("models", "features"),
    [("svm-rbf,xgboost", "pixels"), pytest.param("all", None, marks=pytest.mark.slow)],
    ids=["some", "all"],
)
def test_a_trial_in_a_fresh_process_has_the_same_predictions(models: str, features: str | None, tmp_path: Path) -> None:
    how: dict[str, Any] = {"features": features, "train_sizes": [200], "results_dir": tmp_path, "timeout": 3600}
    forked, fresh = (run(models, "digits", name=f"fresh-{fresh}", fresh=fresh, **how) for fresh in (False, True))
    assert not any(_imported_alone(forked)) and all(_imported_alone(fresh))
    for model, features in forked.trials().query("status == 'ok'")[["model", "features"]].to_numpy():
        row = f"{model}@{features}"
        assert forked.predictions(row).equals(fresh.predictions(row)), row


def _imported_alone(done: Run) -> list[bool]:
    """Return for each trial whether its process imported all libraries by itself."""
    return [result.timing.shared_imports_s is None for result in done.findings().results.values() if result.ok]


def test_a_run_compared_with_itself_has_not_changed(done: Run) -> None:
    comparison = compare(done, done)
    assert set(comparison.changes["verdict"]) <= {"the same", "not compared"}
    assert comparison.regressions(["accuracy", "fit"]) == []
    assert "Nothing changed" in comparison.as_markdown()


def test_a_saved_model_predicts_arrays_as_it_did_in_the_run(done: Run, tmp_path: Path) -> None:
    from sklearn.datasets import load_digits

    predictor = Predictor.load(done, "knn@pixels")
    expected = done.predictions("knn@pixels")["predicted"].to_numpy()
    images = _test_images(tmp_path)
    assert (predictor.predict(images) == expected).all()
    probabilities = predictor.predict_proba(images)
    assert probabilities is not None and probabilities.shape == (360, 10)
    raw = load_digits().images[:20] * (255 / 16)
    assert np.mean(predictor.predict(raw) == load_digits().target[:20].astype(str)) > 0.8


def _test_images(cache: Path) -> np.ndarray:
    from benchmarks.datasets.registry import DATASETS
    from benchmarks.datasets.spec import DataPlaces

    return DATASETS["digits"].load(DataPlaces((), cache)).test.images


def test_it_prints_nothing_and_leaves_the_process_as_it_was(tmp_path: Path) -> None:
    def state() -> tuple[object, ...]:
        return dict(os.environ), *(signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM))

    before = state()
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        run("dummy", **OPTIONS, results_dir=tmp_path)
    assert out.getvalue() == err.getvalue() == ""
    assert state() == before


def test_runs_from_two_threads_at_once(tmp_path: Path) -> None:
    events: list[Event] = []
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(run, model, **OPTIONS, results_dir=tmp_path, progress=events.append)
            for model in ("dummy", "knn")
        ]
        keys = {key for one in runs for key in one.result().statuses}
    assert keys == {"dummy@pixels-s0-n300", "knn@pixels-s0-n300"}
    assert set(load_run("local", results_dir=tmp_path).leaderboard()["model"]) == {"dummy", "knn"}
    assert {type(event) for event in events} >= {DatasetRead, RunPlanned, TrialStarted, TrialFinished}


def test_a_stopped_run_ends_its_trial_and_starts_no_other(tmp_path: Path) -> None:
    stop = threading.Event()

    def stop_at_the_first(event: Event) -> None:
        if isinstance(event, TrialStarted):
            stop.set()

    hangs = str(ROOT / "tests" / "plugins" / "hostile.py")
    done = run(
        "hangs,knn", **OPTIONS, plugins=[hangs], results_dir=tmp_path, progress=stop_at_the_first, stop=stop, timeout=60
    )
    assert list(done.statuses.values()) == ["interrupted"]


def test_a_run_from_a_callback_of_another_is_refused_and_both_end(tmp_path: Path) -> None:
    refused: list[str] = []

    def again(event: Event) -> None:
        if isinstance(event, TrialFinished):
            with pytest.raises(BenchError) as error:
                run("dummy", **OPTIONS, name="inner", results_dir=tmp_path)
            refused.append(str(error.value))

    done = run("dummy", **OPTIONS, results_dir=tmp_path, progress=again)
    assert set(done.statuses.values()) == {"ok"} and "progress callback" in refused[0]


def test_a_row_has_the_name_that_was_typed(done: Run) -> None:
    assert len(done.predictions("knn[k=4]@pixels")) == 360  # 4 is the default
    assert Predictor.load(done, "knn[k=4,stock=false]@pixels").saved.row == "knn@pixels"


@pytest.mark.slow
def test_a_saved_model_is_saved_again_and_other_evaluation_sets_do_not_delete_it(tmp_path: Path) -> None:
    run("dummy", **OPTIONS, results_dir=tmp_path, keep_models=True)
    events: list[Event] = []
    run("dummy", **OPTIONS, results_dir=tmp_path, evaluate=["shifted"], progress=events.append)
    (started,) = (event for event in events if isinstance(event, TrialStarted))
    assert started.planned.reason == "it was not evaluated on shifted"
    assert Predictor.load(load_run("local", results_dir=tmp_path), "dummy").classes == tuple("0123456789")


def test_stored_results_are_reused_and_each_file_is_read_once(
    done: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []

    def counted(path: Path) -> bytes:
        reads.append(path.name)
        return read_file(path)

    monkeypatch.setattr("benchmarks.records.stored_results.read_file", counted)
    events: list[Event] = []
    again = run(["dummy", "knn"], **OPTIONS, results_dir=done.results_dir, progress=events.append, evaluate="shifted")
    assert [event.reused for event in events if isinstance(event, TrialFinished)] == [True, True]
    assert again.statuses == done.statuses
    for key in done.statuses:
        assert reads.count(f"{key}.json") == 1
