from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics

from benchmarks.analysis.prediction_checks import InvalidPredictionError, checked_labels, checked_probabilities
from benchmarks.records.scores import expected_calibration_error, score
from benchmarks.records.trial import Measurement, Predictions, Resources, Timing

MEASUREMENT = Measurement(Timing(), Resources(), train_accuracy=0.75, n_train_scored=4)
PAIRS = st.integers(2, 5).flatmap(
    lambda k: st.tuples(st.just(k), st.lists(st.tuples(st.integers(0, k - 1), st.integers(0, k - 1)), min_size=1))
)


def names(n: int) -> tuple[str, ...]:
    return tuple(map(str, range(n)))


@given(PAIRS)
def test_scores_agree_with_counting(case: tuple[int, list[tuple[int, int]]]) -> None:
    k, pairs = case
    truth, printed = np.array(pairs, np.int64).T
    scores = score(truth, Predictions(printed), names(k), MEASUREMENT)
    confusion = [[sum(pair == (i, j) for pair in pairs) for j in range(k)] for i in range(k)]
    assert scores.confusion == tuple(map(tuple, confusion))
    assert scores.n_errors == sum(a != b for a, b in pairs) and scores.n_test == len(pairs)
    assert scores.accuracy == pytest.approx(1 - scores.n_errors / len(pairs), abs=1e-15)
    f1s = []
    for i, of_class in enumerate(scores.per_class):
        said_i, true_i = sum(row[i] for row in confusion), sum(confusion[i])
        precision = confusion[i][i] / said_i if said_i else 0.0
        recall = confusion[i][i] / true_i if true_i else 0.0
        f1s.append(2 * confusion[i][i] / (said_i + true_i) if said_i + true_i else 0.0)
        assert (of_class.precision, of_class.recall, of_class.support) == pytest.approx((precision, recall, true_i))
    present = [f1 for f1, row in zip(f1s, confusion, strict=True) if sum(row)]
    assert scores.f1_macro == pytest.approx(sum(present) / len(present))
    assert scores.train_accuracy == 0.75 and scores.log_loss is None and scores.ece is None


@given(PAIRS)
def test_scores_are_those_of_scikit_learn(case: tuple[int, list[tuple[int, int]]]) -> None:
    k, pairs = case
    truth, predicted = np.array(pairs, np.int64).T
    shares = probabilities(len(truth), k, seed=k)
    scores = score(truth, Predictions(predicted, shares), names(k), MEASUREMENT)
    by_class = metrics.precision_recall_fscore_support(truth, predicted, labels=range(k), zero_division=0)
    ours = [(one.precision, one.recall, one.f1, one.support) for one in scores.per_class]
    assert np.allclose(ours, np.transpose(by_class), rtol=0, atol=1e-15)
    assert scores.log_loss == pytest.approx(metrics.log_loss(truth, shares, labels=range(k)), rel=1e-12)
    if len(set(truth.tolist())) > 1:
        assert scores.r2 == pytest.approx(metrics.r2_score(truth, predicted), rel=1e-12, abs=1e-12)


def test_a_certain_mistake_has_a_finite_log_loss() -> None:
    scores = score(np.array([0, 1]), Predictions(np.array([1, 1]), np.array([[0.0, 1.0]] * 2)), names(2), MEASUREMENT)
    assert scores.log_loss == pytest.approx(metrics.log_loss([0, 1], [[0.0, 1.0]] * 2))


def test_r2_reads_the_digit_as_a_number_and_needs_numbers() -> None:
    truth, printed = np.array([0, 1, 2, 2]), np.array([0, 1, 2, 1])
    expected = 1 - 1 / ((truth - truth.mean()) ** 2).sum()
    assert score(truth, Predictions(printed), names(3), MEASUREMENT).r2 == pytest.approx(expected)
    assert score(truth, Predictions(printed), ("a", "b", "c"), MEASUREMENT).r2 is None
    assert score(np.zeros(2, np.int64), Predictions(np.zeros(2, np.int64)), names(2), MEASUREMENT).r2 is None


def probabilities(n: int, k: int, seed: int) -> NDArray[np.float64]:
    given_shares = np.random.default_rng(seed).random((n, k)) ** 3 + 1e-6
    shares: NDArray[np.float64] = given_shares / given_shares.sum(axis=1, keepdims=True)
    return shares


@given(st.integers(2, 40), st.integers(2, 6), st.integers(0, 99))
def test_scores_of_probabilities_agree_with_their_definitions(n: int, k: int, seed: int) -> None:
    shares = probabilities(n, k, seed)
    truth = np.random.default_rng(seed).integers(0, k, n)
    scores = score(truth, Predictions(shares.argmax(axis=1), shares), names(k), MEASUREMENT)
    assert scores.log_loss == pytest.approx(np.mean([-np.log(shares[i, label]) for i, label in enumerate(truth)]))
    squares = [sum((shares[i, j] - (j == truth[i])) ** 2 for j in range(k)) for i in range(n)]
    assert scores.brier == pytest.approx(np.mean(squares))
    total = 0.0
    for low in range(15):
        inside = [i for i in range(n) if low / 15 < shares[i].max() <= (low + 1) / 15]
        if inside:
            confidence = np.mean([shares[i].max() for i in inside])
            right = np.mean([shares[i].argmax() == truth[i] for i in inside])
            total += len(inside) / n * abs(confidence - right)
    assert expected_calibration_error(truth, shares) == pytest.approx(total, abs=1e-9)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (np.zeros(4), r"shape \(4,\) for 5 images"),
        (np.zeros((5, 1)), r"shape \(5, 1\)"),
        (3, r"shape \(\)"),
        (np.array([0, 1, np.nan, np.nan, 0]), "NaN or infinity for 2 of 5"),
        (np.array([0, 1, 2, 3, 10]), "10, which is no label"),
        (np.array([0, 1, 2, 3, -1]), "-1, which is no label"),
        (np.array([0, 1, 2, 3, 0.5]), "0.5, which is no label"),
        (np.array(list("abcde")), "labels are whole numbers"),
        (np.array([None] * 5), "labels are whole numbers"),
    ],
)
def test_what_is_no_label_is_refused(answer: object, message: str) -> None:
    with pytest.raises(InvalidPredictionError, match=message):
        checked_labels(answer, 5, 10)


def test_labels_may_come_as_floats_or_lists() -> None:
    assert checked_labels([1.0, 2.0], 2, 3).tolist() == [1, 2]


def test_probabilities_are_put_in_the_order_of_the_labels() -> None:
    given_shares = checked_probabilities([[0.25, 0.75]], np.array([2, 0]), 1, 4)
    assert given_shares.tolist() == [[0.75, 0.0, 0.25, 0.0]]


@pytest.mark.parametrize("answer", [[[0.5, 0.6]], [[np.nan, 1.0]], [[-0.5, 1.5]], [[1.0]], [[0.5, 0.5], [0.5, 0.5]]])
def test_what_are_no_probabilities_is_refused(answer: object) -> None:
    with pytest.raises(InvalidPredictionError):
        checked_probabilities(answer, None, 1, 2)
