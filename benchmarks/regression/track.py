"""One tracked benchmark: rounds of the work and of the calibration kernel, in turns."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.regression.judging.reference_kernel import PROTOCOL, Seconds, calibrate, spent
from benchmarks.regression.judging.rounds import name_and_turn

DIGITS = 9
ROUND_S = 0.02  # short work is done several times in a round: long enough to time, short enough to be left alone
TOTAL_S = 0.12  # in each turn
KERNELS = 2  # between two rounds; the fastest counts, and slow work has few rounds
MOST_ROUNDS = 6


@dataclass
class Rounds:
    """The work of one benchmark as it is timed, and the kernel before each round and after the last."""

    work: Callable[[], object]
    calls: int
    taken: list[Seconds] = field(default_factory=list)
    kernel: list[Seconds] = field(default_factory=list)

    def calibrate(self) -> None:
        self.kernel += [calibrate() for _ in range(KERNELS)]

    def __call__(self) -> None:
        self.taken.append(spent(self._calls))

    def _calls(self) -> None:
        for _ in range(self.calls):
            self.work()


def track(benchmark: BenchmarkFixture, work: Callable[[], object], **figures: float) -> None:
    """Time ``work`` and keep every round in ``extra_info``, with ``figures`` (as accuracy) beside them.

    With ``--benchmark-disable`` the work is done once.
    """
    benchmark.extra_info.update(figures)
    if benchmark.disabled:
        benchmark(work)
        return
    calls, n_rounds = _how_often(name_and_turn(str(benchmark.fullname))[0], work)
    rounds = Rounds(work, calls)
    benchmark.pedantic(rounds, setup=rounds.calibrate, rounds=n_rounds)
    rounds.calibrate()
    benchmark.extra_info.update(
        protocol=PROTOCOL,
        calls=calls,
        cpu_s=[round(seconds.cpu / calls, DIGITS) for seconds in rounds.taken],
        kernel_cpu_s=[round(seconds.cpu, DIGITS) for seconds in rounds.kernel],
    )


def _how_often(name: str, work: Callable[[], object]) -> tuple[int, int]:
    """Return how many calls make a round, and how many rounds to do: settled, with a warm-up, in the first turn."""
    if name not in _SETTLED:
        once = _seconds(work)
        if once < TOTAL_S:
            once = min(_seconds(work) for _ in range(2))
        calls = max(1, math.ceil(ROUND_S / once))
        _SETTLED[name] = calls, min(MOST_ROUNDS, math.ceil(TOTAL_S / (calls * once)))
    return _SETTLED[name]


_SETTLED: dict[str, tuple[int, int]] = {}


def _seconds(work: Callable[[], object]) -> float:
    """Time work by the processor, so that a busy machine changes no number of rounds; work that waits, by the wall."""
    taken = spent(work)
    return max(taken.cpu, taken.wall / 10)
