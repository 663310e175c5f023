"""The threshold answers as much as the wished error rate allows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.analysis.rejection import choose_threshold, is_certain

ANSWERS = st.lists(st.tuples(st.sampled_from([0.2, 0.4, 0.6, 0.9, 1.0]), st.booleans()), min_size=1, max_size=40)


def test_images_below_the_first_errors_are_not_answered() -> None:
    confidence = np.array([0.99, 0.9, 0.8, 0.7, 0.6], np.float16)
    correct = np.array([True, True, True, False, True])
    exact = choose_threshold(confidence, correct, 0.0)
    assert exact.probability == pytest.approx(0.8, abs=1e-3) and (exact.answered, exact.error_rate) == (0.6, 0.0)
    assert choose_threshold(confidence, correct, 0.2).answered == 1.0


def test_without_any_threshold_nothing_is_answered() -> None:
    none = choose_threshold(np.array([1.0, 1.0]), np.array([False, True]), 0.1)
    assert none.answered == 0 and not is_certain(1.0, none.probability)
    assert none.sentence() == (
        "no threshold reaches an error rate of 10.000% on 2 validation images: everything is 'not sure'"
    )


def test_too_few_validation_images_are_said() -> None:
    confidence = np.linspace(1, 0.5, 239)
    few = choose_threshold(confidence, np.ones(239, bool), 0.001).sentence()
    assert few.endswith("239 images are too few to show 0.100%: even without an error among them it may be up to 1.25%")
    assert "too few" not in choose_threshold(confidence, np.ones(239, bool), 0.02).sentence()


@given(ANSWERS, st.sampled_from([0.0, 0.1, 0.3, 0.9]))
def test_the_wish_is_kept_and_no_lower_threshold_keeps_it(answers: list[tuple[float, bool]], wish: float) -> None:
    confidence, correct = (np.array(values) for values in zip(*answers, strict=True))
    chosen = choose_threshold(confidence, correct, wish)
    rates = {}
    for threshold in {*confidence.tolist(), 2.0}:
        kept = confidence >= threshold
        rates[threshold] = (~correct[kept]).mean() if kept.any() else 0.0
    assert rates[chosen.probability] <= wish
    assert all(rate > wish for threshold, rate in rates.items() if threshold < chosen.probability)
    assert chosen.answered == (confidence >= chosen.probability).mean()


def test_a_probability_is_compared_as_it_is_stored() -> None:
    assert is_certain(0.99999, float(np.float16(0.99999)))
    assert not is_certain(0.99, 1.0)
