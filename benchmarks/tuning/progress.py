"""What a study tells of itself while it is under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.execution.progress import Event
from benchmarks.tuning.study import Attempt, Definition


@dataclass(frozen=True)
class StudyOpened:
    """A study begins or goes on. ``n_done`` of ``n_trials`` are there; ``untouched``: settings that have no range."""

    definition: Definition
    n_done: int
    n_trials: int
    untouched: tuple[str, ...] = ()


@dataclass(frozen=True)
class AttemptStarted:
    """Settings are tried; ``adopted``: a bench that ended had begun with them."""

    attempt: Attempt
    adopted: bool


@dataclass(frozen=True)
class AttemptFinished:
    """An attempt ended. ``best``: of all so far. ``left_s``: how long the others will take, as far as is known."""

    attempt: Attempt
    best: Attempt | None
    n_done: int
    n_trials: int
    left_s: float | None


@dataclass(frozen=True)
class TimeIsUp:
    """The study ends because its time is over. ``stopped``: attempts that were under way then."""

    minutes: float
    stopped: tuple[Attempt, ...]
    n_done: int
    n_trials: int


StudyEvent = StudyOpened | AttemptStarted | AttemptFinished | TimeIsUp
StudyListener = Callable[[Event | StudyEvent], None]
