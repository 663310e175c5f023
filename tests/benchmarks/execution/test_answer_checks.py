"""What of an answer may be scored and stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.datasets.spec import Images, Split
from benchmarks.execution.protocol import Answer, Request
from benchmarks.execution.results.answer_checks import checked_answer
from benchmarks.records.checks.history import MOST_EPOCHS
from benchmarks.records.trial import FeatureMaps, Measurement, Predictions, Resources, Timing, Trial


def split(n: int) -> Split:
    return Split(np.zeros((n, 28, 28), np.uint8), np.arange(n) % 2)


IMAGES = Images(split(6), split(2), split(4), ("a", "b"))
REQUEST = Request(Trial("m", "pixels", "d"), {}, {}, ("test",), 2, "", threads=1)
MEASURED = Measurement(Timing(fit_s=1.0, predict_s=(0.1,)), Resources(threads=1), (), 0.5, 8, 8)
GOOD = Answer("ok", "", MEASURED, predictions={"test": Predictions(np.array([0, 1, 0, 1]), np.full((4, 2), 0.5))})


def with_measured(**changes: Any) -> Answer:
    return replace(GOOD, measurement=replace(MEASURED, **changes))


def test_a_good_answer_stays() -> None:
    answer = checked_answer(GOOD, REQUEST, IMAGES)
    assert answer.status == "ok" and answer.measurement == MEASURED
    assert answer.predictions["test"].labels.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (replace(GOOD, measurement=None), "no measurement"),
        (with_measured(n_train=9), "trained on 9 images, and there are 8"),
        (with_measured(n_train=None), "trained on None"),
        (with_measured(n_train_scored=9), "9 training images were scored"),
        (with_measured(timing=Timing(fit_s=1.0)), "no time"),
        (with_measured(resources=Resources(threads=2)), "2 threads"),
        (with_measured(history=({"epoch": 1.0},) * (MOST_EPOCHS + 1)), "epochs"),
        (with_measured(history=({f"{i}": 1.0 for i in range(51)},)), "figures"),
        (with_measured(history=({"x" * 101: 1.0},)), "unreadable name"),
        (replace(GOOD, predictions={}), "no predictions"),
        (replace(GOOD, predictions={"test": Predictions(np.zeros(3, int))}), "shape (3,)"),
        (replace(GOOD, predictions={"test": Predictions(np.full(4, 2))}), "no label"),
        (replace(GOOD, predictions={"test": Predictions(np.zeros(4, int), np.ones((4, 2)))}), "no probabilities"),
    ],
)
def test_an_answer_that_cannot_be_right_has_failed(answer: Answer, reason: str) -> None:
    checked = checked_answer(answer, REQUEST, IMAGES)
    assert checked.status == "failed" and reason in checked.reason
    assert checked.measurement is None and not checked.predictions


def test_one_that_failed_has_no_scores_and_a_short_reason() -> None:
    checked = checked_answer(replace(GOOD, status="failed", reason="\x1b[1m" + "why\n" * 1000), REQUEST, IMAGES)
    assert checked.measurement is None and not checked.predictions
    assert len(checked.reason) == 300 and checked.reason.isprintable()


def test_feature_maps_that_are_too_large_are_left_out() -> None:
    large = FeatureMaps(np.zeros((1, 28, 28), np.uint8), np.zeros(1, int), {"a": np.zeros((1, 400, 400, 1), np.uint8)})
    answer = replace(GOOD, predictions={"test": replace(GOOD.predictions["test"], feature_maps=large)})
    checked = checked_answer(answer, REQUEST, IMAGES)
    assert checked.status == "ok" and checked.predictions["test"].feature_maps is None
