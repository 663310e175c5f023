"""The few images that a report shows, stored beside the results so that it can be written without the data."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.common.atomic_files import write_whole
from benchmarks.common.errors import in_one_line
from benchmarks.datasets.spec import Images
from benchmarks.records.array_files import array, read_arrays
from benchmarks.records.dataset_file import read_dataset
from benchmarks.records.store import ResultStore
from benchmarks.records.trial_file import DamagedFileError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

IMAGES_FILE = "images.npz"
SAMPLES = 8
SHEET_COLUMNS = 40


@dataclass(frozen=True)
class Pictures:
    """``test``: test images by their numbers. ``samples``: the first training images of each class, of shape
    (n_classes, SAMPLES, height, width), blank where a class has fewer. ``means``: the mean training image of
    each class.
    """

    test: Mapping[int, NDArray[np.uint8]]
    samples: NDArray[np.uint8]
    means: NDArray[np.uint8]


@dataclass
class Sheet:
    """Many images in one picture, each put in once; a place is its column and row."""

    images: list[NDArray[np.uint8]] = field(default_factory=list)
    known: dict[bytes, int] = field(default_factory=dict)

    def place(self, image: NDArray[np.uint8]) -> tuple[int, int]:
        """Put an image of the sheet's one shape in, if it is not there; return its place."""
        body = image.tobytes()
        if body not in self.known:
            self.known[body] = len(self.images)
            self.images.append(image)
        return self.known[body] % SHEET_COLUMNS, self.known[body] // SHEET_COLUMNS

    @property
    def size(self) -> tuple[int, int]:
        """How many columns and rows of images it has."""
        return SHEET_COLUMNS, max(1, math.ceil(len(self.images) / SHEET_COLUMNS))

    def as_png(self) -> str:
        """Return the sheet as a data URL; empty for no images."""
        return data_url(tiled(self.images, SHEET_COLUMNS)) if self.images else ""


def store_pictures(store: ResultStore, images: Images, shown: Sequence[int]) -> None:
    """Store the test images with the numbers ``shown``, samples and mean images of the training split."""
    import numpy as np

    means, samples = [], []
    for label in range(len(images.class_names)):
        of_class = images.train.images[images.train.labels == label]
        blank = np.zeros((SAMPLES, *images.image_shape), np.uint8)
        samples.append(np.concatenate([of_class[:SAMPLES], blank])[:SAMPLES])
        means.append(np.rint(of_class.mean(axis=0)).astype(np.uint8) if len(of_class) else blank[0])
    buffer = io.BytesIO()
    numbers = np.array(shown, np.int64)
    np.savez_compressed(
        buffer,
        allow_pickle=False,
        test_numbers=numbers,
        test_images=images.test.images[numbers],
        samples=np.stack(samples),
        means=np.stack(means),
    )
    write_whole(store.folder / IMAGES_FILE, buffer.getvalue())


def read_pictures(store: ResultStore) -> Pictures | None:
    """Return what ``store_pictures`` stored; None if it cannot be read."""
    return pictures_or_damage(store)[0]


def pictures_or_damage(store: ResultStore) -> tuple[Pictures | None, str]:
    """Return what ``store_pictures`` stored, and why it cannot be read where it is damaged."""
    try:
        arrays = read_arrays(store.folder / IMAGES_FILE)
        numbers = array(arrays, "test_numbers", "iu", arrays["test_numbers"].shape[:1])
        samples = array(arrays, "samples", "u", (None, SAMPLES, None, None))
        n_classes, _, height, width = samples.shape
        means = array(arrays, "means", "u", (n_classes, height, width))
        test = array(arrays, "test_images", "u", (len(numbers), height, width))
        if any(one.dtype != "uint8" for one in (samples, means, test)):
            raise DamagedFileError("its images are not of 8 bits")
        if n_classes != len(read_dataset(store.folder).class_names):
            raise DamagedFileError(f"it has samples of {n_classes} classes")
    except FileNotFoundError:
        return None, ""
    except (KeyError, DamagedFileError) as error:
        return None, in_one_line(error)
    return Pictures(dict(zip(numbers.tolist(), test, strict=True)), samples, means), ""


def tiled(images: Sequence[NDArray[np.uint8]], columns: int) -> NDArray[np.uint8]:
    """Return images of one shape (height, width) side by side, in rows of ``columns``."""
    import numpy as np

    blank = np.zeros_like(images[0])
    filled = [*images, *[blank] * (-len(images) % columns)]
    return np.block([filled[i : i + columns] for i in range(0, len(filled), columns)])


def data_url(pixels: NDArray[np.uint8]) -> str:
    """Return grey values of shape (height, width) as a PNG in a data URL."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
