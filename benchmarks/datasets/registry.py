"""The registry of datasets, and where their files are looked for."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.common.errors import BenchError
from benchmarks.datasets.sources import digits, emnist, mnist, mnist_c, mnist_variants, usps
from benchmarks.datasets.spec import DataPlaces, Dataset
from features.naming import Registry

DATASETS: Registry[Dataset] = Registry(
    "dataset",
    (
        *mnist.DATASETS,
        *digits.DATASETS,
        *mnist_variants.DATASETS,
        *emnist.DATASETS,
        *usps.DATASETS,
        *mnist_c.DATASETS,
    ),
)


def data_places(data_dir: Path | None, cache: Path) -> DataPlaces:
    """Return where to search: ``--data-dir``, then the folder in DIGITBENCH_DATA, then the cache.

    Downloads go to ``--data-dir`` if given, else to the cache. Raises ``BenchError`` for a folder that does not
    exist.
    """
    named = os.environ.get("DIGITBENCH_DATA")
    for source, folder in (("--data-dir", data_dir), ("DIGITBENCH_DATA", named)):
        if folder and not Path(folder).is_dir():
            raise BenchError(f"{source}: there is no folder {folder}")
    downloads = cache / "data"
    folders = (data_dir, Path(named) if named else None, downloads)
    return DataPlaces(tuple(folder for folder in folders if folder), data_dir or downloads)
