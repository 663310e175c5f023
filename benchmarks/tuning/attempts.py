"""One attempt of a study, carried out: a trial at each training size, as far as it is among the best."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from benchmarks.common.clock import clock
from benchmarks.common.errors import BenchError
from benchmarks.execution.decisions import Planner
from benchmarks.execution.harness import Harness
from benchmarks.execution.stages.channel import Stage
from benchmarks.records.trial import Trial, TrialResult
from benchmarks.tuning.goals import metrics_of
from benchmarks.tuning.search.halving import first_rung, goes_on, rung_of
from benchmarks.tuning.setup import Study
from benchmarks.tuning.study import DEFAULTS, Attempt

OUT_OF_TIME = "--minutes"
TIMES_THE_DEFAULTS, SHORTEST_TIMEOUT_S = 10.0, 60.0
TOTAL = "total_s"  # beside the metrics of an attempt: the wall time of its last trial


@dataclass
class AttemptRun:
    """An attempt that is carried out. ``pruned``: why its worker was told to stop, if it was."""

    study: Study
    attempt: Attempt
    harness: Harness
    planner: Planner
    pruned: str = ""
    looked_at: set[int] = field(default_factory=set)

    def carry_out(self) -> bool:
        """Run the trials of the attempt and tell the journal how it ended; False if it was stopped before."""
        trials = self.study.trials
        n_rungs = len(trials)
        start = 0 if self.attempt.is_default else first_rung(self.attempt.number, n_rungs, self._hyperband)
        for rung in range(start, n_rungs):
            result = self._result(self.study.trial_of(self.attempt, trials[rung]))
            if result is None or (result.status == "interrupted" and not self.pruned):
                return False
            if result.status == "interrupted":
                self._finish_pruned(self.pruned)
                return True
            if result.status == "skipped":  # as every other would be
                raise BenchError(f"{result.trial.label}@{result.trial.features} cannot be run: {result.reason}")
            values = self._values(result)
            if values is None:
                return True
            if rung == n_rungs - 1:
                metrics = {**metrics_of(result), TOTAL: result.timing.total_s or 0.0}
                self.study.journal.finish(self.attempt, "complete", values, metrics)
                return True
            size = self.study.definition.train_sizes[rung]
            if not self._goes_on(size, values[0]):
                self._finish_pruned(f"not among the best third on {size:,} images")
                return True
        return True

    @property
    def _hyperband(self) -> bool:
        return self.study.definition.hyperband and not self.study.definition.epochs

    def _result(self, trial: Trial) -> TrialResult | None:
        """Return the result of one trial, the stored one where it holds: an attempt that was killed goes on there."""
        timeout_s = self._timeout_s()
        left_s = self.study.deadline - clock()
        limits = replace(self.harness.options.limits, timeout_s=timeout_s)
        if left_s < timeout_s:
            limits = replace(limits, timeout_s=max(left_s, 0.0), when_out_of_time=("interrupted", OUT_OF_TIME))
        options = replace(self.harness.options, limits=limits)
        prune = self._prune if self.study.definition.epochs else self.harness.prune
        return replace(self.harness, options=options, prune=prune).result_of(self.planner.decide(trial))

    def _timeout_s(self) -> float:
        """Return the time limit of a trial: what the user says, or ten times what the defaults took."""
        limit = self.harness.options.limits.timeout_s
        if self.study.timeout_s is not None or self.attempt.is_default:
            return limit
        of_defaults = self.study.journal.attempts()[DEFAULTS].metrics.get(TOTAL)
        return min(limit, max(SHORTEST_TIMEOUT_S, TIMES_THE_DEFAULTS * of_defaults)) if of_defaults else limit

    def _values(self, result: TrialResult) -> tuple[float, ...] | None:
        """Return the goals of a result; None, and the attempt has failed, where it has not all of them."""
        metrics = metrics_of(result)
        goals = self.study.definition.goals
        missing = [goal for goal in goals if goal not in metrics]
        if result.ok and not missing:
            return tuple(float(metrics[goal]) for goal in goals)
        if result.ok:
            why = f"it has no {' and no '.join(missing)}"
        else:
            why = result.reason if result.status == "failed" else f"{result.status}: {result.reason}"
        self.study.journal.finish(self.attempt, "failed", metrics=metrics, reason=why)
        return None

    def _finish_pruned(self, why: str) -> None:
        self.study.journal.finish(self.attempt, "pruned", reason=why)

    def _goes_on(self, step: int, value: float) -> bool:
        """Store the first goal at a step, and return whether it is among the best third there; defaults always are."""
        journal = self.study.journal
        journal.report(self.attempt, step, value)
        others = [one for one in journal.attempts() if one.number != self.attempt.number]
        return self.attempt.is_default or goes_on(value, [one.steps[step] for one in others if step in one.steps])

    def _prune(self, trial: Trial, stage: Stage) -> str:
        """Return why a network is stopped at this epoch; "" where it goes on.

        A worker's epochs may pass faster than they are seen: what is seen first after a rung counts there.
        """
        accuracy, epoch = stage.figures.get("val_accuracy"), stage.step
        if accuracy is None or epoch is None or epoch == stage.steps:
            return self.pruned
        rung = rung_of(epoch)
        if rung and rung not in self.looked_at:
            self.looked_at.add(rung)
            if not self._goes_on(rung, 1 - accuracy):
                self.pruned = f"pruned: not among the best third after epoch {epoch} of {stage.steps}"
        return self.pruned
