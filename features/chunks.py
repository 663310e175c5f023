"""Processing many images in chunks, on several threads."""

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
    """Apply ``function`` to chunks of images, on several threads, and concatenate the results.

    Small chunks fit in the processor's cache, so they are faster than one large array and need less memory.
    Threads suffice, because NumPy and SciPy release the interpreter lock.

    Parameters
    ----------
    function
        Maps images of shape (n, height, width) to an array of shape (n, ...), each image independently.
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
        list(pool.map(fill, range(step, len(images), step)))  # list() re-raises an exception of a chunk
    return result


def spread(images: NDArray[Any], at_most: int) -> NDArray[Any]:
    """Return at most ``at_most`` images, evenly spaced: they may be sorted by class."""
    return images[:: max(1, -(-len(images) // at_most))]


def thread_count() -> int:
    """Return how many threads to use: OMP_NUM_THREADS, as numerical libraries do, or one per processor."""
    allowed = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    return int(allowed) if allowed.isdigit() and int(allowed) else os.cpu_count() or 1
