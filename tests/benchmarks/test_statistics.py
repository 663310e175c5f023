from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from benchmarks.statistics import holm, mcnemar, paired, wilson

SHARES = st.floats(0, 1)
READINGS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)


@given(st.integers(1, 20_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_wilson_agrees_with_statsmodels(counts: tuple[int, int], confidence: float) -> None:
    low, high = proportion_confint(*counts, alpha=1 - confidence, method="wilson")
    interval = wilson(*counts, confidence)
    assert interval.low == pytest.approx(low, abs=1e-9) and interval.high == pytest.approx(high, abs=1e-9)
    assert interval.low >= 0 and interval.high <= 1
    assert interval.low - 1e-9 <= counts[0] / counts[1] <= interval.high + 1e-9


@given(READINGS)
def test_mcnemar_agrees_with_statsmodels(readings: list[tuple[bool, bool]]) -> None:
    first, second = np.array(readings, bool).T
    table = [[(a & b).sum() for b in (second, ~second)] for a in (first, ~first)]
    assert mcnemar(first, second) == pytest.approx(statsmodels_mcnemar(table, exact=True).pvalue, abs=1e-9)


@given(READINGS)
def test_the_paired_test_of_one_seed_each_is_mcnemar(readings: list[tuple[bool, bool]]) -> None:
    first, second = np.array(readings, bool).T
    assert paired(first[None], second[None]) == pytest.approx(mcnemar(first, second), abs=1e-9)


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 9), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_paired_test_counts_every_way_the_signs_could_have_fallen(
    n_first: int, n_second: int, n: int, random: object
) -> None:
    generator = np.random.default_rng(random.getrandbits(32))  # type: ignore[attr-defined]
    first, second = generator.random((n_first, n)) < 0.6, generator.random((n_second, n)) < 0.6
    differences = first.sum(axis=0) * n_second - second.sum(axis=0) * n_first
    sums = [abs(np.dot(signs, differences)) for signs in itertools.product((-1, 1), repeat=n)]
    expected = np.mean(np.array(sums) >= abs(differences.sum()))
    assert paired(first, second) == pytest.approx(expected, abs=1e-9)


@given(st.lists(SHARES, max_size=30))
def test_holm_agrees_with_statsmodels(p_values: list[float]) -> None:
    expected = multipletests(p_values, method="holm")[1] if p_values else []
    assert holm(p_values) == pytest.approx(list(expected), abs=1e-9)


def test_the_figures_of_the_literature_for_ten_thousand_images() -> None:
    for n_errors, low, high in ((30, 0.21, 0.43), (100, 0.82, 1.21), (300, 2.68, 3.35)):
        interval = wilson(n_errors, 10_000)
        assert (round(interval.low * 100, 2), round(interval.high * 100, 2)) == (low, high)
