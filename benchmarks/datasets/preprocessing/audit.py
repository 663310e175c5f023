"""What is in a dataset: counts, duplicates, dropped images, checksums. Printed once, before the first trial."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.datasets.ranges import ImageSize, NImages, Pixels, Sha256
from benchmarks.datasets.spec import SIDE, Images, Polarity, Split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MANY_KNOWN = 0.01  # share of test images that are training images too, above which a warning is given


@dataclass(frozen=True)
class Audit:
    """The findings.

    ``counts``: images of each class, by split. ``duplicates``: pairs of splits (or a split and itself)
    and the number of images of the second that are equal, pixel by pixel, to an earlier one of the
    first. ``hashes``: SHA-256 of each split's images and labels as loaded. ``notes``, ``source``,
    ``polarity``, ``image_size`` and ``reading`` are those of ``Images``, ``image_shape``, ``centred`` and
    ``normalised`` those of its preparation. ``evaluation_hashes``: SHA-256 of each further
    evaluation set.
    """

    class_names: tuple[str, ...]
    counts: Mapping[str, tuple[NImages, ...]]
    duplicates: Mapping[str, NImages]
    dropped: tuple[str, ...]
    hashes: Mapping[str, Sha256]
    checksums: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
    source: str = ""
    image_shape: tuple[Pixels, Pixels] = (SIDE, SIDE)
    image_size: ImageSize | None = None
    centred: bool = False
    normalised: bool = False
    polarity: Polarity = "auto"
    reading: tuple[str, ...] = ()
    evaluation_hashes: Mapping[str, Sha256] = field(default_factory=dict)

    @property
    def data_hash(self) -> str:
        """One hash of train, validation and test, which shows whether a stored trial used this data."""
        return hashlib.sha256("".join(self.hashes.values()).encode()).hexdigest()[:16]

    def lines(self) -> list[str]:
        """Return the findings as lines of text."""
        sizes = ", ".join(f"{split} {sum(counts):,}" for split, counts in self.counts.items())
        spread = "; ".join(
            f"{split} {min(counts):,} to {max(counts):,} per class" for split, counts in self.counts.items()
        )
        shape = "×".join(map(str, self.image_shape))
        found = ", ".join(f"{n} in {where}" for where, n in self.duplicates.items() if n)
        return [
            *self.notes,
            f"images: {sizes} ({len(self.class_names)} classes; {spread}), of {shape} pixels",
            f"exact duplicates: {found or 'none'}",
            f"dropped from training: {len(self.dropped)}" + "".join(f"\n  {reason}" for reason in self.dropped[:10]),
        ]


@dataclass(frozen=True)
class Origins:
    """Which prepared images were made of originals that differ. ``merged``: their digests."""

    merged: set[bytes] = field(default_factory=set)
    _first: dict[bytes, bytes] = field(default_factory=dict)

    def add(self, prepared: NDArray[np.uint8], original: NDArray[np.uint8]) -> None:
        """Take note of what an original, of any shape, was prepared to."""
        result, source = digest(prepared), digest(original)
        if self._first.setdefault(result, source) != source:
            self.merged.add(result)


def audit(images: Images) -> Audit:
    """Audit every split of ``images``."""
    splits = {"train": images.train, "validation": images.validation, "test": images.test}
    return Audit(
        class_names=images.class_names,
        counts={name: _counts(split, len(images.class_names)) for name, split in splits.items()},
        duplicates=_duplicates(splits),
        dropped=images.dropped,
        hashes={name: _hash(split) for name, split in splits.items()},
        checksums=images.checksums,
        notes=(*images.notes, *_twin_notes(splits, images)),
        source=images.source,
        image_shape=images.image_shape,
        image_size=images.image_size,
        centred=images.preparation.centred,
        normalised=images.preparation.normalised,
        polarity=images.polarity,
        reading=images.reading,
        evaluation_hashes={name: _hash(split) for name, split in images.further.items()},
    )


def _counts(split: Split, n_classes: int) -> tuple[int, ...]:
    counted = Counter(split.labels.tolist())
    return tuple(counted[label] for label in range(n_classes))


def _duplicates(splits: Mapping[str, Split]) -> dict[str, int]:
    bodies = {name: Counter(map(digest, split.images)) for name, split in splits.items()}
    within = {name: sum(counted.values()) - len(counted) for name, counted in bodies.items()}
    across = {
        f"{first} and {second}": sum(n for body, n in bodies[second].items() if body in bodies[first])
        for first, second in (("train", "validation"), ("train", "test"), ("validation", "test"))
    }
    return {**within, **across}


def _twin_notes(splits: Mapping[str, Split], images: Images) -> list[str]:
    """Return what to be careful with where images are equal: two labels of one, and test images to train on."""
    trained = _labels_of_images([splits["train"], splits["validation"]])
    tested = _labels_of_images([splits["test"]])
    names = images.class_names
    notes = [*_two_labels("training", trained, names), *_two_labels("test", tested, names)]
    n_test = len(splits["test"])
    twins = [(trained[image], labels) for image, labels in tested.items() if image in trained]
    n_known = sum(len(labels) for _, labels in twins)
    n_other = sum(label not in of_training for of_training, labels in twins for label in labels)
    if n_other:
        notes.append(f"CAREFUL: {n_other:,} of {n_test:,} test images equal training images that have another label")
    if n_known > MANY_KNOWN * n_test:
        n_merged = sum(len(labels) for image, labels in tested.items() if image in trained and image in images.merged)
        origin = f" ({n_merged:,} of them only as they are prepared: the originals differ)" if n_merged else ""
        known = f"{n_known:,} of {n_test:,} test images are training images too{origin}"
        notes.append(f"CAREFUL: {known}; scores are too high")
    return notes


def _labels_of_images(splits: Sequence[Split]) -> dict[bytes, list[int]]:
    """Return the labels of all images that are equal, by their digest."""
    found: dict[bytes, list[int]] = {}
    for split in splits:
        for image, label in zip(split.images, split.labels.tolist(), strict=True):
            found.setdefault(digest(image), []).append(label)
    return found


def _two_labels(part: str, labels: Mapping[bytes, Sequence[int]], class_names: Sequence[str]) -> list[str]:
    several = [found for found in labels.values() if len(set(found)) > 1]
    if not several:
        return []
    names = " and ".join(f"'{class_names[label]}'" for label in sorted(set(several[0]))[:2])
    n_images = sum(map(len, several))
    return [f"CAREFUL: {n_images:,} {part} images equal others that have another label, as {names}"]


def digest(image: NDArray[np.uint8]) -> bytes:
    """Return what only equal images of one shape have in common."""
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()


def _hash(split: Split) -> str:
    digest = hashlib.sha256(str(split.images.shape).encode())
    digest.update(split.images.tobytes())
    digest.update(split.labels.tobytes())
    return digest.hexdigest()
