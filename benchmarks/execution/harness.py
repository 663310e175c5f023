"""Takes stored trials again, has workers run the others, and turns every death into a result."""

from __future__ import annotations

import contextlib
import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.analysis.scores import score
from benchmarks.catalog.catalog import Catalog
from benchmarks.common.clock import clock
from benchmarks.common.dependencies import how_to_install, missing_modules
from benchmarks.datasets.spec import Images
from benchmarks.execution.estimates import Estimates
from benchmarks.execution.processes.machine_lock import turn
from benchmarks.execution.processes.orphan_cleanup import Guard
from benchmarks.execution.processes.worker_process import LOG, Ending, Limits, run_worker
from benchmarks.execution.progress import Display
from benchmarks.execution.protocol import KEPT, Request
from benchmarks.provenance.environment import describe
from benchmarks.provenance.fingerprint import inputs_of, pipeline_hash
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import Inputs, Predictions, Trial, TrialResult
from models.spec import Setting

NOT_MEASURED = ("skipped", "interrupted")


@dataclass(frozen=True)
class RunOptions:
    """How a run goes. ``cache`` of None computes every feature matrix anew; ``max_minutes`` of None has no end."""

    limits: Limits
    cache: Path | None
    jobs: int = 1
    force: bool = False
    max_minutes: float | None = None
    keep_models: bool = False


