from __future__ import annotations

import io

from rich.console import Console

from benchmarks.cli.display.study import StudyDisplay
from benchmarks.execution.progress import TrialProgress
from benchmarks.execution.stages.channel import Stage
from benchmarks.records.trial import Trial
from benchmarks.tuning.progress import AttemptFinished, AttemptStarted, StudyOpened, TimeIsUp
from benchmarks.tuning.study import Attempt, Definition

DEFINITION = Definition(
    "mine", "svm-rbf", "hog", "digits-validation", ("C=1..100 log",), {}, ("error", "latency_ms_p50"), seed=3
)
DEFAULTS = Attempt(0, {"C": 5.0}, "complete", (0.02, 1.5))
BETTER = Attempt(1, {"C": 7.5}, "complete", (0.01, 2.0))
FAILED = Attempt(2, {"C": 99.0}, "failed", reason="it crashed")


def shown(*events: object, terminal: bool = False) -> str:
    output = io.StringIO()
    with StudyDisplay(Console(file=output, force_terminal=terminal, width=200)) as display:
        for event in events:
            display(event)  # type: ignore[arg-type]
    return output.getvalue()


def test_each_setting_is_a_line_with_the_best_so_far_and_the_time_left() -> None:
    lines = shown(
        StudyOpened(DEFINITION, 1, 9, ("stock",)),
        AttemptStarted(DEFAULTS, adopted=True),
        AttemptFinished(DEFAULTS, DEFAULTS, 1, 9, 40.0),
        AttemptFinished(BETTER, BETTER, 2, 9, 30.0),
        AttemptFinished(FAILED, BETTER, 3, 9, None),
    ).splitlines()
    assert lines[0] == (
        "study mine of svm-rbf@hog: 9 settings, 1 of them stored, by tpe with seed 3, minimising error and latency"
    )
    assert lines[1:3] == ["searched: C=1..100 log", "not searched, default values: stock"]
    assert lines[3].strip() == "the defaults: tried again, because a bench ended"
    assert lines[4:] == [
        "1/9     the defaults  error 2.00 %, latency 1.5 ms; about 40 s left",
        "2/9     C=7.5  error 1.00 %, latency 2 ms; about 30 s left",
        "3/9     C=99.0  failed: it crashed; best so far error 1.00 %, latency 2 ms",
    ]


def test_the_end_of_the_time_is_told_with_what_was_under_way() -> None:
    under_way = Attempt(2, {"C": 9.0})
    assert shown(TimeIsUp(1.0, (under_way,), 2, 3), TimeIsUp(0.5, (), 3, 9)).splitlines() == [
        "the time is up (--minutes 1) after 2 of 3 settings; stopped, and tried again by the same command: C=9.0",
        "the time is up (--minutes 0.5) after 3 of 9 settings",
    ]


def test_on_a_terminal_what_is_under_way_is_shown() -> None:
    stage = TrialProgress(Trial("svm-rbf", "hog", "digits"), Stage("fit", 3, 20, {"loss": 0.5}))
    text = shown(StudyOpened(DEFINITION, 0, 9), AttemptFinished(BETTER, BETTER, 2, 9, 30.0), stage, terminal=True)
    assert "2 of 9 settings tried" in text and "fit 3/20, loss 0.5" in text and "about 30 s left" in text
