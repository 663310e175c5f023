"""Detection of regressions: slower, less accurate, or within noise. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

Verdict = Literal[
    "slower", "less accurate", "faster", "more accurate", "within noise", "new", "removed", "not compared"
]
REGRESSIONS = ("slower", "less accurate")

# The threshold of a benchmark is a multiple of its spread over repetitions, within these bounds: few repetitions
# underestimate the noise, and a large threshold would hide a slowdown of 30 %
MIN_THRESHOLD, MAX_THRESHOLD = 0.15, 0.20
SPREAD_FACTOR = 4.0
SUSPECT_SHARE = 1 / 3  # of the threshold: from there on a benchmark is repeated
P_VALUE_THRESHOLD = 1e-4  # small, because about sixty benchmarks are tested at once
ACCURACY_THRESHOLD = 0.005


@dataclass(frozen=True)
class Sample:
    """One benchmark in one repetition: CPU time relative to the calibration kernel, and accuracy if it has one.

    ``ratio`` is the fastest round divided by the fastest kernel between these rounds: other processes can only slow
    both down, and both run at the same time.
    """

    ratio: float
    accuracy: float | None = None


Repetition = Mapping[str, Sample]


@dataclass(frozen=True)
class Comparison:
    """One benchmark in both versions. ``threshold``: the largest ratio of the times that counts as noise.

    ``accuracies``: baseline and current, if it has any. ``is_suspect``: to be repeated before its time is reported.
    Accuracy is the same in every repetition, because seeds and threads are fixed.
    """

    name: str
    verdicts: tuple[Verdict, ...]
    baseline: float | None = None
    current: float | None = None
    threshold: float | None = None
    accuracies: tuple[float, float] | None = None
    is_suspect: bool = False

    @property
    def verdict(self) -> str:
        return " and ".join(self.verdicts)

    @property
    def regressions(self) -> tuple[Verdict, ...]:
        return tuple(verdict for verdict in self.verdicts if verdict in REGRESSIONS)


def compare(
    baseline: Sequence[Repetition],
    current: Sequence[Repetition],
    same_machine: bool = True,
    noise_from: Sequence[Repetition] = (),
) -> list[Comparison]:
    """Compare every benchmark of either side; if not on the ``same_machine``, by accuracy only.

    A benchmark is slower if the ratio of the medians over repetitions exceeds its threshold and the difference is
    significant (Mann & Whitney 1947). ``noise_from``: the repetitions that the threshold is computed from; those of
    ``baseline`` by default.
    """
    names = dict.fromkeys(name for one in (*baseline, *current) for name in one)
    return [
        _comparison(
            name,
            _samples_of(name, baseline),
            _samples_of(name, current),
            same_machine,
            _samples_of(name, noise_from or baseline),
        )
        for name in names
    ]


def suspects_of(comparisons: Iterable[Comparison]) -> list[str]:
    """Return the names of the benchmarks to repeat."""
    return [one.name for one in comparisons if one.is_suspect]


def _samples_of(name: str, repetitions: Sequence[Repetition]) -> list[Sample]:
    return [one[name] for one in repetitions if name in one]


def _comparison(
    name: str, baseline: Sequence[Sample], current: Sequence[Sample], same_machine: bool, noise: Sequence[Sample]
) -> Comparison:
    if not baseline or not current:
        return Comparison(name, ("new" if current else "removed",))
    old_times, new_times = ([one.ratio for one in side] for side in (baseline, current))
    old_time, new_time = median(old_times), median(new_times)
    threshold = 1 + noise_threshold([one.ratio for one in noise])
    time_verdicts = [*_time_verdicts(old_times, new_times, threshold)] if same_machine else []
    is_suspect = same_machine and new_time / old_time > 1 + (threshold - 1) * SUSPECT_SHARE
    old_accuracies, new_accuracies = (
        [one.accuracy for one in side if one.accuracy is not None] for side in (baseline, current)
    )
    accuracies = (median(old_accuracies), median(new_accuracies)) if old_accuracies and new_accuracies else None
    accuracy_verdicts = [*_accuracy_verdicts(*accuracies)] if accuracies else []
    return Comparison(
        name=name,
        verdicts=(*time_verdicts, *accuracy_verdicts) or ("within noise" if same_machine else "not compared",),
        baseline=old_time,
        current=new_time,
        threshold=threshold,
        accuracies=accuracies,
        is_suspect=is_suspect,
    )


def noise_threshold(ratios: Sequence[float]) -> float:
    """Return by which share a benchmark may exceed its median ratio.

    The spread is the median absolute deviation, which one disturbed repetition does not change.
    """
    baseline = median(ratios)
    spread = median(abs(ratio / baseline - 1) for ratio in ratios)
    return min(MAX_THRESHOLD, max(MIN_THRESHOLD, SPREAD_FACTOR * spread))


def _time_verdicts(baseline: Sequence[float], current: Sequence[float], threshold: float) -> Iterator[Verdict]:
    from scipy.stats import mannwhitneyu

    ratio = median(current) / median(baseline)
    if ratio > threshold and mannwhitneyu(current, baseline, alternative="greater").pvalue < P_VALUE_THRESHOLD:
        yield "slower"
    if ratio < 1 / threshold:  # informational, so not tested
        yield "faster"


def _accuracy_verdicts(baseline: float, current: float) -> Iterator[Verdict]:
    if current < baseline - ACCURACY_THRESHOLD:
        yield "less accurate"
    if current > baseline + ACCURACY_THRESHOLD:
        yield "more accurate"
