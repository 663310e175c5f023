"""The only clock: every measured time comes from here."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TypeVar

Result = TypeVar("Result")


def clock() -> float:
    """Return seconds since a reference point shared by all processes of the machine."""
    return perf_counter()


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """Return what ``work`` returns, and the seconds it took."""
    start = clock()
    result = work()
    return result, clock() - start
