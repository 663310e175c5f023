from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.execution.estimates import FIXED_S, Estimates
from benchmarks.records.trial import Trial, TrialResult
from tests.conftest import a_result

SHAPE = (28, 28)


def timed(model: str, total_s: float, n_train: int) -> TrialResult:
    result = a_result(model)
    return replace(result, n_train=n_train, timing=replace(result.timing, total_s=total_s))


def test_the_part_beyond_start_up_grows_with_the_images() -> None:
    estimates = Estimates([timed("knn", FIXED_S + 10, 100)])
    trial = Trial("knn", "pixels", "mnist")
    assert estimates.seconds(trial, 100, SHAPE) == pytest.approx(FIXED_S + 10)
    assert estimates.seconds(trial, 300, SHAPE) == pytest.approx(FIXED_S + 30)
    assert estimates.seconds(Trial("svm", "pixels", "mnist"), 100, SHAPE) is None


def test_a_runs_own_times_count_before_the_references_and_large_before_small() -> None:
    own = [timed("knn", FIXED_S + 1, 10), timed("knn", FIXED_S + 50, 1000)]
    estimates = Estimates(own, [timed("knn", FIXED_S + 900, 1000), timed("svm", 3.0, 1000)])
    assert estimates.seconds(Trial("knn", "pixels", "d"), 1000, SHAPE) == pytest.approx(FIXED_S + 50)
    assert estimates.seconds(Trial("svm", "pixels", "d"), 1000, SHAPE) == pytest.approx(3.0)


def test_it_grows_with_the_pixels_of_an_image_too() -> None:
    small, large = (
        replace(timed(name, FIXED_S + 10, 100), image_shape=shape)
        for name, shape in (("knn", (14, 14)), ("svm", (56, 56)))
    )
    estimates = Estimates([small, large])
    assert estimates.seconds(Trial("knn", "pixels", "d"), 100, SHAPE) == pytest.approx(FIXED_S + 40)
    assert estimates.seconds(Trial("svm", "pixels", "d"), 200, SHAPE) == pytest.approx(FIXED_S + 5)


def test_failures_tell_nothing() -> None:
    assert Estimates([a_result("knn", status="timeout")]).seconds(Trial("knn", "pixels", "d"), 100, SHAPE) is None
