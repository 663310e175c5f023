"""What carries trials out: the interface, and how a trial can end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.execution.processes.supervisor import Limits
from benchmarks.execution.protocol import Answer, Request
from benchmarks.execution.stages.channel import Stage
from benchmarks.records.trial import Environment, Status


@dataclass(frozen=True)
class Ending:
    """How a trial ended. ``peak_rss_mb`` is the most memory that its whole process tree was seen to hold, in MiB.

    ``log``: what its worker printed. Where it ran on another machine: its ``environment``, its name, and how many
    ``threads`` the trial had.
    """

    status: Status
    reason: str
    total_s: float | None
    peak_rss_mb: float
    log: bytes = b""
    answer: Answer | None = None
    environment: Environment | None = None
    machine: str = ""
    threads: int | None = None


@dataclass(frozen=True)
class RemoteStage(Stage):
    """Where a process on another machine is, and the name of that machine."""

    machine: str = ""


class Turns(Protocol):
    """Says when a trial may start, where that is not the lock of this machine.

    ``most_at_once``: how many threads may wait for their turns. ``places``: how many of them would have one now.
    ``on_this_machine``: all trials run here.
    """

    @property
    def most_at_once(self) -> int: ...

    @property
    def places(self) -> int: ...

    @property
    def on_this_machine(self) -> bool: ...

    def turn(self, stop: threading.Event) -> AbstractContextManager[None]:
        """Wait until this thread's trial may run, or ``stop`` is set; the turn lasts as long as the context."""


class Executor(Protocol):
    """Carries out one trial for each call of ``execute``; several threads may call it at the same time.

    ``scratch``: a folder for what trials leave, deleted at the end even of a bench that was killed.
    """

    @property
    def scratch(self) -> Path: ...

    def execute(
        self,
        request: Request,
        limits: Limits,
        outputs: Path,
        stop: threading.Event,
        on_stage: Callable[[Stage], None],
    ) -> Ending:
        """Run a trial to its end, by itself, by a limit or because ``stop`` is set; return how it ended.

        The fitted model, where the request asks for it, is left in ``outputs`` under the name ``SAVED_MODEL``.
        """
