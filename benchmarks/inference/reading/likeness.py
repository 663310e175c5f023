"""Is a candidate one whole digit, a part of one, or several? A small network says so: classifiers are certain of all.

It was trained on candidates cut from numbers of MNIST's training digits, by
``benchmarks.studies.whole_numbers.train_likeness``, as Liu et al. (2002) train with non-characters. It serves models
whose classes are the ten digits.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from benchmarks.inference.reading.atoms import Candidate

    Floats = NDArray[np.float32]

SIDE = 16  # pixels of what the network sees
WEIGHTS = Path(__file__).with_name("likeness.npz")


def inputs_of(images: Sequence[NDArray[np.uint8]], candidates: Sequence[Candidate], line_height: int) -> Floats:
    """Return what the network sees of candidates: their ink, and their width and height in heights of the line.

    Shape (n, SIDE² + 2). ``images``: as ``Atoms.picture`` gives them.
    """
    import numpy as np
    from PIL import Image

    rows = np.empty((len(candidates), SIDE * SIDE + 2), np.float32)
    for row, image, candidate in zip(rows, images, candidates, strict=True):
        small = Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        row[:-2] = np.asarray(small, np.float32).ravel() / 255
        row[-2:] = candidate.box.width / line_height, candidate.box.height / line_height
    return rows


def likeness_of(images: Sequence[NDArray[np.uint8]], candidates: Sequence[Candidate], line_height: int) -> list[float]:
    """Return for each candidate the probability that it is one whole digit."""
    import numpy as np

    values = inputs_of(images, candidates, line_height)
    *hidden, last = _layers()
    for weights, bias in hidden:
        values = np.maximum(values @ weights + bias, 0)
    weights, bias = last
    found: list[float] = (1 / (1 + np.exp(-(values @ weights + bias)[:, 0]))).tolist()
    return found


@cache
def _layers() -> list[tuple[Floats, Floats]]:
    import numpy as np

    with np.load(WEIGHTS, allow_pickle=False) as file:
        n = len(file.files) // 2
        return [(file[f"weights{i}"].astype(np.float32), file[f"bias{i}"].astype(np.float32)) for i in range(n)]
