"""Trials on this machine: a worker process for each, and one for each set of feature matrices."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.catalog.catalog import Catalog
from benchmarks.common.clock import clock
from benchmarks.common.deletion import delete_tree
from benchmarks.common.errors import BenchError, in_one_line
from benchmarks.common.formatting import listed
from benchmarks.datasets.spec import Images
from benchmarks.execution.executor import Ending
from benchmarks.execution.features.cache import FeatureCache, FeatureFiles
from benchmarks.execution.features.provider import Computed, FeatureProvider, Provided
from benchmarks.execution.features.shared_arrays import SharedArrays
from benchmarks.execution.processes.fence import Rules, protects_files
from benchmarks.execution.processes.launching.launch import preloads_for
from benchmarks.execution.processes.orphan_cleanup import OrphanCleanup
from benchmarks.execution.processes.output import joined
from benchmarks.execution.processes.scratch import no_space, scratch_folder
from benchmarks.execution.processes.supervisor import Limits
from benchmarks.execution.processes.watching.leftovers import Leftovers
from benchmarks.execution.processes.weight_download import local_files
from benchmarks.execution.processes.worker_process import Expected, Finished, Supervision, run_worker
from benchmarks.execution.protocol import (
    SAVED_MODEL,
    Answer,
    FeaturesAnswer,
    Request,
    Workplace,
    images_file,
    labels_file,
    read_answer,
    read_features_answer,
)
from benchmarks.execution.stages.channel import Stage
from benchmarks.execution.stages.timing_check import FEATURE_STAGES, TRIAL_STAGES, times_of
from benchmarks.records.saved_models import fault_of_folder
from benchmarks.records.trial import Latency
from models.spec import Unavailable

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST_NAME = 40


@dataclass(frozen=True)
class LocalExecutor:
    """Runs each trial in a process of its own. ``arrays``: what all workers read.

    ``fence``: the rules that are the same for all trials.
    """

    scratch: Path
    cleanup: OrphanCleanup
    catalog: Catalog
    arrays: SharedArrays
    features: FeatureProvider
    fence: Rules
    leftovers: Leftovers = field(default_factory=Leftovers)

    def execute(
        self,
        request: Request,
        limits: Limits,
        outputs: Path,
        stop: threading.Event,
        on_stage: Callable[[Stage], None],
    ) -> Ending:
        """Run a trial, as ``Executor.execute`` says."""
        supervision = Supervision(limits, self.cleanup, stop, on_stage, clock(), self._preloads(request))
        provided = self.features.provide(request, lambda: self._compute(request, supervision))
        if provided.files is None:
            return provided.ending
        ending = self._watched(request, lambda: self._run_trial(request, provided, outputs, supervision))
        return replace(ending, log=joined(provided.ending.log, ending.log))

    def _run_trial(self, request: Request, provided: Provided, outputs: Path, supervision: Supervision) -> Ending:
        """Run a trial on feature matrices that are there; its time includes that of computing them."""
        entries = (("MODELS", request.trial.model), _pipeline(request))
        folder = Path(tempfile.mkdtemp(prefix="trial-", dir=self.scratch))
        try:
            weights = self._weights(request, folder / "weights", supervision, with_model=True)
            workplace = self._workplace(request, entries, weights, provided.files)
            worker = run_worker("main", request, workplace, folder, supervision)
            answer = _completed(TRIAL.answer_of(worker), provided, worker.outcome.shared_imports_s)
            if answer.status == "ok" and request.save_model and not answer.not_saved:
                answer = replace(answer, not_saved=_take_model(folder, outputs))
        except Unavailable as missing:
            return _unavailable(missing, supervision)
        finally:
            delete_tree(folder)
        total_s = worker.outcome.total_s + (provided.ending.total_s or 0.0)
        return replace(_ending(worker, answer), total_s=total_s, answer=answer if answer.status == "ok" else None)

    def _compute(self, request: Request, supervision: Supervision) -> Computed:
        """Compute feature matrices in a process that runs no model; return how it ended, and where they are."""
        folder = Path(tempfile.mkdtemp(prefix="features-", dir=self.scratch))
        found: list[FeatureFiles] = []

        def run() -> Ending:
            try:
                weights = self._weights(request, folder / "weights", supervision, with_model=False)
            except Unavailable as missing:
                return _unavailable(missing, supervision)
            workplace = self._workplace(request, (_pipeline(request),), weights, None)
            worker = run_worker("compute_features", request, workplace, folder, supervision)
            answer = FEATURES.answer_of(worker)
            found.append(FeatureFiles(str(folder), answer.checksums, answer.seconds or 0.0))
            ending = _ending(worker, answer)
            if ending.status in ("ok", "skipped"):
                return ending
            return replace(ending, reason=f"its features were not computed: {ending.reason}")

        try:
            ending = self._watched(request, run)
        except BaseException:
            delete_tree(folder)
            raise
        if ending.status == "ok":
            return ending, found[0]
        delete_tree(folder)
        return ending, None

    def _watched(self, request: Request, run: Callable[[], Ending]) -> Ending:
        """Have a process run; one that changed arrays, or cached matrices of others, fails, and these are as before.

        Where others run at the same time it is not known which one did; who reads them finds out by the checksums.
        What changed in the cache although the fence protects it, is the work of another bench.
        """
        cache = self.features.cache
        self.arrays.mend()
        before = None if request.contended or protects_files() else cache.snapshot()
        with self.leftovers.deleted():
            ending = run()
        changed = self.arrays.mend() + (cache.remove_changed(before) if before is not None else [])
        if not changed or request.contended:
            return ending
        reason = f"it changed files of the bench: {listed([_shortened(name) for name in changed])}"
        if ending.status == "ok":
            return replace(ending, status="failed", reason=reason, answer=None)
        return replace(ending, reason=f"{ending.reason}; {reason}")

    def _preloads(self, request: Request) -> tuple[str, ...]:
        """Return the modules that both processes of a trial find imported."""
        pipeline, model = self.catalog.features[request.trial.features], self.catalog.models[request.trial.model]
        return () if request.fresh else preloads_for((*pipeline.requires, *model.requires))

    def _weights(self, request: Request, folder: Path, supervision: Supervision, *, with_model: bool) -> dict[str, str]:
        """Return the files of weights that a worker needs, fetched where need be: it has no network."""
        pipeline, model = self.catalog.features[request.trial.features], self.catalog.models[request.trial.model]
        wanted = (pipeline.weights, *([model.weights] if with_model else []))
        return local_files(wanted, folder, supervision.limits, self.cleanup, supervision.stop, request.network)

    def _workplace(
        self,
        request: Request,
        entries: Sequence[tuple[str, str]],
        weights: Mapping[str, str],
        features: FeatureFiles | None,
    ) -> Workplace:
        """Return where a worker finds what it needs, and a fence that lets it read that and nothing else."""
        learned, predicted = (request.data[name] for name in ("train", "validation")), request.evaluation_sets
        arrays = [file(content) for content in learned for file in (images_file, labels_file)]
        arrays += [images_file(request.data[name]) for name in predicted]
        matrices = [str(features.path(name)) for name in features.checksums] if features else []
        reads = (*(str(self.arrays.folder / name) for name in arrays), *matrices, *weights.values())
        return Workplace(
            arrays=str(self.arrays.folder),
            plugins=tuple(map(str, self.catalog.plugins_of(*entries))),
            weights=weights,
            checksums=self.arrays.checksums,
            features=features,
            fence=replace(self.fence, reads=reads, network=request.network),
            launched_at=clock(),
        )


@contextlib.contextmanager
def local_executor(
    images: Images, hashes: Mapping[str, str], catalog: Catalog, cache: Path | None, fence: Rules | None = None
) -> Iterator[LocalExecutor]:
    """Give an executor whose workers find the arrays of ``images``, named by the hashes of their splits.

    ``cache``: the folder of the feature cache; without one matrices are computed once and deleted at the end.

    Raises ``BenchError`` if there is no space for temporary files.
    """
    with scratch_folder() as (scratch, cleanup):
        try:
            arrays = SharedArrays(scratch / "arrays", _arrays_of(images, hashes))
        except OSError as error:
            raise BenchError(no_space(error)) from error
        features = FeatureProvider(FeatureCache(cache or scratch / "features"))
        yield LocalExecutor(scratch, cleanup, catalog, arrays, features, fence or Rules())


def _arrays_of(images: Images, hashes: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    """Return what workers may see, by the names of files: everything but the labels of the evaluation sets."""
    arrays: dict[str, NDArray[Any]] = {
        images_file(hashes[name]): split.images for name, split in images.evaluation.items()
    }
    for name, split in (("train", images.train), ("validation", images.validation)):
        arrays |= {images_file(hashes[name]): split.images, labels_file(hashes[name]): split.labels}
    return arrays


def _shortened(name: str) -> str:
    """Return the name of a file without most of the hash in it."""
    return name if len(name) <= LONGEST_NAME else f"{name[:8]}…{name[-LONGEST_NAME + 9 :]}"


def _unavailable(missing: Unavailable, supervision: Supervision) -> Ending:
    return Ending("interrupted" if supervision.stop.is_set() else "skipped", str(missing), None, 0.0)


def _pipeline(request: Request) -> tuple[str, str]:
    return "FEATURES", request.trial.features


def _ending(worker: Finished, answer: Answer | FeaturesAnswer) -> Ending:
    """Return how a worker ended: as it answers, or by the limit that it passed before it had a good answer."""
    outcome = worker.outcome
    limit = None if answer.status == "ok" else outcome.ended_for
    status, reason = limit or (answer.status, answer.reason)
    return Ending(status, reason, outcome.total_s, outcome.peak_rss_mb, outcome.log)


def _times_of_trial(answer: Answer) -> Mapping[str, float | None]:
    return times_of(answer.measurement) if answer.measurement else {}


TRIAL = Expected(Answer, read_answer, _times_of_trial, TRIAL_STAGES)
FEATURES = Expected(FeaturesAnswer, read_features_answer, lambda told: {"features": told.seconds}, FEATURE_STAGES)


def _take_model(folder: Path, outputs: Path) -> str:
    """Move the fitted model to the outputs; return why not, if it cannot be kept."""
    try:
        if fault := fault_of_folder(folder / SAVED_MODEL):
            return fault
        os.rename(folder / SAVED_MODEL, outputs / SAVED_MODEL)
    except OSError as error:
        return error.strerror or in_one_line(error)
    return ""


def _completed(answer: Answer, provided: Provided, shared_imports_s: float | None) -> Answer:
    """Return an answer with what its worker cannot know in what was measured, and the latency from all its repeats."""
    if answer.status != "ok" or answer.measurement is None:
        return answer
    import numpy as np

    measurement = answer.measurement
    latency = Latency(*map(float, np.percentile(measurement.latencies_ms, [50, 99])))
    seconds = provided.files.seconds if provided.files else None
    timing = measurement.timing
    timing = replace(timing, features_s=seconds, features_cached=provided.cached, latency_ms=latency)
    timing = replace(timing, shared_imports_s=shared_imports_s)
    return replace(answer, measurement=replace(measurement, timing=timing, latencies_ms=()))
