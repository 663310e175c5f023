"""The only clock: every measured time comes from here."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter, time
from typing import TypeVar

Result = TypeVar("Result")

clock: Callable[[], float] = perf_counter
"""Return seconds since a reference point shared by all processes of the machine.

It is the system's own function: who imports it before a model's code keeps it, whatever that code replaces.
"""

system_time: Callable[[], float] = time
"""Return seconds since 1970, by which the kernel stamps messages.

It can be set at any time: it tells how old something is that was stamped just now, and nothing else.
"""


def timed(work: Callable[[], Result], read: Callable[[], float] = perf_counter) -> tuple[Result, float]:
    """Return what ``work`` returns, and the seconds it took."""
    start = read()
    result = work()
    return result, read() - start
