from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.regression.detection.detect import (
    MAX_THRESHOLD,
    MIN_THRESHOLD,
    Repetition,
    Sample,
    compare,
    noise_threshold,
    suspects_of,
)
from benchmarks.regression.detection.markdown import summary

ratios = st.floats(0.01, 100)
TYPICAL = (1.0, 1.01, 0.99, 1.02, 0.98, 1.0, 1.03, 0.97, 1.0)


def repetitions(*values: float, accuracy: float | None = None) -> list[Repetition]:
    return [{"hog": Sample(value, accuracy)} for value in values]


def verdict(baseline: list[Repetition], current: list[Repetition], same_machine: bool = True) -> str:
    (one,) = compare(baseline, current, same_machine)
    return one.verdict


def is_suspect(baseline: list[Repetition], current: list[Repetition]) -> bool:
    return suspects_of(compare(baseline, current)) == ["hog"]


@given(st.lists(ratios, min_size=1, max_size=20))
def test_unchanged_times_are_within_noise(values: list[float]) -> None:
    assert verdict(repetitions(*values), repetitions(*values)) == "within noise"
    assert not is_suspect(repetitions(*values), repetitions(*values))


@given(
    st.lists(st.floats(0.95, 1.05), min_size=15, max_size=15), st.lists(st.floats(0.95, 1.05), min_size=15, max_size=21)
)
def test_a_slowdown_by_a_third_is_detected(baseline: list[float], current: list[float]) -> None:
    slower = repetitions(*(1.34 * value for value in current))
    assert is_suspect(repetitions(*baseline), slower)
    assert verdict(repetitions(*baseline), slower) == "slower"
    assert verdict(slower, repetitions(*baseline)) == "faster"


@given(st.lists(ratios, min_size=1, max_size=6))
def test_the_threshold_has_bounds(values: list[float]) -> None:
    assert MIN_THRESHOLD <= noise_threshold(values) <= MAX_THRESHOLD


def test_a_noisy_benchmark_has_a_larger_threshold() -> None:
    assert verdict(repetitions(*TYPICAL), repetitions(*[1.17] * 9)) == "slower"
    noise = [1 + 5 * (value - 1) for value in TYPICAL]
    assert verdict(repetitions(*noise), repetitions(*[1.17] * 9)) == "within noise"


def test_one_disturbed_repetition_hides_no_slowdown() -> None:
    assert verdict(repetitions(*TYPICAL, *TYPICAL, 2.0), repetitions(*[1.3] * 21)) == "slower"


def test_a_few_slow_repetitions_are_suspect_but_not_significant() -> None:
    assert is_suspect(repetitions(*TYPICAL), repetitions(1.3, 1.3, 1.3))
    assert verdict(repetitions(*TYPICAL), repetitions(1.3, 1.3, 1.3)) == "within noise"
    # the median exceeds the threshold, but some baseline repetitions were as slow
    mixed = (*TYPICAL, 1.3, 1.3, 1.3)
    assert verdict(repetitions(*mixed), repetitions(*[1.25] * 5, *[0.99] * 4)) == "within noise"


@pytest.mark.parametrize(
    ("current", "expected"), [(0.93, "less accurate"), (0.937, "within noise"), (0.95, "more accurate")]
)
def test_accuracy_is_compared(current: float, expected: str) -> None:
    assert verdict(repetitions(1.0, accuracy=0.94), repetitions(1.0, accuracy=current)) == expected


def test_time_and_accuracy_are_both_reported() -> None:
    (one,) = compare(repetitions(*TYPICAL, accuracy=0.94), repetitions(*[2.0] * 9, accuracy=0.9))
    assert one.verdict == "slower and less accurate" and one.regressions == ("slower", "less accurate")
    (one,) = compare(repetitions(*TYPICAL, accuracy=0.94), repetitions(*[0.5] * 9, accuracy=0.9))
    assert one.verdict == "faster and less accurate" and one.regressions == ("less accurate",)


def test_lower_accuracy_is_not_repeated() -> None:
    assert not is_suspect(repetitions(1.0, accuracy=0.94), repetitions(1.0, accuracy=0.9))


def test_on_another_machine_only_accuracy_is_compared() -> None:
    assert (
        verdict(repetitions(1.0, accuracy=0.94), repetitions(9.0, accuracy=0.94), same_machine=False) == "not compared"
    )
    assert (
        verdict(repetitions(1.0, accuracy=0.94), repetitions(1.0, accuracy=0.9), same_machine=False) == "less accurate"
    )


def test_new_and_removed_benchmarks_are_no_regression() -> None:
    comparisons = compare([{"old": Sample(1.0)}], [{"new": Sample(1.0)}])
    assert [(one.name, one.verdict) for one in comparisons] == [("old", "removed"), ("new", "new")]
    assert suspects_of(comparisons) == []
    assert summary(comparisons) == "No regressions in 0 benchmarks. 1 removed, 1 new."
