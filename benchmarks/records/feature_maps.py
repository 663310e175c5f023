"""Feature maps of networks as files."""

from __future__ import annotations

import io
from pathlib import Path

from benchmarks.records.array_files import array, read_arrays
from benchmarks.records.trial import FeatureMaps
from benchmarks.records.trial_file import DamagedFileError

LAYER = "layer "


def packed(maps: FeatureMaps) -> bytes:
    """Return the maps as an npz file."""
    import numpy as np

    buffer = io.BytesIO()
    layers = {f"{LAYER}{name}": layer for name, layer in maps.layers.items()}
    np.savez_compressed(buffer, allow_pickle=False, images=maps.images, labels=maps.labels, **layers)
    return buffer.getvalue()


def read_feature_maps(path: Path, follow: bool = True) -> FeatureMaps:
    """Return the maps that a file holds; raises FileNotFoundError or ``DamagedFileError``."""
    import numpy as np

    arrays = read_arrays(path, follow)
    images = array(arrays, "images", "u", (None, None, None))
    n = len(images)
    names = [name for name in arrays if name.startswith(LAYER)]
    layers = {name.removeprefix(LAYER): array(arrays, name, "u", (n, None, None, None)) for name in names}
    if any(one.dtype != np.uint8 for one in (images, *layers.values())):
        raise DamagedFileError("its images are not of 8 bits")
    return FeatureMaps(images, array(arrays, "labels", "ui", (n,)), layers)


def unpacked(path: Path) -> FeatureMaps | None:
    """Return the maps that a file holds; None if there is none that can be read, or a link."""
    try:
        return read_feature_maps(path, follow=False)
    except (FileNotFoundError, DamagedFileError):
        return None
