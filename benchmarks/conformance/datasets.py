"""What every dataset keeps to. It is loaded whole, and fetched where it is not at hand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from benchmarks.catalog.catalog import Catalog
from benchmarks.conformance.checks import BrokenError, Check
from benchmarks.datasets.spec import DataPlaces, Dataset, Images, Split


@dataclass(frozen=True)
class DatasetCase:
    """A dataset, and where it is looked for."""

    spec: Dataset
    catalog: Catalog
    places: DataPlaces

    @cached_property
    def images(self) -> Images:
        return self.spec.load(self.places)

    @property
    def splits(self) -> dict[str, Split]:
        return {"train": self.images.train, "validation": self.images.validation, "test": self.images.test}


def _has_no_faults(case: DatasetCase) -> str:
    if faults := case.catalog.faults_of(case.spec):
        raise BrokenError("; ".join(faults))
    return ""


def _says_whether_it_is_at_hand(case: DatasetCase) -> str:
    place = case.spec.location(case.places)
    if place is not None and not isinstance(place, str):
        raise BrokenError(f"at_hand returned a {type(place).__name__}; it should be text, or None")
    return place or "it is not, and is fetched"


def _loads(case: DatasetCase) -> str:
    if not isinstance(case.images, Images):
        raise BrokenError(f"load returned a {type(case.images).__name__}; it should be Images(…)")
    return ", ".join(f"{len(split):,} {name}" for name, split in case.splits.items())


def _holds_grey_images(case: DatasetCase) -> str:
    shapes = set()
    for name, split in case.splits.items():
        if split.images.dtype != "uint8" or split.images.ndim != 3 or not len(split.images):
            what = f"{split.images.dtype} of shape {split.images.shape}"
            raise BrokenError(f"the images of {name} are {what}; they should be uint8 of shape (n, height, width)")
        shapes.add(split.images.shape[1:])
    if len(shapes) > 1:
        raise BrokenError(f"splits differ in the size of their images: {', '.join(map(str, sorted(shapes)))}")
    height, width = shapes.pop()
    return f"{height}×{width}"


def _holds_known_labels(case: DatasetCase) -> str:
    names = case.images.class_names
    if len(names) < 2 or len(set(names)) < len(names) or not all(isinstance(name, str) for name in names):
        raise BrokenError(f"class_names should be two or more different texts, not {names!r}")
    for name, split in case.splits.items():
        labels = split.labels
        if labels.shape != (len(split.images),) or labels.dtype != "int64":
            raise BrokenError(f"the labels of {name} are {labels.dtype} of shape {labels.shape}; one int64 an image")
        if labels.min() < 0 or labels.max() >= len(names):
            raise BrokenError(f"{name} has labels of {labels.min()} to {labels.max()}; there are {len(names)} classes")
    return f"{len(names)} classes"


def _shows_every_class_in_train(case: DatasetCase) -> str:
    seen = set(case.images.train.labels.tolist())
    if missing := [name for label, name in enumerate(case.images.class_names) if label not in seen]:
        raise BrokenError(f"no training image of {', '.join(missing)}")
    return ""


def _has_dark_background(case: DatasetCase) -> str:
    images = case.images.train.images
    border = (images[:, [0, -1]].mean() + images[:, :, [0, -1]].mean()) / 2
    if border > 128:
        raise BrokenError(f"the border is {border:.0f} of 255 on average; 0 is the background and 255 is ink")
    return ""


def _is_the_same_again(case: DatasetCase) -> str:
    again = DatasetCase(case.spec, case.catalog, case.places)
    for name, split in case.splits.items():
        other = again.splits[name]
        if not (
            split.images.shape == other.images.shape
            and (split.images == other.images).all()
            and (split.labels == other.labels).all()
        ):
            raise BrokenError(f"{name} differs when it is loaded a second time; fix the seed of its splits")
    return ""


DATASET_CHECKS: tuple[Check[DatasetCase], ...] = (
    Check("its spec is well-formed", _has_no_faults, essential=True),
    Check("says whether it is at hand", _says_whether_it_is_at_hand),
    Check("loads", _loads, essential=True),
    Check("holds grey images of one size", _holds_grey_images, essential=True),
    Check("holds a known label for each image", _holds_known_labels, essential=True),
    Check("shows every class in train", _shows_every_class_in_train),
    Check("shows bright ink on a dark ground", _has_dark_background),
    Check("is the same whenever it is loaded", _is_the_same_again),
)
