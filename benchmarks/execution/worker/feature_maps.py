"""What the layers of a network show: asked for by the worker after all that is timed, stored small."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from benchmarks.records.trial import FeatureMaps

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_LAYERS = 6
MOST_CHANNELS = 8
LARGEST_SIDE = 14  # 8 channels of 14 × 14 for ten images are 16 kB a layer before compression


def feature_maps(
    model: object, X: NDArray[np.float32], images: NDArray[np.uint8], labels: NDArray[np.int64]
) -> FeatureMaps | None:
    """Ask a model that has ``feature_maps(X)`` about the first image of each class; None for any other.

    ``X`` and ``images`` are its training data, row by row. A failure costs the model no scores:
    the traceback goes to the trial's log.
    """
    import numpy as np

    ask = getattr(model, "feature_maps", None)
    if ask is None:
        return None
    known, first = np.unique(labels, return_index=True)
    try:
        given = {str(name): _checked(np.asarray(maps), len(first)) for name, maps in ask(X[first]).items()}
        chosen = np.unique(np.linspace(0, len(given) - 1, min(len(given), MOST_LAYERS)).astype(int))
        layers = {name: _small(given[name]) for name in np.array(list(given))[chosen].tolist()}
    except Exception:  # whatever it is, a picture is worth less than the trial
        traceback.print_exc()
        return None
    return FeatureMaps(images[first], known, layers) if layers else None


def _checked(maps: NDArray[np.floating], n: int) -> NDArray[np.floating]:
    import numpy as np

    if maps.ndim != 4 or len(maps) != n or not maps.size or not np.isfinite(maps).all():
        raise ValueError(
            f"feature_maps gave a layer of shape {maps.shape}; it should be ({n}, rows, columns, channels)"
        )
    return maps


def _small(maps: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return the channels that vary most, in their order, averaged down to the largest side, as 0 to 255."""
    import numpy as np

    spread = maps.std(axis=(0, 1, 2))
    chosen = maps[..., np.sort(np.argsort(-spread, kind="stable")[:MOST_CHANNELS])].astype(np.float64)
    step = -(-max(chosen.shape[1:3]) // LARGEST_SIDE)
    n, rows, columns, channels = chosen.shape
    rows, columns = max(rows // step, 1), max(columns // step, 1)
    blocks = chosen[:, : rows * step, : columns * step]
    if step > 1 and blocks.shape[1:3] == (rows * step, columns * step):
        blocks = blocks.reshape(n, rows, step, columns, step, channels).mean(axis=(2, 4))
    low, high = blocks.min(axis=(0, 1, 2)), blocks.max(axis=(0, 1, 2))
    shares = (blocks - low) / np.where(high > low, high - low, 1)
    return np.asarray(np.rint(shares * 255), np.uint8)
