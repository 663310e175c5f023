"""The contract of a dataset, and the images it loads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Polarity = Literal["auto", "dark-on-light", "light-on-dark"]
OPENML = "openml:"  # before the number or the name of a data set there
SIDE = 28  # pixels: the height and width of images where nothing else is said
WHITE = 255
PLUGINS = "plugins"  # below the folder for downloads


@dataclass(frozen=True)
class Preparation:
    """How an original becomes an image that models are given; stored with saved models, which predict so prepared.

    ``image_shape``: height and width of the result. ``centred``: the ink is scaled and centred by mass, as in MNIST.
    ``normalised``: strokes are also evened and thickened. ``dark_on_light``: originals are inverted; None where there
    are none, as of published datasets. ``paper``: the grey value under transparent originals. ``transposed``: a user
    says that rows and columns are exchanged, and they are when an original is read. ``pixel_range``: of originals in
    arrays, where it is not 0 to 255. ``ink_share``: of the frame's side, to which centred ink is scaled; None for that
    of MNIST's digits, 20 of 28 pixels.
    """

    image_shape: tuple[int, int] = (SIDE, SIDE)
    centred: bool = False
    normalised: bool = False
    dark_on_light: bool | None = None
    paper: int = WHITE
    transposed: bool = False
    pixel_range: tuple[float, float] | None = None
    ink_share: float | None = None


@dataclass(frozen=True)
class ReadingOptions:
    """What a user says of the structure of their data, in place of what is found in it.

    ``label_column``: a name, ``first`` or ``last``. ``heading=False``: the first line of a CSV is an image.
    ``transpose``: whether rows and columns are exchanged. ``shape``: of one image, given as a row of pixels.
    ``pixel_range``: what values in arrays and tables are black and white, where these are not 0 and 255.
    """

    label_column: str | None = None
    heading: bool = True
    transpose: bool | None = None
    shape: tuple[int, ...] | None = None
    pixel_range: tuple[float, float] | None = None

    def words(self) -> tuple[str, ...]:
        """Return the options as they are written on the command line."""
        return (
            *(("--label-column", self.label_column) if self.label_column is not None else ()),
            *(("--no-heading",) if not self.heading else ()),
            *(("--transpose" if self.transpose else "--no-transpose",) if self.transpose is not None else ()),
            *(("--shape", "x".join(map(str, self.shape))) if self.shape else ()),
            # in one word, because it may begin with a minus sign
            *((f"--pixel-range={self.pixel_range[0]:g}..{self.pixel_range[1]:g}",) if self.pixel_range else ()),
        )


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

    ``dropped``: a message for each image left out of training. ``checksums``: SHA-256 of the uncompressed files.
    ``preparation``: how the images were made of originals. ``image_size``: the option, None if it was not given. For
    user data: ``notes`` are shown to the user, ``picture`` is a PNG of originals beside normalized images, ``source``
    is the path, ``polarity`` the option, ``reading`` the options of reading as they are written on the command line.
    ``further``: evaluation sets beside the test split, by name. ``merged``: digests of images that originals which
    differ were prepared to.
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
    preparation: Preparation = Preparation()
    image_size: int | None = None
    polarity: Polarity = "auto"
    reading: tuple[str, ...] = ()
    further: Mapping[str, Split] = field(default_factory=dict)
    merged: frozenset[bytes] = frozenset()

    @property
    def evaluation(self) -> dict[str, Split]:
        """The evaluation sets by name: ``test``, which decides the leaderboard, then the further ones."""
        return {"test": self.test, **self.further}

    @property
    def image_shape(self) -> tuple[int, int]:
        height, width = self.test.images.shape[1:]
        return height, width

    @property
    def n_trainable(self) -> int:
        """Number of images available for training: train and validation."""
        return len(self.train) + len(self.validation)


def report_to_nobody(name: str, done: int, total: int) -> None:
    """Take notice of nothing."""


@dataclass(frozen=True)
class DataPlaces:
    """The folders searched for data files, in order, and the folder for downloads.

    ``on_download`` is called with the name of a file that is being downloaded, its bytes so far, and of all.
    """

    folders: tuple[Path, ...]
    cache: Path
    on_download: Callable[[str, int, int], object] = field(default=report_to_nobody, compare=False)

    def of_plugin(self, name: str) -> DataPlaces:
        """Return the places of a plug-in's dataset: it finds the same files, and downloads into a folder of its own.

        Nothing else is read from there: so no plug-in changes what other datasets are made of.
        """
        own = "".join(character if character.isalnum() else "_" for character in name)
        return replace(self, folders=(*self.folders, self.cache), cache=self.cache / PLUGINS / own)


@dataclass(frozen=True)
class Dataset:
    """One entry of the registry of datasets.

    ``load`` downloads missing files; it raises ``BenchError`` if that fails.
    ``location`` returns where the data is stored locally, or None; it neither reads nor downloads.
    """

    name: str
    summary: str
    load: Callable[[DataPlaces], Images]
    location: Callable[[DataPlaces], str | None]
    requires: tuple[str, ...] = ()
