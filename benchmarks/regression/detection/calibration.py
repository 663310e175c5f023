"""The calibration kernel: a fixed workload that all times are divided by."""

from __future__ import annotations

import hashlib
import resource
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from benchmarks.common.clock import timed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Increase when the kernel, the sample data or the rounds change: older baselines are then rejected
PROTOCOL = 2
MATRIX, PRODUCTS = 384, 3
TRAFFIC_BYTES, PASSES = 8 << 20, 4
STEPS = 40_000
SEED = 2005


@dataclass(frozen=True)
class Seconds:
    """Wall-clock and CPU time of a workload."""

    wall: float
    cpu: float


def measure_seconds(workload: Callable[[], object]) -> Seconds:
    """Time ``workload``; ``cpu`` includes all threads and finished child processes."""
    baseline = _cpu_seconds()
    _, wall = timed(workload)
    return Seconds(wall, _cpu_seconds() - baseline)


def calibrate() -> Seconds:
    """Time the kernel once: matrix products and plain Python in equal parts, and some memory traffic."""
    return measure_seconds(_kernel)


def _cpu_seconds() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _kernel() -> None:
    matrix, block = _arrays()
    for _ in range(PRODUCTS):
        matrix @ matrix
    for _ in range(PASSES):
        block.copy()[::64].sum()
    _plain_python()


def _plain_python() -> str:
    """Dictionary operations and formatting, as in the code around the libraries."""
    seen: dict[int, int] = {}
    for step in range(STEPS):
        place = step * 7919 % 1009
        seen[place] = seen.get(place, 0) + step
    return hashlib.sha256(repr(sorted(seen.items())).encode()).hexdigest()


@cache
def _arrays() -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    import numpy as np

    generator = np.random.default_rng(SEED)
    matrix = generator.random((MATRIX, MATRIX), np.float32)
    return matrix, generator.integers(0, 256, TRAFFIC_BYTES, np.uint8)
