from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.regression.judge import LEAST_ALLOWED, MOST_ALLOWED, Pass, Timed, allowed_noise, judge, to_confirm

ratios = st.floats(0.01, 100)


def passes(*values: float, accuracy: float | None = None) -> list[Pass]:
    return [{"hog": Timed(value, accuracy)} for value in values]


def verdict(before: list[Pass], now: list[Pass], same_machine: bool = True) -> str:
    (one,) = judge(before, now, same_machine)
    return one.verdict


@given(st.lists(ratios, min_size=1, max_size=6))
def test_what_is_unchanged_is_noise(values: list[float]) -> None:
    middle = sorted(values)[len(values) // 2]
    assert verdict(passes(middle), passes(middle)) == "within noise"


@given(st.lists(ratios, min_size=1, max_size=6))
def test_a_slow_down_by_a_third_never_hides_in_the_spread(values: list[float]) -> None:
    assert LEAST_ALLOWED <= allowed_noise(values) <= MOST_ALLOWED
    middle = sorted(values)[len(values) // 2]
    assert verdict(passes(middle), passes(1.3 * middle)) == "slower"


def test_a_noisy_benchmark_is_allowed_more() -> None:
    assert verdict(passes(1.0, 1.01, 1.02), passes(1.17)) == "slower"
    assert verdict(passes(0.95, 1.0, 1.05), passes(1.17)) == "within noise"


def test_one_bad_moment_while_storing_hides_nothing() -> None:
    assert verdict(passes(1.0, 1.01, 2.0, 1.0, 0.99), passes(1.3)) == "slower"


def test_only_what_is_slow_in_every_pass_is_slower() -> None:
    assert verdict(passes(1.0), passes(1.5)) == "slower"
    assert verdict(passes(1.0), passes(1.5, 1.4, 1.02)) == "within noise"
    assert verdict(passes(1.0), passes(0.5)) == "faster"


@pytest.mark.parametrize(
    ("now", "expected"), [(0.93, "less accurate"), (0.937, "within noise"), (0.95, "more accurate")]
)
def test_accuracy_is_checked_beside_time(now: float, expected: str) -> None:
    assert verdict(passes(1.0, accuracy=0.94), passes(1.0, accuracy=now)) == expected


def test_lost_accuracy_counts_for_more_than_time() -> None:
    assert verdict(passes(1.0, accuracy=0.94), passes(0.5, accuracy=0.9)) == "less accurate"
    assert verdict(passes(1.0, accuracy=0.94), passes(2.0, accuracy=0.99)) == "slower"


def test_on_another_machine_accuracy_alone_is_judged() -> None:
    assert verdict(passes(1.0, accuracy=0.94), passes(9.0, accuracy=0.94), same_machine=False) == "not compared"
    assert verdict(passes(1.0, accuracy=0.94), passes(1.0, accuracy=0.9), same_machine=False) == "less accurate"


def test_new_and_gone_benchmarks_are_said_and_raise_no_alarm() -> None:
    judged = judge([{"old": Timed(1.0)}], [{"new": Timed(1.0)}])
    assert [(one.name, one.verdict) for one in judged] == [("old", "gone"), ("new", "new")]
    assert to_confirm(judged) == []
