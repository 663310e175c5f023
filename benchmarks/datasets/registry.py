"""Every dataset of the suite, by name, and where their files are looked for."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.common.errors import BenchError
from benchmarks.datasets.sources import digits, emnist, idx_relatives, mnist, mnist_c, usps
from benchmarks.datasets.spec import DataPlaces, Dataset
from features.naming import Registry

DATASETS: Registry[Dataset] = Registry(
    "dataset",
    (
        *mnist.DATASETS,
        *digits.DATASETS,
        *idx_relatives.DATASETS,
        *emnist.DATASETS,
        *usps.DATASETS,
        *mnist_c.DATASETS,
    ),
)


def data_places(data_dir: Path | None, cache: Path) -> DataPlaces:
    """Return where to look: ``--data-dir``, then the folder DIGITBENCH_DATA names, then the cache.

    Downloads go to ``--data-dir`` where it is given, else to the cache. Raises ``BenchError`` for a
    folder that is named and not there.
    """
    named = os.environ.get("DIGITBENCH_DATA")
    for source, folder in (("--data-dir", data_dir), ("DIGITBENCH_DATA", named)):
        if folder and not Path(folder).is_dir():
            raise BenchError(f"{source} names {folder}, and there is no such folder")
    kept = cache / "data"
    folders = (data_dir, Path(named) if named else None, kept)
    return DataPlaces(tuple(folder for folder in folders if folder), data_dir or kept)
