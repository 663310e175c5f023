"""MNIST-C: MNIST's test digits under fifteen corruptions; the training digits are clean (Mu & Gilmer 2019).

The SHA-256 of the archive is from tensorflow-datasets (url_checksums/mnist_corrupted.txt).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.common.errors import BenchError, short_message
from benchmarks.datasets.sources.checked_files import DIGITS, as_images, find_or_fetch, location_of
from benchmarks.datasets.sources.download import RemoteFile, check_packed
from benchmarks.datasets.spec import DataPlaces, Dataset, Images

if TYPE_CHECKING:
    import zipfile

    import numpy as np
    from numpy.typing import NDArray

FOLDER = "mnist-c"
# one host, two URLs: no other mirror is known to have this file
ARCHIVE = RemoteFile(
    "mnist_c.zip",
    "",
    ("https://zenodo.org/records/3239543/files/", "https://zenodo.org/record/3239543/files/"),
    "sha256:af9ee8c6a815870c7fdde5af84c7bf8db0bcfa1f41056db83871037fba70e493",
)
CLEAN = "identity"
CORRUPTIONS = (
    *("shot_noise", "impulse_noise", "glass_blur", "motion_blur", "shear", "scale", "rotate", "brightness"),
    *("translate", "stripe", "fog", "spatter", "dotted_line", "zigzag", "canny_edges"),
)


def load(places: DataPlaces, archive: RemoteFile = ARCHIVE) -> Images:
    """Return the clean training digits, and each test digit once, image i under corruption i modulo 15.

    So the test images are independent of each other, which intervals and paired tests need, and the accuracy
    estimates the mean over the corruptions. Raises ``BenchError``.
    """
    import zipfile

    import numpy as np

    path = find_or_fetch(archive, places, FOLDER)
    check_packed(path, archive)
    try:
        with zipfile.ZipFile(path) as opened:
            train = _arrays(opened, CLEAN, "train", str(path))
            _, labels = _arrays(opened, CLEAN, "test", str(path))
            test = np.zeros((len(labels), 28, 28), np.uint8)
            for start, corruption in enumerate(CORRUPTIONS):
                images, of_corrupted = _arrays(opened, corruption, "test", str(path))
                if not np.array_equal(of_corrupted, labels):
                    raise BenchError(f"{path}: the labels of {corruption} are not those of the clean digits")
                test[start :: len(CORRUPTIONS)] = images[start :: len(CORRUPTIONS)]
    except BenchError:
        raise
    except Exception as error:  # zipfile raises any exception on broken archives
        raise BenchError(
            f"{path} does not contain MNIST-C ({short_message(error)}); delete it and run again"
        ) from error
    return as_images(train, (test, labels), DIGITS, (("mnist_c.zip", archive.packed.partition(":")[2]),), centred=True)


def _arrays(
    archive: zipfile.ZipFile, corruption: str, kind: str, path: str
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    from benchmarks.datasets.readers.npz import member, read_npy
    from benchmarks.datasets.readers.pixel_values import as_uint8_pixels

    names = (f"mnist_c/{corruption}/{kind}_{what}.npy" for what in ("images", "labels"))
    images, labels = (read_npy(member(archive, name, path), f"{path}: {name}") for name in names)
    if images.shape[1:] not in ((28, 28), (28, 28, 1)) or labels.shape != images.shape[:1]:
        raise BenchError(f"{path}: {corruption} has images of shape {images.shape} and labels of {labels.shape}")
    return as_uint8_pixels(images.reshape(-1, 28, 28), f"{path}: {corruption}"), labels.astype("int64")


DATASETS = (
    Dataset(
        "mnist-c",
        "MNIST, tested under fifteen corruptions (Mu & Gilmer 2019)",
        load,
        lambda places: location_of((ARCHIVE,), places, FOLDER),
    ),
)
