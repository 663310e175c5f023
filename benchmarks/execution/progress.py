"""What a run tells of itself while it is under way: events, handed one after the other to one callback."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.execution.decisions import PlannedTrial
from benchmarks.execution.stages.channel import Stage
from benchmarks.records.trial import Trial, TrialResult


@dataclass(frozen=True)
class Notice:
    """Something that a user should know before anything is run, in words."""

    text: str


@dataclass(frozen=True)
class DataProgress:
    """How far reading the user's images, or downloading a file, is: ``done`` of ``total`` images or bytes."""

    what: str
    done: int
    total: int


@dataclass(frozen=True)
class DatasetRead:
    """The images are read and looked through. ``folder``: where results go. ``lines`` say what
    was found.

    ``picture`` shows a user's images beside the prepared ones; None for a published dataset.
    """

    name: str
    folder: Path
    lines: tuple[str, ...]
    picture: Path | None = None


@dataclass(frozen=True)
class RunPlanned:
    """It is decided which trials are run and which stored results are reused; in the order in which they are taken."""

    trials: tuple[PlannedTrial, ...]


@dataclass(frozen=True)
class Waiting:
    """Another bench of this user is measuring. ``holder`` says which; empty where that is not known."""

    holder: str


@dataclass(frozen=True)
class MachinesChanged:
    """Which machines of a cluster can run trials now, by name; ``news`` says in words what changed."""

    machines: tuple[str, ...]
    news: tuple[str, ...]


@dataclass(frozen=True)
class TrialStarted:
    """The worker process of a trial is being started."""

    planned: PlannedTrial


@dataclass(frozen=True)
class TrialProgress:
    """A trial under way reached another stage or step."""

    trial: Trial
    stage: Stage


@dataclass(frozen=True)
class TrialFinished:
    """A trial ended, well or not. ``reused``: its stored result still holds, and nothing was run.

    ``not_saved``: why its fitted model could not be saved, where that was asked for. ``machine``: the name of the one
    that it ran on, where that is not this one.
    """

    result: TrialResult
    reused: bool = False
    not_saved: str = ""
    machine: str = ""


_state = threading.local()
Event = (
    Notice
    | DataProgress
    | DatasetRead
    | RunPlanned
    | Waiting
    | MachinesChanged
    | TrialStarted
    | TrialProgress
    | TrialFinished
)
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class OneAtATime:
    """Hands events, also those of a study, to a listener one after the other, from whichever thread they come."""

    listener: Callable[[Any], None]
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __call__(self, event: Any) -> None:
        with self.lock:
            _state.listening = True
            try:
                self.listener(event)
            finally:
                _state.listening = False


def in_listener() -> bool:
    """Return whether this thread is inside a listener; a run that is started there would wait for itself."""
    return getattr(_state, "listening", False)
