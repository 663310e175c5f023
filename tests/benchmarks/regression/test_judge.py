from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.regression.judging.judge import (
    LEAST_ALLOWED,
    MOST_ALLOWED,
    Timed,
    Turn,
    allowed_noise,
    judge,
    to_confirm,
)
from benchmarks.regression.judging.markdown import summary

ratios = st.floats(0.01, 100)
USUAL = (1.0, 1.01, 0.99, 1.02, 0.98, 1.0, 1.03, 0.97, 1.0)


def turns(*values: float, accuracy: float | None = None) -> list[Turn]:
    return [{"hog": Timed(value, accuracy)} for value in values]


def verdict(before: list[Turn], now: list[Turn], same_machine: bool = True) -> str:
    (one,) = judge(before, now, same_machine)
    return one.verdict


def looks_slower(before: list[Turn], now: list[Turn]) -> bool:
    return to_confirm(judge(before, now)) == ["hog"]


@given(st.lists(ratios, min_size=1, max_size=20))
def test_what_is_unchanged_is_noise(values: list[float]) -> None:
    assert verdict(turns(*values), turns(*values)) == "within noise"
    assert not looks_slower(turns(*values), turns(*values))


@given(
    st.lists(st.floats(0.95, 1.05), min_size=15, max_size=15), st.lists(st.floats(0.95, 1.05), min_size=15, max_size=21)
)
def test_a_slow_down_by_a_third_does_not_hide_in_noise(before: list[float], now: list[float]) -> None:
    slower = turns(*(1.34 * value for value in now))
    assert looks_slower(turns(*before), slower)
    assert verdict(turns(*before), slower) == "slower"
    assert verdict(slower, turns(*before)) == "faster"


@given(st.lists(ratios, min_size=1, max_size=6))
def test_what_is_allowed_has_bounds(values: list[float]) -> None:
    assert LEAST_ALLOWED <= allowed_noise(values) <= MOST_ALLOWED


def test_a_noisy_benchmark_is_allowed_more() -> None:
    assert verdict(turns(*USUAL), turns(*[1.17] * 9)) == "slower"
    noisy = [1 + 5 * (value - 1) for value in USUAL]
    assert verdict(turns(*noisy), turns(*[1.17] * 9)) == "within noise"


def test_one_bad_moment_while_storing_hides_nothing() -> None:
    assert verdict(turns(*USUAL, *USUAL, 2.0), turns(*[1.3] * 21)) == "slower"


def test_a_few_slow_turns_look_slower_and_prove_nothing() -> None:
    assert looks_slower(turns(*USUAL), turns(1.3, 1.3, 1.3))
    assert verdict(turns(*USUAL), turns(1.3, 1.3, 1.3)) == "within noise"
    # the median is over what is allowed, but turns before were as slow
    mixed = (*USUAL, 1.3, 1.3, 1.3)
    assert verdict(turns(*mixed), turns(*[1.25] * 5, *[0.99] * 4)) == "within noise"


@pytest.mark.parametrize(
    ("now", "expected"), [(0.93, "less accurate"), (0.937, "within noise"), (0.95, "more accurate")]
)
def test_accuracy_is_checked_beside_time(now: float, expected: str) -> None:
    assert verdict(turns(1.0, accuracy=0.94), turns(1.0, accuracy=now)) == expected


def test_time_and_accuracy_are_said_both() -> None:
    (one,) = judge(turns(*USUAL, accuracy=0.94), turns(*[2.0] * 9, accuracy=0.9))
    assert one.verdict == "slower and less accurate" and one.alarms == ("slower", "less accurate")
    (one,) = judge(turns(*USUAL, accuracy=0.94), turns(*[0.5] * 9, accuracy=0.9))
    assert one.verdict == "faster and less accurate" and one.alarms == ("less accurate",)


def test_lost_accuracy_is_no_matter_of_chance_and_not_repeated() -> None:
    assert not looks_slower(turns(1.0, accuracy=0.94), turns(1.0, accuracy=0.9))


def test_on_another_machine_accuracy_alone_is_judged() -> None:
    assert verdict(turns(1.0, accuracy=0.94), turns(9.0, accuracy=0.94), same_machine=False) == "not compared"
    assert verdict(turns(1.0, accuracy=0.94), turns(1.0, accuracy=0.9), same_machine=False) == "less accurate"


def test_new_and_gone_benchmarks_are_said_and_raise_no_alarm() -> None:
    judged = judge([{"old": Timed(1.0)}], [{"new": Timed(1.0)}])
    assert [(one.name, one.verdict) for one in judged] == [("old", "gone"), ("new", "new")]
    assert to_confirm(judged) == []
    assert summary(judged) == "Nothing is worse in 0 benchmarks. 1 are gone and 1 new."
