"""Why a planned trial is run, and when its stored result is reused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.catalog.catalog import load_catalog
from benchmarks.datasets.preprocessing.audit import audit
from benchmarks.execution.decisions import Demands, PlannedTrial, Planner, reason_to_run
from benchmarks.execution.estimates import Estimates
from benchmarks.records.dataset_file import data_prepared_otherwise
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import Inputs, Trial, TrialResult
from tests.conftest import a_result, predictions_of
from tests.fake_executor import random_images

STORED = a_result()  # on two threads, with settings {"k": 4}
INPUTS, SETTINGS, DEMANDS = STORED.inputs, STORED.settings, Demands(threads=2)
CONTENDED = replace(STORED, timing=replace(STORED.timing, contended=True))
NETWORKED = replace(STORED, environment=replace(STORED.environment, network=True))
SHIFTED = replace(INPUTS, evaluation={"shifted": "e"})

REASONS: dict[str, tuple[TrialResult | None, Inputs, dict[str, object], bool, Demands, str]] = {
    "nothing stored": (None, INPUTS, {}, False, DEMANDS, "no stored result"),
    "unchanged": (STORED, INPUTS, {}, False, DEMANDS, ""),
    "failed": (a_result(status="failed"), INPUTS, {}, False, DEMANDS, "it was failed"),
    "timeout": (a_result(status="timeout"), INPUTS, {}, False, DEMANDS, "it was timeout"),
    "skipped": (a_result(status="skipped"), INPUTS, {}, False, DEMANDS, "it was skipped"),
    "interrupted": (a_result(status="interrupted"), INPUTS, {}, False, DEMANDS, "it was interrupted"),
    "force": (STORED, INPUTS, {}, False, replace(DEMANDS, force=True), "--force"),
    "code": (STORED, replace(INPUTS, code="x"), {}, False, DEMANDS, "code changed"),
    "data": (STORED, replace(INPUTS, data="x"), {}, False, DEMANDS, "data changed"),
    "versions": (STORED, replace(INPUTS, versions="x"), {}, False, DEMANDS, "versions changed"),
    "machine": (STORED, replace(INPUTS, machine="x"), {}, False, DEMANDS, "machine changed"),
    "weights": (STORED, replace(INPUTS, weights="x"), {}, False, DEMANDS, "weights changed"),
    "settings": (STORED, INPUTS, {"k": 5}, False, DEMANDS, "settings changed"),
    "threads": (STORED, INPUTS, {}, False, Demands(threads=1), "threads changed"),
    "several": (
        STORED,
        replace(INPUTS, code="x", data="x"),
        {},
        False,
        Demands(threads=1),
        "code and data and threads changed",
    ),
    "an evaluation set more": (STORED, SHIFTED, {}, False, DEMANDS, "it was not evaluated on shifted"),
    "another evaluation set": (
        replace(STORED, inputs=replace(INPUTS, evaluation={"shifted": "x"})),
        SHIFTED,
        {},
        False,
        DEMANDS,
        "the evaluation set shifted changed",
    ),
    "an evaluation set less": (replace(STORED, inputs=SHIFTED), INPUTS, {}, False, DEMANDS, ""),
    "model not saved": (STORED, INPUTS, {}, False, replace(DEMANDS, save_models=True), "its model was not saved"),
    "model saved": (STORED, INPUTS, {}, True, replace(DEMANDS, save_models=True), ""),
    "contended before": (CONTENDED, INPUTS, {}, False, DEMANDS, "other trials ran at the same time"),
    "contended anyway": (CONTENDED, INPUTS, {}, False, replace(DEMANDS, alone=False), ""),
    "network before": (NETWORKED, INPUTS, {}, False, DEMANDS, "it was allowed to use the network"),
    "network anyway": (NETWORKED, INPUTS, {}, False, replace(DEMANDS, network=True), ""),
    "no network before": (STORED, INPUTS, {}, False, replace(DEMANDS, network=True), ""),
    "any machine": (STORED, replace(INPUTS, machine="x"), {}, False, replace(DEMANDS, any_machine=True), ""),
    "code, on any machine": (
        STORED,
        replace(INPUTS, machine="x", code="x"),
        {},
        False,
        replace(DEMANDS, any_machine=True),
        "code changed",
    ),
    "any number of threads": (STORED, INPUTS, {}, False, Demands(threads=None), ""),
    "alone before": (STORED, INPUTS, {}, False, replace(DEMANDS, alone=False), ""),
}


@pytest.mark.parametrize("case", REASONS)
def test_each_reason_to_run(case: str) -> None:
    stored, inputs, settings, has_model, demands, reason = REASONS[case]
    assert reason_to_run(stored, inputs, {**SETTINGS, **settings}, has_model, demands) == reason  # type: ignore[dict-item]


@pytest.fixture
def planner(tmp_path: Path) -> Planner:
    known = [replace(a_result("knn"), n_train=100), replace(a_result("svm-rbf"), n_train=100)]
    slow = replace(known[1], timing=replace(known[1].timing, total_s=60.0))
    return Planner(
        catalog=load_catalog(),
        store=ResultStore(tmp_path, "local", "digits"),
        data_hash="d",
        evaluation_hashes={},
        n_trainable=100,
        demands=DEMANDS,
        estimates=Estimates([known[0], slow]),
    )


def planned_result(planned: PlannedTrial) -> TrialResult:
    """Return a result that is of what was planned."""
    return replace(
        a_result("knn"),
        trial=planned.trial,
        inputs=planned.inputs,
        settings=planned.settings,
        environment=replace(a_result().environment, machine_id=planned.inputs.machine),
    )


def test_trials_are_planned_quickest_first_and_unknown_ones_last(planner: Planner) -> None:
    trials = [Trial(model, "pixels", "digits") for model in ("dummy", "svm-rbf", "knn")]
    planned = planner.decide_all(trials)
    assert [one.trial.model for one in planned] == ["knn", "svm-rbf", "dummy"]
    assert planned[2].expected_s is None and not any(one.reused for one in planned)


def test_a_result_that_was_just_stored_is_reused(planner: Planner) -> None:
    planned = planner.decide(Trial("knn", "pixels", "digits"))
    result = planned_result(planned)
    planner.store.save(result, predictions_of(result))
    assert planner.decide(planned.trial).reused
    (planner.store.folder / "models" / planned.trial.key).mkdir(parents=True)
    again = replace(planner, demands=replace(DEMANDS, force=True)).decide(planned.trial)
    assert again.reason == "--force" and again.save_model  # a model that was saved is saved again


def test_what_is_missing_is_looked_for_only_where_a_trial_is_run(
    planner: Planner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.execution.decisions.missing_modules", lambda modules: ["sklearn"])
    planned = planner.decide(Trial("knn", "pixels", "digits"))
    assert planned.unavailable == "needs sklearn; install with: pip install scikit-learn"
    result = planned_result(planned)
    planner.store.save(result, predictions_of(result))
    assert planner.decide(planned.trial).unavailable == ""


def test_a_trial_with_a_damaged_file_is_run_again_and_the_reason_says_so(planner: Planner) -> None:
    planned = planner.decide(Trial("knn", "pixels", "digits"))
    result = planned_result(planned)
    planner.store.save(result, None)
    again = planner.decide(planned.trial)
    assert again.stored is None and again.reason == "its stored files are damaged (its predictions are not there)"


@pytest.mark.parametrize(
    ("otherwise", "reason"), [("d", "preparation of the images changed"), ("c", "data changed"), ("", "data changed")]
)
def test_images_that_options_prepared_otherwise_are_told_from_other_data(
    planner: Planner, otherwise: str, reason: str
) -> None:
    planned = planner.decide(Trial("knn", "pixels", "digits"))
    result = planned_result(planned)
    planner.store.save(result, predictions_of(result))
    assert replace(planner, data_hash="x", prepared_otherwise=otherwise).decide(planned.trial).reason == reason


@pytest.mark.parametrize(
    "now", [{"centred": True}, {"image_shape": (32, 32)}, {"normalised": True}, {"reading": ("--transpose",)}]
)
def test_data_that_other_options_prepared_is_known_by_its_hash(planner: Planner, now: dict[str, Any]) -> None:
    images = random_images(8, 4, 4)
    before = audit(images)
    assert data_prepared_otherwise(planner.store.folder, before) == ""
    planner.store.save_dataset(images, before)
    assert data_prepared_otherwise(planner.store.folder, before) == ""
    assert data_prepared_otherwise(planner.store.folder, replace(before, **now)) == before.data_hash
