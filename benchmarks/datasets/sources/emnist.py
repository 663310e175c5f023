"""EMNIST: handwritten letters and digits prepared as MNIST's (Cohen, Afshar, Tapson & van Schaik 2017).

All parts are in one archive of 562 MB. Its SHA-256 is that of tensorflow-datasets (url_checksums/emnist.txt).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from benchmarks.common.errors import BenchError, short_message
from benchmarks.datasets.sources.checked_files import DIGITS, as_images, checksums, find_or_fetch, location_of
from benchmarks.datasets.sources.download import RemoteFile, check_packed
from benchmarks.datasets.spec import DataPlaces, Dataset, Images

FOLDER = "emnist"
ARCHIVE = RemoteFile(
    "gzip.zip",
    "",
    ("https://biometrics.nist.gov/cs_links/EMNIST/", "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/"),
    "sha256:fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
)
LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")  # upper and lower case are one class
BALANCED = (*DIGITS, *LETTERS, *"abdefghnqrt")  # lower-case letters that look like their capitals share their class
FIRST_LETTER = 1  # letters are labelled from 1, all others from 0
FILES = ("train-images-idx3", "train-labels-idx1", "test-images-idx3", "test-labels-idx1")


def load(places: DataPlaces, part: str, class_names: tuple[str, ...], archive: RemoteFile = ARCHIVE) -> Images:
    """Find or download the archive, verify it, and return one of its parts with the images upright."""
    from benchmarks.datasets.readers.idx import parse_idx

    path = find_or_fetch(archive, places, FOLDER)
    check_packed(path, archive)
    names = [f"emnist-{part}-{kind}-ubyte" for kind in FILES]
    contents = _members(path, names)
    images, labels, test_images, test_labels = (
        parse_idx(content, name) for content, name in zip(contents, names, strict=True)
    )
    if part == "letters":
        labels, test_labels = labels - FIRST_LETTER, test_labels - FIRST_LETTER
    # images are stored transposed
    train, test = (images.swapaxes(-1, -2).copy(), labels), (test_images.swapaxes(-1, -2).copy(), test_labels)
    return as_images(train, test, class_names, checksums(names, contents), centred=True)


def _members(path: Path, names: list[str]) -> list[bytes]:
    import io
    import zipfile

    from benchmarks.datasets.readers.idx import uncompressed
    from benchmarks.datasets.readers.npz import member

    try:
        with zipfile.ZipFile(path) as archive:
            packed = (member(archive, f"gzip/{name}.gz", str(path)) for name in names)
            return [uncompressed(io.BytesIO(one), name) for one, name in zip(packed, names, strict=True)]
    except BenchError:
        raise
    except Exception as error:  # zipfile raises any exception on broken archives
        raise BenchError(f"{path} does not contain EMNIST ({short_message(error)}); delete it and run again") from error


DATASETS = tuple(
    Dataset(
        f"emnist-{part}",
        summary,
        partial(load, part=part, class_names=class_names),
        lambda places: location_of((ARCHIVE,), places, FOLDER),
    )
    for part, class_names, summary in (
        ("letters", LETTERS, "145,600 handwritten letters of 26 classes (Cohen et al. 2017)"),
        ("balanced", BALANCED, "131,600 handwritten letters and digits of 47 classes (Cohen et al. 2017)"),
        ("digits", DIGITS, "280,000 handwritten digits (Cohen et al. 2017)"),
    )
)
