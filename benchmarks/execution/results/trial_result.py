"""How a trial ended and what its worker answered → its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from benchmarks.common.errors import one_line
from benchmarks.datasets.spec import Images
from benchmarks.execution.decisions import PlannedTrial
from benchmarks.execution.executor import Ending
from benchmarks.execution.protocol import Answer
from benchmarks.provenance.environment import current_environment
from benchmarks.records.checks.history import fault_of_history
from benchmarks.records.scores import score
from benchmarks.records.trial import TrialResult


def unscored_result(planned: PlannedTrial, started_at: str, ending: Ending, network: bool) -> TrialResult:
    """Return what is known of a trial's result by how it ended."""
    here, inputs = current_environment(), planned.inputs
    there = ending.environment or here
    result = TrialResult(
        trial=planned.trial,
        status=ending.status,
        reason=one_line(ending.reason),
        inputs=replace(inputs, machine=there.machine_id) if ending.environment else inputs,
        settings=planned.settings,
        environment=replace(there, git_commit=here.git_commit, git_dirty=here.git_dirty, network=network),
        started_at=started_at,
        finished_at=_finished_at(started_at, ending.total_s or 0.0),
        family=planned.family,
    )
    return replace(
        result,
        timing=replace(result.timing, total_s=ending.total_s),
        resources=replace(result.resources, peak_rss_mb=ending.peak_rss_mb or None),
    )


def scored_result(result: TrialResult, ending: Ending, answer: Answer, images: Images, contended: bool) -> TrialResult:
    """Return a result with what was measured and how well the trial predicted; the answer is one that was checked."""
    measured = answer.measurement
    if measured is None:
        return result
    own_peak = measured.resources.peak_rss_mb or 0.0
    return replace(
        result,
        n_train=measured.n_train,
        image_shape=images.image_shape,
        evaluation={
            name: score(split.labels, answer.predictions[name], images.class_names, measured)
            for name, split in images.evaluation.items()
        },
        timing=replace(measured.timing, total_s=ending.total_s, contended=contended or measured.timing.contended),
        resources=replace(measured.resources, peak_rss_mb=max(own_peak, ending.peak_rss_mb)),
        history=measured.history,
    )


def history_of(steps: Mapping[int, Mapping[str, float | None]]) -> tuple[Mapping[str, float | None], ...]:
    """Return what a worker told of its steps, as far as it came; nothing where that cannot be a history."""
    history = tuple({**figures, "epoch": step} for step, figures in sorted(steps.items()))
    return () if fault_of_history(history) else history


def now() -> str:
    """Return the time, to the second, with its time zone."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _finished_at(started_at: str, total_s: float) -> str:
    """Return the time, and not less than a trial took, where the clock was set back in the meantime."""
    least = datetime.fromisoformat(started_at) + timedelta(seconds=int(total_s))
    return max(now(), least.isoformat(timespec="seconds"))
