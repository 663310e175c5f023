"""The digits that come with scikit-learn: small, always available (Alpaydin & Kaynak 1998)."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.common.errors import BenchError
from benchmarks.datasets.spec import DataPlaces, Dataset, Images, Split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

N_CLASSES = 10
N_TEST = 360  # a fifth, stratified, fixed seed
TEST_SEED = 1998
LARGEST_VALUE = 16
SIDE = 28
SCANS = "scans.npz"
LARGEST_FILE = 1 << 24  # bytes; the scans are 1.4 MB


def load(places: DataPlaces) -> Images:
    """Return the 1,797 scans, enlarged from 8×8 to 28×28, in fixed splits."""
    import numpy as np

    from benchmarks.datasets.preprocessing.cleaning import drop_bad_images, reject_bad_images
    from benchmarks.datasets.preprocessing.splits import split_off_validation, stratified_order, take

    everything, checksum = _enlarged_before(places.cache) or _enlarge_all(places.cache)
    order = stratified_order(everything.labels, TEST_SEED)
    training, dropped = drop_bad_images(take(everything, np.sort(order[N_TEST:])), N_CLASSES, "train")
    train, validation = split_off_validation(training)
    return Images(
        train=train,
        validation=validation,
        test=reject_bad_images(take(everything, np.sort(order[:N_TEST])), N_CLASSES, "test"),
        class_names=tuple(str(digit) for digit in range(N_CLASSES)),
        dropped=dropped,
        checksums=(("scikit-learn digits", checksum),),
    )


def _cache_folder(cache: Path) -> Path:
    """Return where the enlarged scans are kept: other libraries, or other code here, may enlarge them otherwise."""
    import hashlib
    from importlib.metadata import version

    parts = [*map(version, ("numpy", "scipy", "scikit-image", "scikit-learn")), Path(__file__).read_text("utf-8")]
    return cache / "digits" / hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _enlarged_before(cache: Path) -> tuple[Split, str] | None:
    """Return the enlarged scans and the checksum of the originals from the cache; None if they are not there.

    Importing scikit-learn and enlarging take two seconds, which is most of a small run.
    """
    import io
    import zipfile
    import zlib

    import numpy as np

    from benchmarks.common.bounded_reading import read_file
    from benchmarks.common.signatures import is_own

    # of a file that is absent, cut short, empty, or holds something else
    unreadable = (OSError, EOFError, KeyError, ValueError, RuntimeError, zlib.error, zipfile.BadZipFile)

    folder = _cache_folder(cache)
    try:
        if not is_own(folder):  # the folder for downloads may be one that others write to
            return None
        with np.load(io.BytesIO(read_file(folder / SCANS, LARGEST_FILE)), allow_pickle=False) as arrays:
            return Split(arrays["images"], arrays["labels"]), str(arrays["checksum"])
    except unreadable:
        return None


def _enlarge_all(cache: Path) -> tuple[Split, str]:
    """Return the enlarged scans and the checksum of the originals, and cache them where that can be written."""
    import hashlib
    import io

    import numpy as np
    from sklearn.datasets import load_digits

    from benchmarks.common.atomic_files import write_whole
    from benchmarks.common.signatures import sign

    digits = load_digits()
    everything = Split(enlarge(digits.images), digits.target.astype("int64"))
    checksum = hashlib.sha256(digits.images.tobytes()).hexdigest()
    content = io.BytesIO()
    np.savez(content, images=everything.images, labels=everything.labels, checksum=np.array(checksum))
    folder = _cache_folder(cache)
    with contextlib.suppress(BenchError, OSError):
        write_whole(folder / SCANS, content.getvalue())
        sign(folder)
    return everything, checksum


def enlarge(scans: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Resize scans of values 0..16 to 28×28 and values 0..255, by cubic interpolation."""
    import numpy as np
    from skimage.transform import resize

    large: NDArray[np.float64] = resize(scans / LARGEST_VALUE, (len(scans), SIDE, SIDE), order=3)
    return np.asarray(np.rint(np.clip(large, 0, 1) * 255), np.uint8)


DATASETS = (
    Dataset(
        "digits",
        "1,797 small digits that come with scikit-learn",
        load,
        lambda places: "scikit-learn",
        requires=("sklearn", "skimage"),
    ),
)
