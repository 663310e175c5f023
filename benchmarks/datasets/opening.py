"""A name or a path on the command line → images."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.common.errors import BenchError
from benchmarks.datasets.preprocessing.prepare import Preparation
from benchmarks.datasets.preprocessing.splits import without_test
from benchmarks.datasets.sources.download import DownloadError
from benchmarks.datasets.spec import DataPlaces, Dataset, Images
from benchmarks.datasets.user_data import is_path, open_path
from features.naming import Registry

FOR_CHOOSING = "-validation"
AS_FOUND = Preparation()


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
    datasets: Registry[Dataset], name: str, places: DataPlaces, how: Preparation = AS_FOUND
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
        print(f"MNIST cannot be had, so this runs on scikit-learn's digits instead: {error}", file=sys.stderr)
        return "digits", datasets["digits"].load(places)
