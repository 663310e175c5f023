"""Trials on this machine: a worker process for each."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.catalog.catalog import Catalog
from benchmarks.common.clock import clock
from benchmarks.common.deletion import delete_tree
from benchmarks.common.errors import BenchError, in_one_line, one_line
from benchmarks.datasets.spec import Images
from benchmarks.execution.executor import Ending
from benchmarks.execution.processes.fence import Rules
from benchmarks.execution.processes.orphan_cleanup import OrphanCleanup
from benchmarks.execution.processes.scratch import no_space, scratch_folder
from benchmarks.execution.processes.supervisor import Limits, Outcome, how_it_ended, supervise
from benchmarks.execution.processes.weight_download import local_files
from benchmarks.execution.protocol import (
    REQUEST,
    SAVED_MODEL,
    WORKPLACE,
    Answer,
    Request,
    Stage,
    Workplace,
    images_file,
    labels_file,
    latest_stage,
    read_answer,
    write_message,
)
from benchmarks.records.saved_models import fault_of_folder
from benchmarks.records.trial_file import DamagedFileError
from models.spec import Unavailable

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class LocalExecutor:
    """Runs each trial in a process of its own. ``cache`` is the folder of the feature cache, None for none.

    ``fence``: the rules that are the same for all trials.
    """

    scratch: Path
    cleanup: OrphanCleanup
    catalog: Catalog
    cache: Path | None
    fence: Rules

    def execute(
        self,
        request: Request,
        limits: Limits,
        outputs: Path,
        stop: threading.Event,
        on_stage: Callable[[Stage], None],
    ) -> Ending:
        """Run a trial, as ``Executor.execute`` says."""
        folder = Path(tempfile.mkdtemp(prefix="trial-", dir=self.scratch))
        try:
            weights = self._weights(request, folder / "weights", limits, stop)
            outcome = self._run_worker(request, weights, folder, limits, stop, on_stage)
            answer = _answer_in(folder, outcome)
            if answer.status == "ok" and request.save_model and not answer.not_saved:
                answer = replace(answer, not_saved=_take_model(folder, outputs))
        except Unavailable as missing:
            return Ending("interrupted" if stop.is_set() else "skipped", str(missing), None, 0.0)
        finally:
            delete_tree(folder)
        if outcome.ended_for and answer.status != "ok":
            status, reason = outcome.ended_for
            return Ending(status, reason, outcome.total_s, outcome.peak_rss_mb, outcome.log)
        return Ending(answer.status, answer.reason, outcome.total_s, outcome.peak_rss_mb, outcome.log, answer)

    def _weights(self, request: Request, folder: Path, limits: Limits, stop: threading.Event) -> dict[str, str]:
        """Return the files of weights that a trial needs, fetched where need be: its worker has no network."""
        entries = self.catalog.models[request.trial.model], self.catalog.features[request.trial.features]
        return local_files((entry.weights for entry in entries), folder, limits, self.cleanup, stop)

    def _run_worker(
        self,
        request: Request,
        weights: Mapping[str, str],
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
            weights=weights,
            cache=str(self.cache) if self.cache else None,
            fence=self._fence(request, weights.values()),
            launched_at=start,
        )
        write_message(folder, REQUEST, request)
        write_message(folder, WORKPLACE, workplace)
        command = ["benchmarks.execution.worker.main", str(folder)]
        return supervise(command, folder, limits, self.cleanup, stop, look)

    def _fence(self, request: Request, weights: Iterable[str]) -> Rules:
        """Return what the worker of a trial may read and write, beside its own folder and its plug-ins."""
        learned, predicted = (request.data[name] for name in ("train", "validation")), request.evaluation_sets
        arrays = [file(content) for content in learned for file in (images_file, labels_file)]
        arrays += [images_file(request.data[name]) for name in predicted]
        shared_feature_cache = [str(self.cache)] if self.cache else []
        reads = (*(str(self.scratch / name) for name in arrays), *weights)
        return replace(self.fence, reads=reads, writes=tuple(shared_feature_cache))


@contextlib.contextmanager
def local_executor(
    images: Images, hashes: Mapping[str, str], catalog: Catalog, cache: Path | None, fence: Rules | None = None
) -> Iterator[LocalExecutor]:
    """Give an executor whose workers find the arrays of ``images``, named by the hashes of their splits.

    Raises ``BenchError`` if there is no space for temporary files.
    """
    with scratch_folder() as (scratch, cleanup):
        with contextlib.suppress(OSError):  # what cannot be stored is computed again
            if cache:
                cache.mkdir(parents=True, exist_ok=True)
        try:
            _write_arrays(images, hashes, scratch)
        except OSError as error:
            raise BenchError(no_space(error)) from error
        yield LocalExecutor(scratch, cleanup, catalog, cache, fence or Rules())


def _answer_in(folder: Path, outcome: Outcome) -> Answer:
    """Return what a worker answered, or why there is nothing. What came before a limit of time was passed, counts."""
    if outcome.ended_for and outcome.ended_for[0] not in ("timeout", "skipped"):
        return Answer("failed")
    if not folder.is_dir() or folder.is_symlink():
        return Answer("failed", "it deleted the folder that it ran in")
    try:
        found = read_answer(folder)
    except DamagedFileError as error:
        return Answer("failed", one_line(f"its answer cannot be read: {error}"))
    return found or Answer("failed", how_it_ended(outcome.exit_code, outcome.log))


def _take_model(folder: Path, outputs: Path) -> str:
    """Move the fitted model to the outputs; return why not, if it cannot be kept."""
    try:
        if fault := fault_of_folder(folder / SAVED_MODEL):
            return fault
        os.rename(folder / SAVED_MODEL, outputs / SAVED_MODEL)
    except OSError as error:
        return error.strerror or in_one_line(error)
    return ""


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
