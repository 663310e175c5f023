"""The calibration kernel: a fixed piece of work that other times are given as multiples of."""

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

# Raise this when the kernel, the slice or the rounds change: what was stored before then compares with nothing
PROTOCOL = 2
MATRIX, PRODUCTS = 384, 3
TRAFFIC_BYTES, PASSES = 8 << 20, 4
STEPS = 40_000
SEED = 2005


@dataclass(frozen=True)
class Seconds:
    """What a piece of work took by the wall's clock, and what processors spent on it."""

    wall: float
    cpu: float


def spent(work: Callable[[], object]) -> Seconds:
    """Time ``work``; ``cpu`` counts all threads, and the child processes that it waited for."""
    before = _cpu_seconds()
    _, wall = timed(work)
    return Seconds(wall, _cpu_seconds() - before)


def calibrate() -> Seconds:
    """Time the kernel once: matrix products and plain Python in equal parts, and some memory traffic."""
    return spent(_kernel)


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
    """Count, build and look up, as code around the libraries does."""
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
