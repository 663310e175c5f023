"""Checks of a dataset, which is loaded completely, and downloaded if necessary."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from benchmarks.catalog.catalog import Catalog
from benchmarks.conformance.checks import Check, CheckFailedError
from benchmarks.datasets.spec import DataPlaces, Dataset, Images, Split


@dataclass(frozen=True)
class DatasetCase:
    """A dataset, and the folders that are searched for it."""

    spec: Dataset
    catalog: Catalog
    places: DataPlaces

    @cached_property
    def images(self) -> Images:
        return self.spec.load(self.places)

    @property
    def splits(self) -> dict[str, Split]:
        return {"train": self.images.train, "validation": self.images.validation, "test": self.images.test}


def _spec_is_valid(case: DatasetCase) -> str:
    if faults := case.catalog.faults_of(case.spec):
        raise CheckFailedError("; ".join(faults))
    return ""


def _location_is_valid(case: DatasetCase) -> str:
    place = case.spec.location(case.places)
    if place is not None and not isinstance(place, str):
        raise CheckFailedError(f"location returned a {type(place).__name__}; expected str or None")
    return place or "not available locally, downloaded"


def _loads(case: DatasetCase) -> str:
    if not isinstance(case.images, Images):
        raise CheckFailedError(f"load returned a {type(case.images).__name__}; expected Images")
    return ", ".join(f"{len(split):,} {name}" for name, split in case.splits.items())


def _has_grey_images(case: DatasetCase) -> str:
    shapes = set()
    for name, split in case.splits.items():
        if split.images.dtype != "uint8" or split.images.ndim != 3 or not len(split.images):
            target = f"{split.images.dtype} of shape {split.images.shape}"
            raise CheckFailedError(f"the images of {name} are {target}; expected uint8 of shape (n, height, width)")
        shapes.add(split.images.shape[1:])
    if len(shapes) > 1:
        raise CheckFailedError(f"splits differ in image size: {', '.join(map(str, sorted(shapes)))}")
    height, width = shapes.pop()
    return f"{height}×{width}"


def _has_valid_labels(case: DatasetCase) -> str:
    names = case.images.class_names
    if len(names) < 2 or len(set(names)) < len(names) or not all(isinstance(name, str) for name in names):
        raise CheckFailedError(f"class_names must be two or more distinct strings, not {names!r}")
    for name, split in case.splits.items():
        labels = split.labels
        if labels.shape != (len(split.images),) or labels.dtype != "int64":
            raise CheckFailedError(
                f"the labels of {name} are {labels.dtype} of shape {labels.shape}; expected one int64 per image"
            )
        if labels.min() < 0 or labels.max() >= len(names):
            raise CheckFailedError(
                f"{name} has labels of {labels.min()} to {labels.max()}; there are {len(names)} classes"
            )
    return f"{len(names)} classes"


def _has_every_class_in_train(case: DatasetCase) -> str:
    seen = set(case.images.train.labels.tolist())
    if missing := [name for label, name in enumerate(case.images.class_names) if label not in seen]:
        raise CheckFailedError(f"no training image of {', '.join(missing)}")
    return ""


def _has_dark_background(case: DatasetCase) -> str:
    images = case.images.train.images
    border = (images[:, [0, -1]].mean() + images[:, :, [0, -1]].mean()) / 2
    if border > 128:
        raise CheckFailedError(f"the border is {border:.0f} of 255 on average; 0 must be the background and 255 ink")
    return ""


def _is_reproducible(case: DatasetCase) -> str:
    again = DatasetCase(case.spec, case.catalog, case.places)
    for name, split in case.splits.items():
        other = again.splits[name]
        if not (
            split.images.shape == other.images.shape
            and (split.images == other.images).all()
            and (split.labels == other.labels).all()
        ):
            raise CheckFailedError(f"{name} differs when loaded again; fix the seed of the splits")
    return ""


DATASET_CHECKS: tuple[Check[DatasetCase], ...] = (
    Check("spec is valid", _spec_is_valid, essential=True),
    Check("location is valid", _location_is_valid),
    Check("loads", _loads, essential=True),
    Check("has grey images of one size", _has_grey_images, essential=True),
    Check("has a valid label for each image", _has_valid_labels, essential=True),
    Check("has every class in the training set", _has_every_class_in_train),
    Check("is light on dark", _has_dark_background),
    Check("is reproducible", _is_reproducible),
)
