from __future__ import annotations

import pytest

from benchmarks.common.errors import BenchError
from benchmarks.tuning.goals import best, bound, bounds, goals, metrics_of, pareto, pareto_set, text_of
from benchmarks.tuning.search.halving import first_rung, goes_on, rung_of
from benchmarks.tuning.study import Attempt
from tests.conftest import a_result


def attempt(number: int, *values: float, **metrics: float) -> Attempt:
    return Attempt(number, {}, "complete" if values else "failed", values or None, metrics)


def test_goals_are_metrics_of_which_less_is_better() -> None:
    assert goals("error,latency") == ("error", "latency_ms_p50")
    assert goals("log loss, memory,fit_s") == ("log_loss", "peak_rss_mb", "fit_s")
    for wrong in ("accuracy", "speed", "", "error,", "error,error", "latency,latency_ms_p50"):
        with pytest.raises(BenchError, match="--minimise"):
            goals(wrong)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("latency<2ms", "latency_ms_p50", 2),
        ("latency < 0.002 s", "latency_ms_p50", 2),
        ("latency<=500us", "latency_ms_p50", 0.5),
        ("size<10MiB", "model_mb", 10),
        ("memory<1GiB", "peak_rss_mb", 1024),
        ("fit<2min", "fit_s", 120),
        ("error<1.5%", "error", 0.015),
        ("log loss<0.1", "log_loss", 0.1),
        ("parameters<5000", "parameters", 5000),
    ],
)
def test_bounds_are_read_with_their_units(text: str, name: str, value: float) -> None:
    found = bound(text)
    assert (found.name, found.below) == (name, True) and found.value == pytest.approx(value)
    assert found.excess({name: value * 0.99}) < 0 < found.excess({name: value * 1.01})


def test_a_bound_from_below_and_a_metric_that_was_not_measured() -> None:
    (above, below) = bounds("accuracy>98%,latency<2ms")
    assert not above.below and above.excess({"accuracy": 0.99}) < 0 < above.excess({"accuracy": 0.97})
    assert below.excess({}) > 0 < above.excess({})


@pytest.mark.parametrize(
    "text", ["latency", "latency<", "latency<2kg", "speed<2", "latency<2ms<3", "latency<--2ms", ""]
)
def test_what_is_no_bound_is_refused(text: str) -> None:
    with pytest.raises(BenchError, match="--within"):
        bound(text)


def test_the_metrics_of_a_result_have_its_error() -> None:
    metrics = metrics_of(a_result(accuracy=0.9))
    assert metrics["error"] == pytest.approx(0.1) and metrics["latency_ms_p50"] == 1.0
    assert "error" not in metrics_of(a_result(status="failed"))
    assert text_of("error", 0.0123) == "1.23 %" and text_of("latency_ms_p50", 2.0) == "2 ms"


def test_the_pareto_set_has_what_nothing_beats() -> None:
    assert pareto_set([(1, 9), (2, 5), (3, 7), (4, 4), (2, 5), (1, 10)]) == [0, 1, 3]
    attempts = [attempt(0, 0.1, 5.0), attempt(1), attempt(2, 0.2, 1.0), attempt(3, 0.3, 2.0)]
    assert [one.number for one in pareto(attempts, ())] == [0, 2]


def test_the_best_keeps_to_the_bounds_and_defaults_win_ties() -> None:
    fast = bounds("latency<2ms")
    attempts = [attempt(0, 0.1, latency_ms_p50=3.0), attempt(1, 0.1, latency_ms_p50=1.0), attempt(2)]
    found, bounded = best(attempts, ()), best(attempts, fast)
    assert found and bounded and (found.number, bounded.number) == (0, 1)
    assert best(attempts[:1], fast) is None and best([], ()) is None


def test_a_third_goes_on_and_the_first_always_does() -> None:
    assert goes_on(0.5, []) and goes_on(0.1, [0.2, 0.3]) and not goes_on(0.3, [0.1])
    seen = [0.1, 0.2, 0.3, 0.4, 0.5]
    assert goes_on(0.15, seen) and not goes_on(0.25, seen)


def test_hyperbands_brackets_are_taken_in_turn() -> None:
    assert [first_rung(number, 3, True) for number in range(14)] == [*[0] * 9, 1, 1, 1, 2, 0]
    assert {first_rung(number, 3, False) for number in range(14)} == {0}
    assert [rung_of(epoch) for epoch in (0, 1, 2, 3, 8, 9, 26, 27, 80)] == [0, 1, 1, 3, 3, 9, 9, 27, 27]
