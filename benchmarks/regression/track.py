"""One benchmark: rounds of the workload, alternating with the calibration kernel."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.regression.detection.calibration import PROTOCOL, Seconds, calibrate, measure_seconds
from benchmarks.regression.detection.repetitions import name_and_repetition

DIGITS = 9
MIN_ROUND_S = 0.02  # short workloads are called several times per round, to be long enough for the clock
MAX_TOTAL_S = 0.12  # per repetition
KERNELS = 2  # between two rounds; the fastest counts
MAX_ROUNDS = 6


@dataclass
class Rounds:
    """Timed rounds of a workload, with the kernel before each round and after the last."""

    workload: Callable[[], object]
    calls: int
    seconds: list[Seconds] = field(default_factory=list)
    kernel: list[Seconds] = field(default_factory=list)

    def calibrate(self) -> None:
        self.kernel += [calibrate() for _ in range(KERNELS)]

    def __call__(self) -> None:
        self.seconds.append(measure_seconds(self._calls))

    def _calls(self) -> None:
        for _ in range(self.calls):
            self.workload()


def track(benchmark: BenchmarkFixture, workload: Callable[[], object], **figures: float) -> None:
    """Time ``workload`` and store every round in ``extra_info``, with additional ``figures`` such as accuracy.

    With ``--benchmark-disable`` it is called once.
    """
    benchmark.extra_info.update(figures)
    if benchmark.disabled:
        benchmark(workload)
        return
    calls, n_rounds = _calls_and_rounds(name_and_repetition(str(benchmark.fullname))[0], workload)
    rounds = Rounds(workload, calls)
    benchmark.pedantic(rounds, setup=rounds.calibrate, rounds=n_rounds)
    rounds.calibrate()
    benchmark.extra_info.update(
        protocol=PROTOCOL,
        calls=calls,
        cpu_s=[round(seconds.cpu / calls, DIGITS) for seconds in rounds.seconds],
        kernel_cpu_s=[round(seconds.cpu, DIGITS) for seconds in rounds.kernel],
    )


def _calls_and_rounds(name: str, workload: Callable[[], object]) -> tuple[int, int]:
    """Return calls per round and number of rounds, determined in the first repetition, with a warm-up."""
    if name not in _CACHED:
        once = _duration(workload)
        if once < MAX_TOTAL_S:
            once = min(_duration(workload) for _ in range(2))
        calls = max(1, math.ceil(MIN_ROUND_S / once))
        _CACHED[name] = calls, min(MAX_ROUNDS, math.ceil(MAX_TOTAL_S / (calls * once)))
    return _CACHED[name]


_CACHED: dict[str, tuple[int, int]] = {}


def _duration(workload: Callable[[], object]) -> float:
    """Return the CPU time, which other processes do not affect; a tenth of the wall time if the workload waits."""
    seconds = measure_seconds(workload)
    return max(seconds.cpu, seconds.wall / 10)
