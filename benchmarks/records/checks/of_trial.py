"""Does a trial's record agree with itself, and with the dataset that it was trained on? Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from math import isclose
from typing import TYPE_CHECKING

from benchmarks.records.checks.history import fault_of_history
from benchmarks.records.consistency import fault_of_scores
from benchmarks.records.trial import TEST, Scores, Timing, TrialResult

if TYPE_CHECKING:
    from benchmarks.datasets.preprocessing.audit import Audit

# each of five stages may differ from the bench's own clock by 0.3 s and this share
TOLERANCE_S, TOLERANCE_SHARE = 1.5, 0.05


def fault_of_trial(result: TrialResult) -> str:
    """Return where a record contradicts itself; empty if it does not."""
    return next(filter(None, _faults(result)), "")


def _faults(result: TrialResult) -> Iterator[str]:
    yield _fault_of_status(result)
    yield _fault_of_inputs(result)
    yield _fault_of_times(result)
    yield fault_of_history(result.history)
    for scores in result.evaluation.values():
        yield fault_of_scores(scores)
        yield _fault_of_training(scores, result)


def _fault_of_status(result: TrialResult) -> str:
    if result.ok != (result.scores is not None):
        return "it is ok and has no scores on the test set" if result.ok else f"it is {result.status} and has scores"
    if result.ok and result.reason:
        return "it is ok and has a reason"
    if result.ok and result.trial.train_size not in (None, result.n_train):
        return f"its trial is on {result.trial.train_size} training images, and it was trained on {result.n_train}"
    needed = (result.n_train, result.timing.fit_s, result.timing.total_s, result.timing.predict_s or None)
    if result.ok and None in needed:
        return "it is ok and lacks its number of training images, or its time of fitting, predicting or in all"
    return ""


def _fault_of_inputs(result: TrialResult) -> str:
    if result.inputs.machine != result.environment.machine_id:
        return "its inputs are of another machine than its environment"
    if not result.trial.params.items() <= result.settings.items():
        return "its settings are not those of its trial"
    if result.ok and {TEST, *result.inputs.evaluation} != {*result.evaluation}:
        return "its scores are on other evaluation sets than its inputs"
    return ""


def _fault_of_times(result: TrialResult) -> str:
    timing = result.timing
    if (timing.features_s is None) != (timing.features_cached is None):
        return "the time of its features stands alone"
    if timing.latency_ms and timing.latency_ms.p50 > timing.latency_ms.p99:
        return "the median of its latency is above the 99th percentile"
    try:
        began, ended = map(datetime.fromisoformat, (result.started_at, result.finished_at))
    except ValueError:
        return "it began or ended on no date"
    if ended < began:
        return "it ended before it began"
    total_s = timing.total_s or 0.0
    if total_s > (ended - began).total_seconds() + 2:  # both are whole seconds
        return "it took longer than from its beginning to its end"
    if _of_stages(timing) > total_s * (1 + TOLERANCE_SHARE) + TOLERANCE_S:
        return "its stages took longer than all of it"
    return ""


def _of_stages(timing: Timing) -> float:
    """Return the seconds of all stages; those of features are of another process, and may be of another trial."""
    once = (timing.startup_s, timing.imports_s, timing.load_s, timing.fit_s)
    return sum(seconds or 0.0 for seconds in once) + sum(timing.predict_s)


def _fault_of_training(scores: Scores, result: TrialResult) -> str:
    share, n_scored = scores.train_accuracy, scores.n_train_scored
    if (share is None) != (n_scored is None):
        return "it has an accuracy on training images without their number, or the other way round"
    if share is None or n_scored is None:
        return ""
    if n_scored > (result.n_train or 0):
        return f"{n_scored} training images were scored, and it was trained on {result.n_train}"
    n_correct = share * n_scored
    return "" if isclose(n_correct, round(n_correct), abs_tol=1e-4) else "its accuracy on training images is no share"


def fault_of_data(result: TrialResult, data: Audit) -> str:
    """Return where a record contradicts the audit of the data that it was trained on; empty if it does not."""
    n_images = sum(sum(data.counts[split]) for split in ("train", "validation"))
    n_expected = result.trial.train_size or n_images
    if n_expected > n_images or result.n_train != n_expected:
        return f"it was trained on {result.n_train} images, and there are {n_images}"
    if result.image_shape != data.image_shape:
        return "its images are of another shape than those of the dataset"
    return ""
