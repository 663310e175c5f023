"""A worker: the process of one request, supervised, its stages told over a pipe and stamped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.execution.processes.orphan_cleanup import OrphanCleanup
from benchmarks.execution.processes.supervisor import LOOK_EVERY_S, Limits, Outcome, supervise
from benchmarks.execution.protocol import REQUEST, WORKPLACE, Request, Workplace, answer_digest, write_message
from benchmarks.execution.stages.channel import Stage, StageReader
from benchmarks.execution.stages.timing_check import Punctuality, fault_in

WORKERS = "benchmarks.execution.worker"


@dataclass(frozen=True)
class Supervision:
    """Under what a worker runs. ``counts_from``: since when, by the clock, the limit on time counts."""

    limits: Limits
    cleanup: OrphanCleanup
    stop: threading.Event
    on_stage: Callable[[Stage], None]
    counts_from: float


@dataclass(frozen=True)
class Finished:
    """A worker that has ended. ``late_s``: how late the bench was at its looks."""

    outcome: Outcome
    told: StageReader
    launched_at: float
    late_s: float
    folder: Path

    @property
    def answer_fault(self) -> str:
        """Why the answer in its folder is not the one that it wrote as the last thing; empty if it is."""
        if not self.told.answer:
            return "it did not say that it was done, or had closed the pipe for that"
        same = answer_digest(self.folder) == self.told.answer
        return "" if same else "its answer is not the one that its worker wrote last"

    def timing_fault(self, times: Mapping[str, float | None], stages: Sequence[str]) -> str:
        """Return what does not fit between the times that it tells and when its stages began."""
        return fault_in(times, stages, self.told, self.launched_at, self.late_s)


def run_worker(module: str, request: Request, workplace: Workplace, folder: Path, supervision: Supervision) -> Finished:
    """Run a module of the workers' package in ``folder`` to its end."""
    write_message(folder, REQUEST, request)
    write_message(folder, WORKPLACE, workplace)
    punctuality = Punctuality(LOOK_EVERY_S)
    with StageReader() as told:

        def look() -> float:
            punctuality.look()
            if told.latest:
                supervision.on_stage(told.latest)
            return supervision.counts_from

        outcome = supervise(
            [f"{WORKERS}.{module}", str(folder), str(told.descriptor)],
            folder,
            supervision.limits,
            supervision.cleanup,
            supervision.stop,
            look,
            (told.descriptor,),
        )
    return Finished(outcome, told, workplace.launched_at, punctuality.late_s, folder)
