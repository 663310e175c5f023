"""What a dataset is, and the images it loads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Split:
    """Images of shape (n, height, width), 0 the background and 255 full ink, and their labels.

    Labels are 0..n_classes-1, of shape (n,), in the order of the dataset's class names.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Images:
    """Everything a run needs of a dataset.

    ``dropped`` names the images that were left out of training, with the reason;
    ``checksums`` are SHA-256 of the uncompressed sources. Of a person's own data: ``notes`` are what to
    know of it, ``picture`` is a PNG of what was made of it, ``source`` says where it lies. ``centred``: the ink is
    centred by mass, as MNIST's is. ``polarity``: what was asked for, light on dark or the other way round.
    ``further``: evaluation sets beside the test split, by name.
    """

    train: Split
    validation: Split
    test: Split
    class_names: tuple[str, ...]
    dropped: tuple[str, ...] = ()
    checksums: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    picture: bytes | None = None
    source: str = ""
    centred: bool = False
    polarity: str = "auto"
    further: Mapping[str, Split] = field(default_factory=dict)

    @property
    def evaluation(self) -> dict[str, Split]:
        """The evaluation sets by name: ``test``, which decides the leaderboard, then the further ones."""
        return {"test": self.test, **self.further}

    @property
    def image_shape(self) -> tuple[int, int]:
        height, width = self.test.images.shape[1:]
        return height, width

    @property
    def n_learnable(self) -> int:
        """How many images a model may learn from: train and validation."""
        return len(self.train) + len(self.validation)


@dataclass(frozen=True)
class DataPlaces:
    """Where data files are looked for, in this order, and the folder that downloads go to."""

    folders: tuple[Path, ...]
    cache: Path


@dataclass(frozen=True)
class Dataset:
    """One entry of the registry of datasets.

    ``load`` fetches what is missing and raises ``BenchError`` where it cannot.
    ``at_hand`` says where the data is, or None: it looks, and neither reads nor fetches.
    """

    name: str
    summary: str
    load: Callable[[DataPlaces], Images]
    at_hand: Callable[[DataPlaces], str | None]
    requires: tuple[str, ...] = ()
