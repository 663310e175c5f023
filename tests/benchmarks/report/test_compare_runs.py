"""``bench.py compare``, the real command."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.records.dataset_file import read_dataset
from benchmarks.records.scores import score
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import Measurement
from tests.conftest import ROOT, Bench

REFERENCE = ROOT / "results" / "reference"
ROW = "logistic@pixels"


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder of two runs with the same small row and another one."""
    for run in ("before", "after"):
        folder = tmp_path / run / "mnist"
        for part in ("trials", "predictions"):
            (folder / part).mkdir(parents=True)
            for name in (ROW, "dummy@pixels"):
                (path,) = (REFERENCE / "mnist" / part).glob(f"{name}-s0.*")
                shutil.copy(path, folder / part)
        shutil.copy(REFERENCE / "mnist" / "dataset.json", folder)
    return tmp_path


def edit(path: Path, change: Callable[[dict[str, dict[str, object]]], object]) -> None:
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))


def record(runs: Path, name: str = ROW) -> Path:
    return runs / "after" / "mnist" / "trials" / f"{name}-s0.json"


def slow_down(fields: dict[str, Any]) -> None:
    fields["timing"].update(fit_s=90.0, total_s=100.0)
    fields["finished_at"] = "2099-01-01T00:00:00+00:00"


def test_the_reference_compared_with_itself_says_that_nothing_changed(bench: Bench) -> None:
    done = bench("compare", str(REFERENCE), str(REFERENCE))
    assert done.returncode == 0, done.stderr
    assert "Nothing changed (rows: " in done.stdout
    table = "\n".join(line for line in done.stdout.splitlines() if line.startswith("|"))
    assert not [word for word in ("worse", "improved", "within noise", "not compared") if word in table]


def test_a_slower_fit_is_worse_and_fails_only_where_asked(bench: Bench, runs: Path) -> None:
    edit(record(runs), slow_down)
    done = bench("compare", "before", "after", "--results-dir", str(runs))
    assert done.returncode == 1 and f"Regressions: `{ROW}` fit." in done.stdout
    assert re.search(r"\*\*worse\*\*: [\d.]+ s → 90 s \(", done.stdout)
    words = ("compare", "before", "after", "--results-dir", str(runs), "--fail-on", "accuracy,memory")
    assert bench(*words).returncode == 0


def test_a_run_in_which_nothing_is_ok_any_more_is_worse(bench: Bench, runs: Path) -> None:
    def fail(fields: dict[str, Any]) -> None:
        fields.update(status="failed", reason="it fell over", evaluation={}, n_train=None)

    for path in (runs / "after" / "mnist" / "trials").glob("*.json"):
        edit(path, fail)
    done = bench("compare", "before", "after", "--results-dir", str(runs))
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"`{ROW}`: failed: it fell over (worse)" in done.stdout


def test_figures_that_were_not_compared_are_counted(bench: Bench, runs: Path) -> None:
    edit(record(runs), lambda fields: fields["resources"].update(threads=1))
    done = bench("compare", "before", "after", "--results-dir", str(runs))
    assert "Nothing changed; figures not compared: 4 (rows: " in done.stdout


def test_lost_accuracy_is_tested_on_the_stored_predictions(bench: Bench, runs: Path) -> None:
    store = ResultStore(runs, "after", "mnist")
    result, predictions = store.load(f"{ROW}-s0"), store.predictions(f"{ROW}-s0")
    assert result and predictions
    predictions.labels[:200] = 0
    truth = read_dataset(store.folder).truth
    scores = score(truth, predictions, tuple("0123456789"), Measurement(result.timing, result.resources))
    store.save(replace(result, evaluation={"test": scores}), predictions)
    done = bench("compare", str(runs / "before"), str(runs / "after"), "--fail-on", "accuracy")
    assert done.returncode == 1 and f"Regressions: `{ROW}` accuracy." in done.stdout


def test_another_machine_times_are_refused_and_accuracy_is_compared(bench: Bench, runs: Path) -> None:
    edit(
        record(runs),
        lambda fields: [fields["environment"].update(machine_id="x"), fields["inputs"].update(machine="x")],
    )
    edit(record(runs), slow_down)
    done = bench("compare", "before", "after", "--results-dir", str(runs))
    assert done.returncode == 0
    assert "**Times are not compared: they come from different machines.**" in done.stdout
    assert re.search(r"the same \(\d\d\.\d\d %\)", done.stdout)


def test_rows_of_one_run_only_are_named(bench: Bench, runs: Path) -> None:
    record(runs, "dummy@pixels").unlink()
    done = bench("compare", "before", "after", "--results-dir", str(runs))
    assert done.returncode == 0 and "Only in before: `dummy@pixels`." in done.stdout


def test_runs_on_other_images_are_refused(bench: Bench, runs: Path) -> None:
    edit(runs / "after/mnist/dataset.json", lambda fields: fields["hashes"].update(test="0" * 64))
    for path in (runs / "after/mnist/trials").iterdir():
        hashes = json.loads((runs / "after/mnist/dataset.json").read_text())["hashes"]
        edit(path, lambda fields, hashes=hashes: fields["inputs"].update(data=data_hash(hashes)))  # type: ignore[misc]
    done = bench("compare", "before", "after", "--results-dir", str(runs))
    assert done.returncode == 2 and "other images" in done.stderr and done.stderr.count("\n") == 1


def data_hash(hashes: dict[str, str]) -> str:
    from benchmarks.datasets.preprocessing.audit import Audit

    return Audit((), {}, {}, (), hashes, ()).data_hash


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("before", "aftre"), "there is no run 'aftre'"),
        (("before", "."), "is no run"),
        (("before", str(REFERENCE / "mnist")), "is one dataset of a run; name"),
        (("before", "after", "--dataset", "digits"), "has no results on 'digits'; it has: mnist"),
        (
            ("before", "after", "--fail-on", "speed"),
            "'speed' should be one of accuracy, feature time, fit, predict, one image, memory, size, or nothing",
        ),
        (("before", str(ROOT / "README.md")), "compare accepts two runs"),
        (("before", str(REFERENCE / "mnist" / "none.csv")), "there is no run"),
        ((str(ROOT / "README.md"), str(ROOT / "README.md")), "was not stored by 'make regress-save'"),
    ],
)
def test_what_cannot_be_compared_gets_one_clear_line(
    bench: Bench, runs: Path, words: tuple[str, ...], message: str
) -> None:
    done = bench("compare", *words, "--results-dir", str(runs))
    assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr
