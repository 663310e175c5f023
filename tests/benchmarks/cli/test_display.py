from __future__ import annotations

import io

import pytest
from rich.console import Console

from benchmarks.cli.display.trials import COLUMNS, RunDisplay, stage_text
from benchmarks.common.formatting import duration, seconds_text
from benchmarks.execution.decisions import PlannedTrial
from benchmarks.execution.executor import RemoteStage
from benchmarks.execution.progress import MachinesChanged, TrialFinished, TrialProgress, TrialStarted
from benchmarks.execution.stages.channel import Stage
from benchmarks.records.trial import Inputs, Trial
from tests.conftest import a_result


def shown(**to_come: float | None) -> tuple[RunDisplay, io.StringIO]:
    text = io.StringIO()
    return RunDisplay(Console(file=text, width=200), list(to_come), dict(to_come)), text


def planned(model: str = "knn", reason: str = "code changed", expected_s: float | None = None) -> PlannedTrial:
    trial = Trial(model, "pixels", "digits")
    return PlannedTrial(
        trial, {}, Inputs("c", "d", "v", "m"), "neighbours", 100, False, a_result(model), reason, "", expected_s
    )


def test_each_end_is_a_line_with_accuracy_and_times() -> None:
    display, text = shown(knn=None, other=None)
    display(TrialFinished(a_result()))
    display(TrialFinished(a_result("other", status="timeout")))
    done, failed, reason = text.getvalue().splitlines()
    assert done.split() == ["1/2", "knn@pixels-s0", "ok", "90.00", "%", "400", "ms", "5", "s", "200", "ms"]
    assert failed.split() == ["2/2", "other@pixels-s0", "timeout"] and reason.strip() == "because"


def test_figures_stand_under_their_headings_however_long_the_names() -> None:
    keys = ["knn@pixels-s0", "a-model-of-a-long-name@pixels-s0"]
    display, text = shown(**dict.fromkeys(keys))
    display(TrialFinished(a_result("knn")))
    display(TrialFinished(a_result("a-model-of-a-long-name")))
    short, long = text.getvalue().splitlines()
    place = display.columns(COLUMNS).index("accuracy")
    assert short.index("90.00 %") == long.index("90.00 %") == place


def test_a_trial_run_again_says_why_and_a_stored_one_that_it_is_stored() -> None:
    display, text = shown(knn=None)
    display(TrialStarted(planned()))
    display(TrialFinished(a_result(), reused=True))
    assert "knn@pixels-s0 is re-run: code changed" in text.getvalue()
    assert "ok, reused" in text.getvalue()


def test_the_time_to_come_counts_what_is_known_and_names_what_is_not() -> None:
    display, _ = shown(**{"knn@pixels-s0": 30.0, "svm@pixels-s0": 100.0, "new@pixels-s0": None})
    assert display.time_to_come() == "at least 2 min to come, and 1 not timed before"
    display(TrialStarted(planned(expected_s=30.0)))
    display(TrialFinished(a_result("svm"), reused=True))
    assert display.time_to_come() == "at least 30 s to come, and 1 not timed before"
    display(TrialFinished(a_result("new"), reused=True))
    display(TrialFinished(a_result("knn"), reused=True))
    assert display.time_to_come() == ""


def test_the_time_to_come_learns_how_much_longer_trials_take_here(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("benchmarks.cli.display.trials.clock", lambda: now)
    display, _ = shown(**{"knn@pixels-s0": 2.0, "svm@pixels-s0": 10.0, "mlp@pixels-s0": 20.0})
    assert display.time_to_come() == "at least 32 s to come"
    display(TrialStarted(planned(expected_s=2.0)))
    now = 6.0
    display(TrialFinished(a_result()))
    assert display.time_to_come() == "about 38 s to come", "four seconds more for each of two"


def test_what_is_under_way_is_drawn_with_stage_and_time() -> None:
    display, text = shown(knn=None)
    trial = Trial("knn", "pixels", "digits")
    display(TrialStarted(planned()))
    display(TrialProgress(trial, Stage("fit", 3, 20, {"loss": 0.12345})))
    display.console.print(display._now())
    assert "knn@pixels-s0" in text.getvalue() and "fit 3/20, loss 0.1235" in text.getvalue()


def test_every_machine_is_drawn_with_what_it_runs_and_what_is_left() -> None:
    display, text = shown(**{"knn@pixels-s0": 600.0, "svm@pixels-s0": 300.0, "mlp@pixels-s0": 300.0})
    display(MachinesChanged(("a", "b"), ("a has joined", "b has joined")))
    assert (
        display.time_to_come() == "at least 10 min to come"
    )  # the work of two machines, but not less than the longest
    display(TrialStarted(planned(expected_s=600.0)))
    display(TrialProgress(Trial("knn", "pixels", "digits"), RemoteStage("fit", 3, 20, {}, "a")))
    display.console.print(display._now())
    lines = [line.strip() for line in text.getvalue().splitlines()]
    assert "a has joined; b has joined (2 machines)" in lines and "knn@pixels-s0 runs on a, about 10 min" in lines
    assert any(line.startswith("▸  a: knn@pixels-s0  fit 3/20") and "10 min left" in line for line in lines)
    assert "b: nothing" in lines


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, ""), (0.0012345, "1.23 ms"), (0.5, "500 ms"), (2.0, "2 s"), (123.4, "123 s")]
)
def test_measured_times_are_written_with_three_digits(seconds: float | None, text: str) -> None:
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(3.4, "3 s"), (300, "5 min"), (7500, "2 h 5 min")])
def test_spans_are_written_as_people_say_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_stage_without_steps_is_its_name() -> None:
    assert stage_text(Stage("features")) == "features"
