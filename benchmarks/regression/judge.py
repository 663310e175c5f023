"""Two sets of passes over the benchmarks → what is slower, what is less accurate, what is noise. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

Verdict = Literal["slower", "less accurate", "faster", "more accurate", "within noise", "new", "gone", "not compared"]
ALARMS = ("slower", "less accurate")

# The spread of a benchmark between passes sets its threshold, within these bounds: under the lower one few passes
# would not show all the noise there is, over the upper one a slow-down by 30 % could hide
LEAST_ALLOWED, MOST_ALLOWED = 0.15, 0.20
OF_SPREAD = 4.0
ACCURACY_ALLOWED = 0.005


@dataclass(frozen=True)
class Timed:
    """One benchmark in one pass: processor time as a multiple of the calibration kernel's; accuracy where it has one.

    ``ratio`` is the fastest round over the fastest kernel between the same rounds: other processes
    can only make either slower, and both see the same moments.
    """

    ratio: float
    accuracy: float | None = None


Pass = Mapping[str, Timed]


@dataclass(frozen=True)
class Judged:
    """One benchmark, before and now. ``allowed``: the ratio of now to before that is still noise."""

    name: str
    verdict: Verdict
    before: float | None = None
    now: float | None = None
    allowed: float | None = None
    accuracy_before: float | None = None
    accuracy_now: float | None = None

    @property
    def alarms(self) -> bool:
        return self.verdict in ALARMS


def judge(before: Sequence[Pass], now: Sequence[Pass], same_machine: bool = True) -> list[Judged]:
    """Compare every benchmark of either side; without ``same_machine`` by accuracy alone.

    Before counts with its median over passes, now with its best pass: a benchmark that was not slow
    in every pass is not slower.
    """
    names = dict.fromkeys(name for one in (*before, *now) for name in one)
    return [_judged(name, _of(name, before), _of(name, now), same_machine) for name in names]


def to_confirm(judged: Iterable[Judged]) -> list[str]:
    """Return the names of the benchmarks to repeat before anything is said of them."""
    return [one.name for one in judged if one.alarms]


def _of(name: str, passes: Sequence[Pass]) -> list[Timed]:
    return [one[name] for one in passes if name in one]


def _judged(name: str, before: Sequence[Timed], now: Sequence[Timed], same_machine: bool) -> Judged:
    if not before or not now:
        return Judged(name, "new" if now else "gone")
    usual = median(one.ratio for one in before)
    best = min(one.ratio for one in now)
    allowed = 1 + allowed_noise([one.ratio for one in before])
    accuracies = [[one.accuracy for one in side if one.accuracy is not None] for side in (before, now)]
    accuracy = (median(accuracies[0]), max(accuracies[1])) if all(accuracies) else None
    verdict: Verdict = "not compared" if not same_machine else _of_times(best / usual, allowed)
    if accuracy and accuracy[1] < accuracy[0] - ACCURACY_ALLOWED:
        verdict = "less accurate"
    elif accuracy and accuracy[1] > accuracy[0] + ACCURACY_ALLOWED and verdict != "slower":
        verdict = "more accurate"
    return Judged(name, verdict, usual, best, allowed, *(accuracy or (None, None)))


def allowed_noise(ratios: Sequence[float]) -> float:
    """Return how much slower than its usual ratio a benchmark may be, as a share.

    The spread is the median distance from the median: one pass at a bad moment does not change it.
    """
    usual = median(ratios)
    spread = median(abs(ratio / usual - 1) for ratio in ratios)
    return min(MOST_ALLOWED, max(LEAST_ALLOWED, OF_SPREAD * spread))


def _of_times(ratio: float, allowed: float) -> Verdict:
    if ratio > allowed:
        return "slower"
    return "faster" if ratio < 1 / allowed else "within noise"
