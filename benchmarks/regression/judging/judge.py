"""Two sets of turns over the benchmarks → what is slower, what is less accurate, what is noise. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

Verdict = Literal["slower", "less accurate", "faster", "more accurate", "within noise", "new", "gone", "not compared"]
ALARMS = ("slower", "less accurate")

# The spread of a benchmark between turns sets its threshold, within these bounds: under the lower one few turns
# would not show all the noise there is, over the upper one a slow-down by 30 % could hide
LEAST_ALLOWED, MOST_ALLOWED = 0.15, 0.20
OF_SPREAD = 4.0
LOOKS_SLOWER = 1 / 3  # of what is allowed: from there on a benchmark is repeated
SURE = 1e-4  # chance of so clear an order of all turns if nothing changed: some sixty benchmarks are judged at once
ACCURACY_ALLOWED = 0.005


@dataclass(frozen=True)
class Timed:
    """One benchmark in one turn: processor time as a multiple of the calibration kernel's; accuracy where it has one.

    ``ratio`` is the fastest round over the fastest kernel between the same rounds: other processes
    can only make either slower, and both see the same moments.
    """

    ratio: float
    accuracy: float | None = None


Turn = Mapping[str, Timed]


@dataclass(frozen=True)
class Judged:
    """One benchmark, before and now. ``allowed``: the ratio of now to before that is still noise.

    ``accuracies``: of before and of now, where it has any.
    ``looks_slower``: whether more turns should be made before anything is said of its time. Accuracy is the same in
    every turn: seeds are fixed, and so is the number of threads.
    """

    name: str
    verdicts: tuple[Verdict, ...]
    before: float | None = None
    now: float | None = None
    allowed: float | None = None
    accuracies: tuple[float, float] | None = None
    looks_slower: bool = False

    @property
    def verdict(self) -> str:
        return " and ".join(self.verdicts)

    @property
    def alarms(self) -> tuple[Verdict, ...]:
        return tuple(verdict for verdict in self.verdicts if verdict in ALARMS)


def judge(
    before: Sequence[Turn], now: Sequence[Turn], same_machine: bool = True, noise_of: Sequence[Turn] = ()
) -> list[Judged]:
    """Compare every benchmark of either side; without ``same_machine`` by accuracy alone.

    The medians over turns are compared. Slower is what is so by more than its noise, and whose turns are
    ordered so clearly that chance cannot do it (Mann & Whitney 1947). ``noise_of``: the turns that show the
    noise; those of ``before`` unless given.
    """
    names = dict.fromkeys(name for one in (*before, *now) for name in one)
    return [
        _judged(name, _of(name, before), _of(name, now), same_machine, _of(name, noise_of or before)) for name in names
    ]


def to_confirm(judged: Iterable[Judged]) -> list[str]:
    """Return the names of the benchmarks to repeat before anything is said of them."""
    return [one.name for one in judged if one.looks_slower]


def _of(name: str, turns: Sequence[Turn]) -> list[Timed]:
    return [one[name] for one in turns if name in one]


def _judged(
    name: str, before: Sequence[Timed], now: Sequence[Timed], same_machine: bool, noisy: Sequence[Timed]
) -> Judged:
    if not before or not now:
        return Judged(name, ("new" if now else "gone",))
    times_before, times_now = ([one.ratio for one in side] for side in (before, now))
    usual, present = median(times_before), median(times_now)
    allowed = 1 + allowed_noise([one.ratio for one in noisy])
    of_times = [*_of_times(times_before, times_now, allowed)] if same_machine else []
    slow = same_machine and present / usual > 1 + (allowed - 1) * LOOKS_SLOWER
    right_before, right_now = ([one.accuracy for one in side if one.accuracy is not None] for side in (before, now))
    accuracies = (median(right_before), median(right_now)) if right_before and right_now else None
    of_accuracies = [*_of_accuracies(*accuracies)] if accuracies else []
    return Judged(
        name=name,
        verdicts=(*of_times, *of_accuracies) or ("within noise" if same_machine else "not compared",),
        before=usual,
        now=present,
        allowed=allowed,
        accuracies=accuracies,
        looks_slower=slow,
    )


def allowed_noise(ratios: Sequence[float]) -> float:
    """Return how much slower than its usual ratio a benchmark may be, as a share.

    The spread is the median distance from the median: one turn at a bad moment does not change it.
    """
    usual = median(ratios)
    spread = median(abs(ratio / usual - 1) for ratio in ratios)
    return min(MOST_ALLOWED, max(LEAST_ALLOWED, OF_SPREAD * spread))


def _of_times(before: Sequence[float], now: Sequence[float], allowed: float) -> Iterator[Verdict]:
    from scipy.stats import mannwhitneyu

    ratio = median(now) / median(before)
    if ratio > allowed and mannwhitneyu(now, before, alternative="greater").pvalue < SURE:
        yield "slower"
    if ratio < 1 / allowed:  # nothing hangs on it, so it is not made sure of
        yield "faster"


def _of_accuracies(before: float, now: float) -> Iterator[Verdict]:
    if now < before - ACCURACY_ALLOWED:
        yield "less accurate"
    if now > before + ACCURACY_ALLOWED:
        yield "more accurate"
