"""USPS: 9,298 digits of 16×16 pixels, scanned from envelopes (Hull 1994), from LIBSVM's site.

The MD5 are of the compressed files, from torchvision (datasets/usps.py). No other mirror is known.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from benchmarks.common.errors import BenchError, short_message
from benchmarks.datasets.sources.checked_files import DIGITS, Arrays, as_images, checksums, location_of, read_all
from benchmarks.datasets.sources.download import RemoteFile
from benchmarks.datasets.spec import DataPlaces, Dataset, Images, Preparation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LIGHT_ON_DARK = Preparation(dark_on_light=False)
MIRRORS = ("https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/",)
FILES = (
    RemoteFile("usps.bz2", "", MIRRORS, "md5:ec16c51db3855ca6c91edd34d0e9b197"),
    RemoteFile("usps.t.bz2", "", MIRRORS, "md5:8ea070ee2aca1ac39742fdd1ef5ed118"),
)
SIDE = 16


def load(places: DataPlaces, files: tuple[RemoteFile, ...] = FILES) -> Images:
    """Find or download both files, verify them, and enlarge the images to 28×28."""
    contents = read_all(files, places, "usps")
    names = [file.name.removesuffix(".bz2") for file in files]
    train, test = (parse(content, name) for content, name in zip(contents, names, strict=True))
    return as_images(train, test, DIGITS, checksums(names, contents))


def parse(content: bytes, name: str) -> Arrays:
    """Return images of 28×28 and the digits of lines ``label index:value …``; values -1 to 1, labels 1 to 10.

    Raises ``BenchError``.
    """
    import numpy as np
    from sklearn.datasets import load_svmlight_file

    from benchmarks.datasets.preprocessing.normalization import normalize_image

    try:
        values, labels = load_svmlight_file(io.BytesIO(content), n_features=SIDE * SIDE, zero_based=False)
    except (ValueError, OverflowError) as error:
        raise BenchError(f"{name} is not a LIBSVM file of {SIDE}×{SIDE} pixels ({short_message(error)})") from error
    scans = np.rint(np.clip((values.toarray() + 1) / 2, 0, 1) * 255).astype(np.uint8).reshape(-1, SIDE, SIDE)
    frames: NDArray[np.uint8] = np.empty((len(scans), 28, 28), np.uint8)
    for i, scan in enumerate(scans):
        frames[i] = normalize_image(scan, LIGHT_ON_DARK)
    return frames, np.rint(labels).astype(np.int64) - 1


DATASETS = (
    Dataset(
        "usps",
        "9,298 digits scanned from envelopes (Hull 1994)",
        load,
        lambda places: location_of(FILES, places, "usps"),
    ),
)
