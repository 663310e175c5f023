"""The time to classify one image, of several models in one process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.common.clock import timed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

N_WARM_UP, N_MEASURED = 20, 200
THREADS = Path("/proc/self/task")
Model = Callable[["NDArray[np.uint8]"], object]
"""Takes prepared images, of shape (n, height, width)."""


def latencies_ms(models: Sequence[Model], images: NDArray[np.uint8]) -> list[float]:
    """Return the median time in milliseconds that each model takes for one prepared image.

    All are asked about one image after the other, so that what else the machine does affects each of them. The process
    should be on ``one_core``.
    """
    import numpy as np

    times: list[list[float]] = [[] for _ in models]
    for at in range(N_WARM_UP + N_MEASURED):
        image = images[at % len(images)][None]
        for model, of_model in zip(models, times, strict=True):
            of_model.append(timed(partial(model, image))[1])
    return [float(np.median(of_model[N_WARM_UP:]) * 1000) for of_model in times]


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process on one processor meanwhile, where the system can (Linux).

    It begins before any library is imported, because each starts as many threads as there are processors then.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    _run_on({min(before)})
    try:
        yield
    finally:
        _run_on(before)


def _run_on(processors: set[int]) -> None:
    for thread in THREADS.iterdir():
        try:
            os.sched_setaffinity(int(thread.name), processors)
        except ProcessLookupError:  # it has just ended
            continue
