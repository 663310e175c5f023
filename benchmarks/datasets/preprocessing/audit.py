"""What is in a dataset: counts, duplicates, dropped images, checksums. Printed once, before the first trial."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.datasets.ranges import ImageSize, NImages, Pixels, Sha256
from benchmarks.datasets.spec import SIDE, Images, Polarity, Split


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
        notes=images.notes,
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
    bodies = {name: Counter(image.tobytes() for image in split.images) for name, split in splits.items()}
    within = {name: sum(counted.values()) - len(counted) for name, counted in bodies.items()}
    across = {
        f"{first} and {second}": sum(n for body, n in bodies[second].items() if body in bodies[first])
        for first, second in (("train", "validation"), ("train", "test"), ("validation", "test"))
    }
    return {**within, **across}


def _hash(split: Split) -> str:
    digest = hashlib.sha256(str(split.images.shape).encode())
    digest.update(split.images.tobytes())
    digest.update(split.labels.tobytes())
    return digest.hexdigest()
