"""A way to work on many images: some at a time, on several threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Scalar = TypeVar("Scalar", bound=np.generic)


def in_chunks(
    function: Callable[[NDArray[Any]], NDArray[Scalar]], images: NDArray[Any], pixels_at_once: int = 100_000
) -> NDArray[Scalar]:
    """Apply ``function`` to some images at a time, on several threads, and join what it returns.

    Small chunks stay in the processor's cache, so they are faster than one large array as well as
    smaller. Threads suffice, because NumPy and SciPy release the interpreter lock.

    Parameters
    ----------
    function
        Turns images of shape (n, height, width) into an array of shape (n, ...), each by itself.
    images
        Shape (n, height, width); n may be 0.
    pixels_at_once
        The size of a chunk; at least one image.
    """
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np

    step = max(1, pixels_at_once // max(1, images[:1].size))
    first = function(images[:step])
    if len(images) <= step:
        return first
    result = np.empty((len(images), *first.shape[1:]), first.dtype)
    result[:step] = first

    def fill(start: int) -> None:
        result[start : start + step] = function(images[start : start + step])

    with ThreadPoolExecutor(thread_count()) as pool:
        list(pool.map(fill, range(step, len(images), step)))  # list() raises what a chunk raised
    return result


def spread(images: NDArray[Any], at_most: int) -> NDArray[Any]:
    """Return at most so many of the images, from first to last: they may be sorted by class."""
    return images[:: max(1, -(-len(images) // at_most))]


def thread_count() -> int:
    """Return how many threads to use: OMP_NUM_THREADS, as other numerical libraries, or one a processor."""
    allowed = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    return int(allowed) if allowed.isdigit() and int(allowed) else os.cpu_count() or 1
