"""Feature maps of networks as files."""

from __future__ import annotations

import io
from pathlib import Path

from benchmarks.common.unreadable import UNREADABLE
from benchmarks.records.trial import FeatureMaps

LAYER = "layer "


def packed(maps: FeatureMaps) -> bytes:
    """Return the maps as an npz file."""
    import numpy as np

    buffer = io.BytesIO()
    layers = {f"{LAYER}{name}": layer for name, layer in maps.layers.items()}
    np.savez_compressed(buffer, allow_pickle=False, images=maps.images, labels=maps.labels, **layers)
    return buffer.getvalue()


def unpacked(path: Path) -> FeatureMaps | None:
    """Return the maps that a file holds; None if there is none that can be read."""
    import numpy as np

    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            layers = {name.removeprefix(LAYER): arrays[name] for name in arrays.files if name.startswith(LAYER)}
            return FeatureMaps(arrays["images"], arrays["labels"], layers)
    except UNREADABLE:
        return None
