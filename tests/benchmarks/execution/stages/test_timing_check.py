from __future__ import annotations

import pytest

from benchmarks.execution.stages.channel import StageReader
from benchmarks.execution.stages.timing_check import TRIAL_STAGES, fault_in, times_of
from benchmarks.records.trial import Measurement, Resources, Timing

STAGES = ("data", "fit", "predict")
TOLD = {"startup": 1.0, "data": 2.0, "fit": 10.0}


def a_reader(*begun: tuple[str, float], ended_at: float | None = 20.0) -> StageReader:
    """Return what was heard of a process that was launched at 0: by default 1, 2, 10 and 7 s for its stages."""
    reader = StageReader.__new__(StageReader)
    reader.begun = list(begun) or [("data", 1.0), ("fit", 3.0), ("predict", 13.0)]
    reader.ended_at = ended_at
    return reader


def fault(told: dict[str, float | None], reader: StageReader | None = None) -> str:
    return fault_in(told, STAGES, reader or a_reader(), 0.0)


def test_times_that_fit_are_no_fault() -> None:
    assert fault({**TOLD}) == ""
    assert fault({**TOLD}, a_reader(("data", 1.0), ("fit", 3.0), ("predict", 13.0), ("save", 15.0))) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fit": 0.01}, "fit told as 0.01 s, observed 10.00 s"),
        ({"fit": 12.0}, "fit told as 12.00 s, observed 10.00 s"),
        ({"data": 1.4}, "data told as 1.40 s, observed 2.00 s"),
        ({"startup": 0.0}, "startup told as 0.00 s, observed 1.00 s"),
        ({"fit": None}, "it tells no time of the stage fit"),
    ],
)
def test_a_time_that_does_not_fit_is_named_with_what_was_observed(change: dict[str, float | None], said: str) -> None:
    assert fault({**TOLD, **change}).endswith(said)


@pytest.mark.parametrize("told", [{"fit": 9.3}, {"fit": 10.7}, {"data": 1.7}, {"startup": 1.3}])
def test_a_message_that_is_sent_a_little_late_is_no_fault(told: dict[str, float | None]) -> None:
    assert fault({**TOLD, **told}) == ""


@pytest.mark.parametrize(
    "names",
    [
        ("data", "fit"),
        ("data", "predict", "fit"),
        ("data", "fit", "fit", "predict"),
        ("data", "fit", "predict", "predict"),
        ("data", "fit", "predict", "save", "save"),
        ("data", "fit", "predict", "other"),
        ("other",),
    ],
)
def test_stages_that_are_missing_repeated_or_in_another_order_are_a_fault(names: tuple[str, ...]) -> None:
    reader = a_reader(*((name, float(at)) for at, name in enumerate(names)))
    assert "its stages are not those of a trial" in fault({}, reader)


def test_a_process_that_never_said_that_it_was_done_has_a_fault() -> None:
    assert fault({**TOLD}, a_reader(ended_at=None)) == "it did not say that it was done"


def test_the_times_of_a_measurement_are_those_of_its_stages() -> None:
    timing = Timing(0.1, 0.2, 0.3, fit_s=1.0, predict_s=(0.1, 0.2, 0.3))
    times = times_of(Measurement(timing, Resources(), latencies_ms=(10.0, 30.0)))
    assert times == pytest.approx(
        {"startup": 0.1, "imports": 0.2, "data": 0.3, "fit": 1.0, "predict": 0.6, "latency": 0.04}
    )
    assert set(times) - {"startup"} <= set(TRIAL_STAGES)
    assert set(times_of(Measurement(Timing(), Resources())).values()) == {None}
