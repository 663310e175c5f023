from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.analysis.selection_bias import chosen_against_first, optimism
from benchmarks.analysis.statistics import mcnemar


def correct_at(accuracies: list[float], n: int = 1000, seed: int = 0) -> NDArray[np.bool_]:
    generator = np.random.default_rng(seed)
    return generator.random((len(accuracies), n)) < np.array(accuracies)[:, None]


def test_of_two_models_it_is_the_one_sided_paired_test() -> None:
    correct = correct_at([0.9, 0.92])
    p_value = chosen_against_first(correct, 1, flips=20_000)
    assert p_value == pytest.approx(mcnemar(correct[1], correct[0]) / 2, rel=0.15)


def test_the_best_of_many_equal_models_is_not_found_better_too_often() -> None:
    found_alone = found = 0
    for seed in range(60):
        correct = correct_at([0.9] * 30, n=400, seed=seed)
        best = 1 + int(correct[1:].sum(axis=1).argmax())
        found_alone += mcnemar(correct[best], correct[0]) < 0.05
        found += chosen_against_first(correct, best, flips=200) < 0.05
    assert found_alone > 10 > 6 >= found


def test_bad_settings_beside_a_good_one_do_not_hide_it() -> None:
    correct = correct_at([0.85, 0.95, *[0.1] * 40])
    assert chosen_against_first(correct, 1) < 0.001


def test_equal_models_are_no_better() -> None:
    correct = np.repeat(correct_at([0.9]), 3, axis=0)
    assert chosen_against_first(correct, 2) == 1.0


def test_the_best_of_equal_models_looks_better_than_it_is() -> None:
    several = [correct_at([0.9] * 50, n=500, seed=seed) for seed in range(20)]
    gaps = [correct.mean(axis=1).max() - 0.9 for correct in several]
    assert np.mean([optimism(correct) for correct in several]) == pytest.approx(np.mean(gaps), abs=0.006)
    assert np.mean(gaps) > 0.02


def test_a_clear_winner_and_a_single_model_are_as_good_as_they_look() -> None:
    assert optimism(correct_at([0.99, 0.5, 0.4])) == pytest.approx(0, abs=0.003)
    assert optimism(correct_at([0.9])) == 0 == optimism(correct_at([0.9, 0.8], n=1))
