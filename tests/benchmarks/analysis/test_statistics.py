from __future__ import annotations

import gc
import itertools
from collections.abc import Iterator

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, f1_score
from statsmodels.stats.contingency_tables import cochrans_q
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from benchmarks.analysis.statistics import (
    OverSeeds,
    bootstrap_difference,
    cochran_q,
    holm,
    macro_f1,
    mcnemar,
    over_seeds,
    paired,
    probability_of_better,
    wilson,
)
from benchmarks.common.clock import timed
from benchmarks.studies.false_alarms import false_positive_rates
from benchmarks.studies.false_alarms import main as false_alarms_script

SHARES = st.floats(0, 1)


@pytest.fixture(scope="module", autouse=True)
def little_to_look_through() -> Iterator[None]:
    """Spare what is loaded the garbage collection that statsmodels asks for at every call of ``multipletests``."""
    gc.freeze()
    yield
    gc.unfreeze()


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


@given(st.integers(2, 5), st.integers(1, 40), st.integers(0, 999))
def test_cochran_q_agrees_with_statsmodels(k: int, n: int, seed: int) -> None:
    right = np.random.default_rng(seed).random((k, n)) < 0.7
    if (right.all(axis=0) | ~right.any(axis=0)).all():
        assert cochran_q(right) == 1.0
    else:
        assert cochran_q(right) == pytest.approx(cochrans_q(right.T.astype(int)).pvalue, abs=1e-9)


@given(st.lists(SHARES, min_size=2, max_size=9))
def test_the_interval_over_seeds_agrees_with_scipy(scores: list[float]) -> None:
    found = over_seeds(scores)
    assert found.mean == pytest.approx(np.mean(scores)) and found.deviation == pytest.approx(np.std(scores, ddof=1))
    if found.deviation:
        low, high = scipy.stats.t.interval(0.95, len(scores) - 1, np.mean(scores), scipy.stats.sem(scores))
        assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)


def test_one_seed_has_no_spread() -> None:
    assert over_seeds([0.9]) == OverSeeds(0.9, None, None, None)


@given(st.lists(SHARES, min_size=1, max_size=8), st.lists(SHARES, min_size=1, max_size=8))
def test_the_probability_of_better_is_the_mann_whitney_statistic(first: list[float], second: list[float]) -> None:
    u = scipy.stats.mannwhitneyu(first, second, method="asymptotic").statistic
    assert probability_of_better(first, second) == pytest.approx(u / (len(first) * len(second)), abs=1e-9)


@given(st.integers(2, 5), st.integers(1, 50), st.integers(0, 999))
def test_macro_f1_agrees_with_scikit_learn(k: int, n: int, seed: int) -> None:
    truth, printed = np.random.default_rng(seed).integers(0, k, (2, n))
    matrix = confusion_matrix(truth, printed, labels=range(k))
    expected = f1_score(truth, printed, labels=np.unique(truth), average="macro", zero_division=0)
    assert macro_f1(matrix) == pytest.approx(expected, abs=1e-9)


def test_the_bootstrap_agrees_with_drawing_images() -> None:
    generator = np.random.default_rng(1)
    truth = generator.integers(0, 3, 300)
    first, second = (
        np.where(generator.random(300) < share, truth, generator.integers(0, 3, 300)) for share in (0.9, 0.8)
    )
    differences = []
    for _ in range(4000):
        rows = np.concatenate([generator.choice(np.flatnonzero(truth == c), (truth == c).sum()) for c in range(3)])
        # scikit-learn's confusion_matrix would take most of the time of 8,000 calls
        matrices = [np.bincount(3 * truth[rows] + one[rows], minlength=9).reshape(3, 3) for one in (first, second)]
        differences.append(float(macro_f1(matrices[0]) - macro_f1(matrices[1])))
    found = bootstrap_difference(truth, first, second)
    assert (found.low, found.high) == pytest.approx(np.percentile(differences, [2.5, 97.5]), abs=0.005)
    assert bootstrap_difference(truth, first, second) == found


def test_ten_thousand_resamples_of_ten_thousand_predictions_take_less_than_two_seconds() -> None:
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 10, 10_000)
    first, second = (np.where(generator.random(10_000) < 0.98, truth, generator.integers(0, 10, 10_000)) for _ in "ab")
    _, seconds = timed(lambda: bootstrap_difference(truth, first, second))
    assert seconds < 2


def test_equal_models_are_rarely_told_apart_from_the_best() -> None:
    assert false_positive_rates(2, 60)[0] <= 0.12
    assert false_positive_rates(8, 40, seeds=(1, 3))[0] <= 0.15


@pytest.mark.slow
def test_the_false_alarms_keep_to_their_promise() -> None:
    assert false_alarms_script(["300"]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99, 0.995])
def test_wilson_covers_the_true_share_about_as_often_as_it_says(share: float) -> None:
    rights = np.random.default_rng(0).binomial(10_000, share, 20_000)
    intervals = {right: wilson(right, 10_000) for right in np.unique(rights)}
    covered = np.mean([intervals[right].low <= share <= intervals[right].high for right in rights])
    assert covered == pytest.approx(0.95, abs=0.012)


@pytest.mark.slow
def test_the_interval_over_seeds_covers_the_true_mean_as_often_as_it_says() -> None:
    runs = np.random.default_rng(0).normal(0.99, 0.001, (4000, 5))
    found = [over_seeds(list(run)) for run in runs]
    covered = np.mean([one.low is not None and one.high is not None and one.low <= 0.99 <= one.high for one in found])
    assert covered == pytest.approx(0.95, abs=0.015)
