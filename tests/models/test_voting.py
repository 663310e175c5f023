"""A vote is the average of what its members say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.spec import BuildContext
from models.voting import Vote

X = np.zeros((2, 1), np.float32)


class Says:
    """A classifier that was told its answer."""

    def __init__(self, shares: list[list[float]]) -> None:
        self.shares = np.array(shares)

    def fit(self, X: NDArray[np.float32], y: NDArray[np.int64]) -> None: ...

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.int64]:
        raise AssertionError("a vote asks for shares")


class Sure(Says):
    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        return self.shares


class Decides(Says):
    def decision_function(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        return self.shares if self.shares.shape[1] > 1 else self.shares[:, 0]


def vote(*members: Says, labels: tuple[int, ...]) -> Vote:
    made = Vote(members, BuildContext(5, (1, 1), 0, settings={"sharpness": 2.0}))
    return made.fit(X[:0], np.array(labels))


def test_the_class_with_the_largest_mean_share_wins() -> None:
    made = vote(Sure([[0.6, 0.4], [0.3, 0.7]]), Sure([[0.1, 0.9], [0.4, 0.6]]), labels=(1, 4))
    assert made.predict_proba(X) == pytest.approx(np.array([[0.35, 0.65], [0.35, 0.65]]))
    assert made.predict(X).tolist() == [4, 4]


def test_a_decision_becomes_shares() -> None:
    made = vote(Decides([[1.0, 0.0, 0.0], [0.0, 0.0, 3.0]]), labels=(0, 1, 2))
    e = np.exp(2.0)
    assert made.predict_proba(X)[0] == pytest.approx([e / (e + 2), 1 / (e + 2), 1 / (e + 2)])
    assert made.predict(X).tolist() == [0, 2]


def test_the_decision_between_two_classes_is_one_number() -> None:
    made = vote(Decides([[-1.5], [0.2]]), labels=(3, 7))
    assert made.predict(X).tolist() == [3, 7]
    assert made.predict_proba(X).sum(axis=1) == pytest.approx([1, 1])
