"""Every dataset of the suite, by name, and how a name on the command line becomes images."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.common.errors import BenchError
from benchmarks.datasets.preprocessing.prepare import Preparation
from benchmarks.datasets.preprocessing.splits import without_test
from benchmarks.datasets.sources import digits, emnist, idx_relatives, mnist, mnist_c, usps
from benchmarks.datasets.sources.download import DownloadError
from benchmarks.datasets.spec import DataPlaces, Dataset, Images
from benchmarks.datasets.user_data import is_path, open_path
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
FOR_CHOOSING = "-validation"
AS_FOUND = Preparation()


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


def find_dataset(datasets: Registry[Dataset], name: str) -> Dataset:
    """Return the dataset of that name; ``NAME-validation`` is the one for choosing settings on.

    Raises ``UnknownNameError``.
    """
    if name in datasets or not name.endswith(FOR_CHOOSING):
        return datasets[name]
    whole = datasets[name.removesuffix(FOR_CHOOSING)]
    return replace(
        whole,
        name=name,
        summary=f"{whole.name} for choosing settings: judged on the validation split",
        load=lambda places: without_test(whole.load(places)),
    )


def open_dataset(
    datasets: Registry[Dataset],
    name: str,
    places: DataPlaces,
    how: Preparation = AS_FOUND,
    notify: Callable[[str], object] = lambda text: None,
) -> tuple[str, Images]:
    """Return the name and the images of a dataset; ``auto`` is MNIST where it can be had, else the digits.

    What is no name and looks like a path, or is there, is a person's own data, named after its file or folder and
    prepared as ``how`` says. Raises ``UnknownNameError`` or ``BenchError``.
    """
    if name != "auto" and name not in datasets and is_path(name):
        images = open_path(name, how)
        return Path(images.source).name.partition(".")[0] or "data", images
    if how != AS_FOUND:
        raise BenchError(f"--polarity and --centre prepare a person's own data; '{name}' is prepared already")
    if name != "auto":
        return name, find_dataset(datasets, name).load(places)
    try:
        return "mnist", datasets["mnist"].load(places)
    except DownloadError as error:
        notify(f"MNIST cannot be had, so this runs on scikit-learn's digits instead: {error}")
        return "digits", datasets["digits"].load(places)