class Harness:
    """One run of trials on one dataset."""

    def __init__(
        self, catalog: Catalog, images: Images, data_hash: str, store: ResultStore, options: RunOptions
    ) -> None:
        self.catalog = catalog
        self.images = images
        self.data_hash = data_hash
        self.store = store
        self.options = options
        self._stop = threading.Event()

    def run(self, trials: Sequence[Trial], estimates: Estimates, display: Display) -> list[TrialResult]:
        """Run the trials, each stored as it ends; return their results in the order given.

        Raises KeyboardInterrupt after an interrupt, once the workers are ended and what they were
        at is stored as ``interrupted``.
        """
        self.store.tidy()
        started = clock()
        # trials that run beside each other have one turn together
        turn_of_all = self._turn(trials if self._contended else (), display)
        with turn_of_all, _scratch() as (scratch, guard), ThreadPoolExecutor(self.options.jobs) as pool:
            _hand_over(self.images, scratch / "data")

            def result_of(trial: Trial) -> TrialResult | None:
                return self._result(trial, scratch, guard, started, estimates, display)

            futures = [pool.submit(result_of, trial) for trial in trials]
            try:
                return [result for future in futures if (result := future.result())]
            except BaseException:
                # a second Ctrl-C must not cut short what follows, which takes seconds
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                self._stop.set()
                raise

    def stored(self, trial: Trial) -> TrialResult | None:
        """Return the stored result of a trial if it holds for this run: nothing that it depends on has changed."""
        stored = self.store.load(trial.key)
        return stored if stored and not self._why_again(trial, stored) else None

    def _result(
        self, trial: Trial, scratch: Path, guard: Guard, started: float, estimates: Estimates, display: Display
    ) -> TrialResult | None:
        """Return one trial's result: the stored one where it holds, else a new one, stored; None if stopped before."""
        with self._turn(() if self._contended else (trial,), display):
            if self._stop.is_set():
                return None
            before = self.store.load(trial.key)
            if before and not self._why_again(trial, before):
                display.reused(before)
                return before
            blank = self._blank(trial, inputs_of(trial, self.catalog, self.data_hash))
            why_not = self._why_not(trial) or self._no_time(trial, clock() - started, estimates)
            if why_not:
                result = replace(blank, status="skipped", reason=why_not, finished_at=_now())
                self._store(before, result)
            else:
                why_again = self._why_again(trial, before) if before else ""
                if why_again and not self.options.keep_models and self.store.model_folder(trial.key).is_dir():
                    why_again += "; its kept model goes too, for want of --keep-models"
                display.started(trial, why_again, estimates.seconds(trial, self._n_train(trial)))
                with tempfile.TemporaryDirectory(prefix="trial-", dir=scratch, ignore_cleanup_errors=True) as name:
                    folder, limits = Path(name), self._limits(clock() - started)
                    ending = self._run_worker(trial, folder, guard, limits, display)
                    result, predictions = self._judged(blank, ending)
                    self._store(before, result, predictions, folder / KEPT)
                    self.store.save_log(trial.key, (folder / LOG).read_bytes())
                if ending.answer and ending.answer.not_kept:
                    display.not_kept(trial, ending.answer.not_kept)
            display.finished(result)
            return result

    def _store(
        self,
        before: TrialResult | None,
        result: TrialResult,
        predictions: Predictions | None = None,
        kept: Path | None = None,
    ) -> None:
        """Store a result, unless it measured nothing: that says nothing against one that did."""
        if not (before and before.ok and result.status in NOT_MEASURED):
            self.store.save(result, predictions, kept if kept and kept.is_dir() and result.ok else None)

    def _turn(self, trials: Sequence[Trial], display: Display) -> contextlib.AbstractContextManager[None]:
        """Return what waits for this bench's turn, if one of the trials has to be run."""
        measures = not all(map(self.stored, trials))
        return turn(self.store.folder, self._stop.is_set, display.waits) if measures else contextlib.nullcontext()

    def _run_worker(self, trial: Trial, folder: Path, guard: Guard, limits: Limits, display: Display) -> Ending:
        request = Request(
            trial=trial,
            settings=self._settings(trial),
            plugins=tuple(map(str, self.catalog.plugins)),
            data=str(folder.parent / "data"),
            n_classes=len(self.images.class_names),
            pipeline_hash=pipeline_hash(trial.features, self.catalog),
            conditions=f"{describe()['machine_id']}, {limits.threads} threads{', contended' * self._contended}",
            cache=str(self.options.cache) if self.options.cache else None,
            threads=limits.threads,
            keep_model=self.options.keep_models,
            launched_at=0.0,
        )
        return run_worker(request, folder, limits, guard, self._stop, lambda stage: display.at_stage(trial, stage))

    def _judged(self, blank: TrialResult, ending: Ending) -> tuple[TrialResult, Predictions | None]:
        """Return the result that an ending means, and the predictions to store with it."""
        result = replace(
            blank,
            status=ending.status,
            reason=ending.reason,
            finished_at=_now(),
            timing=replace(blank.timing, total_s=ending.total_s),
            resources=replace(blank.resources, peak_rss_mb=ending.peak_rss_mb or None),
        )
        answer = ending.answer
        if not (answer and answer.measurement and answer.predictions):
            return result, None
        seen = answer.measurement
        own_peak = seen.resources.peak_rss_mb or 0.0
        return replace(
            result,
            n_train=seen.n_train,
            scores=score(self.images.test.labels, answer.predictions, self.images.class_names, seen),
            timing=replace(seen.timing, total_s=ending.total_s, contended=self._contended),
            resources=replace(seen.resources, peak_rss_mb=max(own_peak, ending.peak_rss_mb)),
            history=seen.history,
        ), answer.predictions

    def _blank(self, trial: Trial, inputs: Inputs) -> TrialResult:
        now = _now()
        return TrialResult(
            trial=trial,
            status="interrupted",
            reason="",
            inputs=inputs,
            settings=self._settings(trial),
            environment=describe(),
            started_at=now,
            finished_at=now,
        )

    @property
    def _contended(self) -> bool:
        return self.options.jobs > 1

    def _settings(self, trial: Trial) -> dict[str, Setting]:
        return {**self.catalog.models[trial.model].defaults_on(trial.features), **trial.params}

    def _n_train(self, trial: Trial) -> int:
        return trial.train_size or self.images.n_learnable

    def _why_again(self, trial: Trial, stored: TrialResult) -> str:
        """Say why a trial that is stored is run all the same; nothing if the stored result holds."""
        if not stored.ok:
            return f"it was {stored.status}"
        if self.options.force:
            return "--force"
        changed = inputs_of(trial, self.catalog, self.data_hash).changed_since(stored.inputs)
        if stored.settings != self._settings(trial):
            changed.append("settings")
        if stored.resources.threads != self.options.limits.threads:
            changed.append("threads")
        if self.options.keep_models and not self.store.model_folder(trial.key).is_dir():
            return "its model was not kept"
        if stored.timing.contended and self.options.jobs == 1:
            return "other trials ran beside it"
        return f"{' and '.join(changed)} changed" if changed else ""

    def _why_not(self, trial: Trial) -> str:
        """Say which library is missing and how to get it; nothing if all are there."""
        needed = (*self.catalog.models[trial.model].requires, *self.catalog.features[trial.features].requires)
        return how_to_install(missing_modules(needed))

    def _no_time(self, trial: Trial, elapsed_s: float, estimates: Estimates) -> str:
        """Say that ``--max-minutes`` would be passed; nothing if the trial fits or its time is unknown."""
        if self.options.max_minutes is None:
            return ""
        left_s = self.options.max_minutes * 60 - elapsed_s
        expected_s = estimates.seconds(trial, self._n_train(trial))
        if left_s > 0 and (expected_s is None or expected_s <= left_s):
            return ""
        expected = f"it would take about {expected_s:.0f} s" if expected_s else "its time is not known"
        return f"{expected} and --max-minutes {self.options.max_minutes:g} leaves {max(left_s, 0):.0f} s"

    def _limits(self, elapsed_s: float) -> Limits:
        """Return the limits of the next trial: with ``--max-minutes``, none runs past the end."""
        limits = self.options.limits
        if self.options.max_minutes is None:
            return limits
        left_s = self.options.max_minutes * 60 - elapsed_s
        if left_s >= limits.timeout_s:
            return limits
        return replace(limits, timeout_s=left_s, when_out_of_time=("skipped", "--max-minutes"))


@contextlib.contextmanager
def _scratch() -> Iterator[tuple[Path, Guard]]:
    """Give a scratch folder that is removed at the end, even that of a killed bench."""
    scratch = Path(tempfile.mkdtemp(prefix="digitbench-"))
    guard = Guard(scratch)
    try:
        yield scratch, guard
    finally:
        guard.close()


def _hand_over(images: Images, folder: Path) -> None:
    """Write what workers may see: everything but the labels of the test split."""
    import numpy as np

    folder.mkdir()
    for name, split in (("train", images.train), ("validation", images.validation)):
        np.save(folder / f"{name}_images.npy", split.images)
        np.save(folder / f"{name}_labels.npy", split.labels)
    np.save(folder / "test_images.npy", images.test.images)
    for path in folder.iterdir():
        path.chmod(0o444)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
