from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks.common.errors import BenchError
from benchmarks.records.trial import Trial
from benchmarks.studies.ablation import AUGMENTATIONS, INTRO, LENGTHS, PAGE, SEEDS, settings_of, table
from models.registry import MODELS
from tests.conftest import a_result

N = 2_000


def findings_with(errors: dict[str, int]) -> Any:
    """Return the findings of a run in which each augmentation misclassifies the first ``errors`` images."""
    results, predictions = {}, {}
    for augmentation in AUGMENTATIONS:
        n_errors = errors.get(augmentation, 20)
        for seed in range(SEEDS):
            result = a_result("cnn-fast", 1 - n_errors / N, seed, n_test=N)
            trial = Trial("cnn-fast", "pixels", "mnist-validation", seed, None, settings_of(augmentation, LENGTHS[0]))
            settings = {**MODELS["cnn-fast"].defaults_on("pixels"), **settings_of(augmentation, LENGTHS[0])}
            results[trial.key] = replace(result, trial=trial, settings=settings)
            predictions[trial.key] = SimpleNamespace(labels=(np.arange(N) < n_errors).astype(int))
    return SimpleNamespace(results=results, predictions=predictions, truth=np.zeros(N, int))


def test_each_augmentation_is_a_row_compared_with_none() -> None:
    heading, _, none, *others = table(findings_with({"flip of every second image": 80}), LENGTHS[0]).splitlines()
    assert [cell.strip() for cell in heading.split("|")[1:-1]] == [
        "augmentation",
        "accuracy",
        "interval",
        "difference",
        "p",
    ]
    assert "99.00" in none
    lines = {cells[1].strip(): [cell.strip() for cell in cells[2:-1]] for cells in (line.split("|") for line in others)}
    assert list(lines) == [augmentation for augmentation in AUGMENTATIONS if augmentation != "none"]
    assert lines["flip of every second image"][0] == "96.00"
    assert lines["flip of every second image"][2:] == ["-3.00", "< 0.001"]
    assert lines["shear up to 5°"][2:] == ["+0.00", "1.000"]


def test_without_trials_there_is_no_table() -> None:
    with pytest.raises(BenchError, match="does not have 3 results"):
        table(findings_with({}), LENGTHS[1])


def test_the_published_page_has_the_text_and_the_rows_of_the_script() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.startswith(INTRO)
    assert all(page.count(f"| {augmentation:31} |") == len(LENGTHS) for augmentation in AUGMENTATIONS)
