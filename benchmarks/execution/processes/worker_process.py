"""A worker: the process of one request, supervised, its stages told as they begin and stamped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from benchmarks.common.errors import one_line
from benchmarks.execution.processes.orphan_cleanup import OrphanCleanup
from benchmarks.execution.processes.supervisor import Limits, Outcome, how_it_ended, supervise
from benchmarks.execution.protocol import (
    REQUEST,
    WORKPLACE,
    Answer,
    FeaturesAnswer,
    Request,
    Workplace,
    answer_digest,
    write_message,
)
from benchmarks.execution.stages.channel import Stage, StageReader
from benchmarks.execution.stages.timing_check import fault_in
from benchmarks.records.trial_file import DamagedFileError

WORKERS = "benchmarks.execution.worker"
Told = TypeVar("Told", Answer, FeaturesAnswer)


@dataclass(frozen=True)
class Supervision:
    """Under what a worker runs. ``counts_from``: since when, by the clock, the limit on time counts.

    ``preloads``: the modules that it finds imported.
    """

    limits: Limits
    cleanup: OrphanCleanup
    stop: threading.Event
    on_stage: Callable[[Stage], None]
    counts_from: float
    preloads: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finished:
    """A worker that has ended."""

    outcome: Outcome
    told: StageReader
    launched_at: float
    folder: Path

    @property
    def answer_fault(self) -> str:
        """Why the answer in its folder is not the one that it wrote as the last thing; empty if it is."""
        if not self.told.answer:
            return "it did not say that it was done, or had closed the descriptor for that"
        same = answer_digest(self.folder) == self.told.answer
        return "" if same else "its answer is not the one that its worker wrote last"


@dataclass(frozen=True)
class Expected(Generic[Told]):
    """What a worker is to answer: how that is read, the times that it tells by stage, and the stages in their order."""

    kind: type[Told]
    read: Callable[[Path], Told | None]
    times: Callable[[Told], Mapping[str, float | None]]
    stages: Sequence[str]

    def answer_of(self, worker: Finished) -> Told:
        """Return what a worker answered, or a failure that says why it is not accepted or why there is nothing.

        What came before a limit of time was passed, counts.
        """
        if fault := _fault_before_reading(worker):
            return self.kind("failed", fault)
        try:
            answer = self.read(worker.folder)
        except DamagedFileError as error:
            return self.kind("failed", one_line(f"its answer cannot be read: {error}"))
        if answer is None:
            return self.kind("failed", how_it_ended(worker.outcome.exit_code, worker.outcome.log))
        if fault := worker.answer_fault:
            return self.kind("failed", fault)
        if answer.status != "ok":
            return answer
        fault = fault_in(self.times(answer), self.stages, worker.told, worker.launched_at)
        return self.kind("failed", fault) if fault else answer


def run_worker(module: str, request: Request, workplace: Workplace, folder: Path, supervision: Supervision) -> Finished:
    """Run a module of the workers' package in ``folder`` to its end."""
    write_message(folder, REQUEST, request)
    write_message(folder, WORKPLACE, workplace)
    with StageReader() as told:

        def look() -> float:
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
            told.descriptor,
            supervision.preloads,
        )
    return Finished(outcome, told, workplace.launched_at, folder)


def _fault_before_reading(worker: Finished) -> str:
    """Return why no answer is looked for; empty if one may be there."""
    if worker.outcome.ended_for and worker.outcome.ended_for[0] not in ("timeout", "skipped"):
        return worker.outcome.ended_for[1]
    if not worker.folder.is_dir() or worker.folder.is_symlink():
        return "it deleted the folder that it ran in"
    return ""
