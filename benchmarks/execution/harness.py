"""Has an executor carry out the planned trials, turns every ending into a result, and stores it."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.common.clock import clock
from benchmarks.common.deletion import delete_tree
from benchmarks.common.errors import BenchError, in_one_line
from benchmarks.common.signatures import sign
from benchmarks.datasets.spec import Images
from benchmarks.execution.decisions import PlannedTrial, Planner
from benchmarks.execution.executor import Ending, Executor, Turns
from benchmarks.execution.processes.machine_lock import machine_lock
from benchmarks.execution.processes.scratch import no_space
from benchmarks.execution.processes.supervisor import Limits
from benchmarks.execution.progress import Listener, TrialFinished, TrialProgress, TrialStarted, Waiting
from benchmarks.execution.protocol import SAVED_MODEL, Request
from benchmarks.execution.results.answer_checks import checked_answer
from benchmarks.execution.results.trial_result import history_of, now, scored_result, unscored_result
from benchmarks.execution.stages.channel import Stage
from benchmarks.provenance.fingerprint import pipeline_hash
from benchmarks.records.checks.history import MOST_EPOCHS
from benchmarks.records.saved_models import TrainingData, write_training_data
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import TEST, Predictions, Trial, TrialResult


@dataclass(frozen=True)
class RunOptions:
    """How trials are run. ``max_minutes`` of None has no end. ``network``: their code may use the internet.

    ``fresh``: their processes import all libraries by themselves.
    """

    limits: Limits
    jobs: int = 1
    max_minutes: float | None = None
    network: bool = False
    fresh: bool = False


def never(trial: Trial, stage: Stage) -> str:
    """Let every trial go on."""
    return ""


@dataclass(frozen=True)
class Harness:
    """The trials of one run on one dataset. ``hashes``: of each split of the images, by name.

    ``prune`` is told each stage of a trial and returns why the trial is to be stopped, or "" where it may go on.
    ``turns``: says when a trial may start; None for the lock of this machine.
    """

    executor: Executor
    planner: Planner
    images: Images
    hashes: dict[str, str]
    store: ResultStore
    options: RunOptions
    tell: Listener
    stop: threading.Event = field(default_factory=threading.Event)
    started: float = field(default_factory=clock)
    prune: Callable[[Trial, Stage], str] = never
    turns: Turns | None = None

    def run(self, planned: Sequence[PlannedTrial]) -> list[TrialResult]:
        """Carry out the trials, each stored as it ends; return their results in the order given.

        After an interrupt, or once ``stop`` is set, the trials under way are ended and stored as ``interrupted``,
        and the others are not started. Raises KeyboardInterrupt after an interrupt.
        """
        measures = not all(one.reused for one in planned)
        turn = self.turn_of_all() if measures else contextlib.nullcontext()
        with turn, ThreadPoolExecutor(self.most_at_once) as pool:
            futures = [pool.submit(self.result_of, one) for one in planned]
            try:
                return [result for future in futures if (result := future.result())]
            except BaseException:
                self.stop.set()
                raise

    @contextlib.contextmanager
    def turn_of_all(self) -> Iterator[None]:
        """Hold the lock of the machine for trials that run at the same time; trials one by one take it themselves."""
        with self._lock() if self._together else contextlib.nullcontext():
            yield

    def result_of(self, planned: PlannedTrial) -> TrialResult | None:
        """Return one trial's result, the stored one where it is reused; None if the run was stopped before.

        With several jobs it is called within ``turn_of_all``.
        """
        if planned.reused:
            return self._reused(planned)
        if self.turns:
            with self.turns.turn(self.stop):
                return None if self.stop.is_set() else self._new_result(planned)
        if self._together:
            return None if self.stop.is_set() else self._new_result(planned)
        with self._lock() as waited:
            if self.stop.is_set():
                return None
            if waited:  # another bench may have stored this very trial in the meantime
                planned = self.planner.decide(planned.trial)
            return self._reused(planned) if planned.reused else self._new_result(planned)

    def _reused(self, planned: PlannedTrial) -> TrialResult | None:
        if self.stop.is_set() or planned.stored is None:
            return None
        self.tell(TrialFinished(planned.stored, reused=True))
        return planned.stored

    def _new_result(self, planned: PlannedTrial) -> TrialResult:
        """Return the result of a trial that is run, or skipped because it cannot be."""
        started_at = now()
        skipped_for = planned.unavailable or self._no_time(planned)
        if skipped_for:
            result = self._stored(self._unscored(planned, started_at, Ending("skipped", skipped_for, None, 0.0)))
            self.tell(TrialFinished(result))
            return result
        self.tell(TrialStarted(planned))
        with self._outputs() as outputs:
            steps: dict[int, Mapping[str, float | None]] = {}
            ending = self._execute(planned, outputs, steps)
            unscored = replace(self._unscored(planned, started_at, ending), history=history_of(steps))
            result, predictions = self._scored(unscored, ending)
            not_described = self._describe(outputs / SAVED_MODEL, planned)
            result = self._stored(result, predictions, outputs / SAVED_MODEL)
        self.store.save_log(planned.trial.key, ending.log)
        not_saved = not_described or (ending.answer.not_saved if ending.answer else "")
        self.tell(TrialFinished(result, not_saved=not_saved, machine=ending.machine))
        return result

    @contextlib.contextmanager
    def _outputs(self) -> Iterator[Path]:
        """Give a folder for what a trial leaves; raises ``BenchError``."""
        try:
            # an earlier trial may have deleted the folder for temporary files
            self.executor.scratch.mkdir(parents=True, exist_ok=True)
            outputs = Path(tempfile.mkdtemp(prefix="outputs-", dir=self.executor.scratch))
        except OSError as error:
            raise BenchError(no_space(error)) from error
        try:
            yield outputs
        finally:
            delete_tree(outputs)

    def _describe(self, model: Path, planned: PlannedTrial) -> str:
        """Write beside a saved model what it was trained on, and that it is this user's; return why it is not kept."""
        if not model.is_dir():
            return ""
        preparation = replace(self.images.preparation, image_shape=self.images.image_shape)
        try:
            write_training_data(TrainingData(self.images.class_names, preparation, planned.inputs.data), model)
        except OSError as error:  # a full disk; a model of which this is not known would predict wrongly
            delete_tree(model)
            return in_one_line(error)
        with contextlib.suppress(OSError):  # without a home folder; it is then read with --trust only
            sign(model)
        return ""

    def _execute(self, planned: PlannedTrial, outputs: Path, steps: dict[int, Mapping[str, float | None]]) -> Ending:
        """Have a trial carried out; ``steps`` receives the figures of each step that its worker tells."""
        request = Request(
            trial=planned.trial,
            settings=planned.settings,
            data=self.hashes,
            evaluation_sets=tuple(self.images.evaluation),
            n_classes=len(self.images.class_names),
            pipeline_hash=pipeline_hash(planned.trial.features, self.planner.catalog),
            threads=self.options.limits.threads,
            contended=self._contended,
            save_model=planned.save_model,
            network=self.options.network,
            fresh=self.options.fresh,
        )
        stop = StopOfOne(self.stop)

        def on_stage(stage: Stage) -> None:
            if stage.step is not None and stage.figures and len(steps) < MOST_EPOCHS:
                steps[stage.step] = stage.figures
            self.tell(TrialProgress(planned.trial, stage))
            if why := self.prune(planned.trial, stage):
                stop.because(why)

        try:
            ending = self.executor.execute(request, self._limits(), outputs, stop, on_stage)
            if not ending.answer:
                return replace(ending, reason=stop.why) if ending.status == "interrupted" and stop.why else ending
            request = replace(request, threads=ending.threads or request.threads)
            answer = checked_answer(ending.answer, request, self.images)
            return replace(ending, status=answer.status, reason=answer.reason, answer=answer)
        except (OSError, ValueError) as error:  # a full disk, or text that cannot be encoded
            return Ending("failed", in_one_line(error), None, 0.0)

    def _unscored(self, planned: PlannedTrial, started_at: str, ending: Ending) -> TrialResult:
        return unscored_result(planned, started_at, ending, self.options.network)

    def _scored(self, result: TrialResult, ending: Ending) -> tuple[TrialResult, dict[str, Predictions]]:
        """Return the result with its scores, and the predictions to store."""
        answer = ending.answer
        if not (answer and answer.measurement and TEST in answer.predictions):
            return result, {}
        return scored_result(result, ending, answer, self.images, self._contended), dict(answer.predictions)

    def _stored(
        self, result: TrialResult, predictions: dict[str, Predictions] | None = None, model: Path | None = None
    ) -> TrialResult:
        """Store a result and return it; its reason says if an earlier one, which is good, was not replaced."""
        further = dict(predictions or {})
        saved_model = model if model and result.ok and model.is_dir() else None
        if self.store.save(result, further.pop(TEST, None), saved_model, further):
            return result
        return replace(result, reason=f"{result.reason}; the stored result, which is ok, is not replaced")

    @contextlib.contextmanager
    def _lock(self) -> Iterator[bool]:
        """Hold the lock of the machine; give whether another bench had it first."""
        with machine_lock(self.store.folder, self.stop.is_set, lambda holder: self.tell(Waiting(holder))) as waited:
            yield waited

    @property
    def most_at_once(self) -> int:
        """How many threads may call ``result_of`` at the same time."""
        return self.turns.most_at_once if self.turns else self.options.jobs

    @property
    def places(self) -> int:
        """How many trials can run at the same time."""
        return self.turns.places if self.turns else self.options.jobs

    @property
    def _contended(self) -> bool:
        return self.options.jobs > 1

    @property
    def _together(self) -> bool:
        """Whether trials that run at the same time on this machine hold its lock together."""
        return self._contended and (self.turns is None or self.turns.on_this_machine)

    def _no_time(self, planned: PlannedTrial) -> str:
        """Return why ``--max-minutes`` keeps the trial from being started; empty if it fits or its time is unknown."""
        if self.options.max_minutes is None:
            return ""
        left_s = self.options.max_minutes * 60 - (clock() - self.started)
        if left_s > 0 and (planned.expected_s is None or planned.expected_s <= left_s):
            return ""
        expected = f"it would take about {planned.expected_s:.0f} s" if planned.expected_s else "its time is not known"
        return f"{expected} and --max-minutes {self.options.max_minutes:g} leaves {max(left_s, 0):.0f} s"

    def _limits(self) -> Limits:
        """Return the limits of the next trial: with ``--max-minutes``, none runs past the end."""
        limits = self.options.limits
        if self.options.max_minutes is None:
            return limits
        left_s = self.options.max_minutes * 60 - (clock() - self.started)
        if left_s >= limits.timeout_s:
            return limits
        return replace(limits, timeout_s=left_s, when_out_of_time=("skipped", "--max-minutes"))


class StopOfOne(threading.Event):
    """Set where one trial is to be stopped, or the whole run. ``why``: the reason for this one alone."""

    def __init__(self, of_run: threading.Event) -> None:
        super().__init__()
        self._of_run = of_run
        self.why = ""

    def because(self, why: str) -> None:
        """Stop the trial for this reason."""
        self.why = why
        self.set()

    def is_set(self) -> bool:
        return super().is_set() or self._of_run.is_set()
