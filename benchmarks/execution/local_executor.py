"""Trials on this machine: a worker process for each."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.catalog.catalog import Catalog
from benchmarks.common.clock import clock
from benchmarks.datasets.spec import Images
from benchmarks.execution.executor import Ending
from benchmarks.execution.processes.orphan_cleanup import OrphanCleanup
from benchmarks.execution.processes.scratch import scratch_folder
from benchmarks.execution.processes.supervisor import Limits, Outcome, how_it_ended, supervise
from benchmarks.execution.protocol import (
    REQUEST,
    SAVED_MODEL,
    WORKPLACE,
    Request,
    Stage,
    Workplace,
    images_file,
    labels_file,
    latest_stage,
    read_answer,
    write_message,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class LocalExecutor:
    """Runs each trial in a process of its own. ``cache`` is the folder of the feature cache, None for none."""

    scratch: Path
    cleanup: OrphanCleanup
    catalog: Catalog
    cache: Path | None

    def execute(
        self,
        request: Request,
        limits: Limits,
        outputs: Path,
        stop: threading.Event,
        on_stage: Callable[[Stage], None],
    ) -> Ending:
        """Run a trial, as ``Executor.execute`` says."""
        with tempfile.TemporaryDirectory(prefix="trial-", dir=self.scratch, ignore_cleanup_errors=True) as name:
            folder = Path(name)
            outcome = self._run_worker(request, folder, limits, stop, on_stage)
            with contextlib.suppress(OSError):
                os.rename(folder / SAVED_MODEL, outputs / SAVED_MODEL)
            answer = None if outcome.ended_for else read_answer(folder)
        if outcome.ended_for:
            status, reason = outcome.ended_for
        elif answer:
            status, reason = answer.status, answer.reason
        else:
            status, reason = "failed", how_it_ended(outcome.exit_code, outcome.log)
        return Ending(status, reason, outcome.total_s, outcome.peak_rss_mb, outcome.log, answer)

    def _run_worker(
        self,
        request: Request,
        folder: Path,
        limits: Limits,
        stop: threading.Event,
        on_stage: Callable[[Stage], None],
    ) -> Outcome:
        start = clock()

        def look() -> float:
            if stage := latest_stage(folder):
                on_stage(stage)
            return start

        workplace = Workplace(
            arrays=str(self.scratch),
            plugins=tuple(map(str, self.catalog.plugins)),
            weights={network: str(file) for network, file in self.catalog.weights.items()},
            cache=str(self.cache) if self.cache else None,
            launched_at=start,
        )
        write_message(folder, REQUEST, request)
        write_message(folder, WORKPLACE, workplace)
        command = ["benchmarks.execution.worker.main", str(folder)]
        return supervise(command, folder, limits, self.cleanup, stop, look)


@contextlib.contextmanager
def local_executor(
    images: Images, hashes: Mapping[str, str], catalog: Catalog, cache: Path | None
) -> Iterator[LocalExecutor]:
    """Give an executor whose workers find the arrays of ``images``, named by the hashes of their splits."""
    with scratch_folder() as (scratch, cleanup):
        _write_arrays(images, hashes, scratch)
        yield LocalExecutor(scratch, cleanup, catalog, cache)


def _write_arrays(images: Images, hashes: Mapping[str, str], folder: Path) -> None:
    """Write what workers may see: everything but the labels of the evaluation sets."""
    import numpy as np

    arrays: dict[str, NDArray[Any]] = {
        images_file(hashes[name]): split.images for name, split in images.evaluation.items()
    }
    for name, split in (("train", images.train), ("validation", images.validation)):
        arrays |= {images_file(hashes[name]): split.images, labels_file(hashes[name]): split.labels}
    for file, array in arrays.items():
        np.save(folder / file, array)
        (folder / file).chmod(0o444)
