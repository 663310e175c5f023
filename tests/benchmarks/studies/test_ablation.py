from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks.common.errors import BenchError
from benchmarks.records.trial import Trial
from benchmarks.studies.ablation import CHANGES, LENGTHS, SEEDS, settings_of, table
from models.registry import MODELS
from tests.conftest import a_result

N = 2_000


def made_up(errors: dict[str, int]) -> Any:
    """Return what a run would have found in which each change errs on so many images, the first ones."""
    results, predictions = {}, {}
    for change in CHANGES:
        n_errors = errors.get(change, 20)
        for seed in range(SEEDS):
            result = a_result("cnn-fast", 1 - n_errors / N, seed, n_test=N)
            trial = Trial("cnn-fast", "pixels", "mnist-validation", seed, None, settings_of(change, LENGTHS[0]))
            settings = {**MODELS["cnn-fast"].defaults_on("pixels"), **settings_of(change, LENGTHS[0])}
            results[trial.key] = replace(result, trial=trial, settings=settings)
            predictions[trial.key] = SimpleNamespace(labels=(np.arange(N) < n_errors).astype(int))
    return SimpleNamespace(results=results, predictions=predictions, truth=np.zeros(N, int))


def test_each_change_is_a_line_against_none_at_all() -> None:
    heading, _, none, *others = table(made_up({"flip of every second image": 80}), LENGTHS[0]).splitlines()
    assert [cell.strip() for cell in heading.split("|")[1:-1]] == ["change", "accuracy", "interval", "difference", "p"]
    assert "99.00" in none
    lines = {cells[1].strip(): [cell.strip() for cell in cells[2:-1]] for cells in (line.split("|") for line in others)}
    assert list(lines) == [change for change in CHANGES if change != "none"]
    assert lines["flip of every second image"][0] == "96.00"
    assert lines["flip of every second image"][2:] == ["-3.00", "< 0.001"]
    assert lines["shear up to 5°"][2:] == ["+0.00", "1.000"]


def test_without_trials_there_is_no_table() -> None:
    with pytest.raises(BenchError, match="was not measured 3 times"):
        table(made_up({}), LENGTHS[1])
