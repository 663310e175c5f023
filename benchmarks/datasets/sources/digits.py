"""The digits that come with scikit-learn: small, always available (Alpaydin & Kaynak 1998)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.datasets.spec import DataPlaces, Dataset, Images, Split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

N_CLASSES = 10
N_TEST = 360  # a fifth, stratified, fixed seed
TEST_SEED = 1998
LARGEST_VALUE = 16
SIDE = 28


def load(places: DataPlaces) -> Images:
    """Return the 1,797 scans, enlarged from 8×8 to 28×28, in fixed splits."""
    import hashlib

    import numpy as np
    from sklearn.datasets import load_digits

    from benchmarks.datasets.preprocessing.cleaning import drop_bad_images, reject_bad_images
    from benchmarks.datasets.preprocessing.splits import split_off_validation, stratified_order, take

    digits = load_digits()
    everything = Split(enlarge(digits.images), digits.target.astype("int64"))
    order = stratified_order(everything.labels, TEST_SEED)
    training, dropped = drop_bad_images(take(everything, np.sort(order[N_TEST:])), N_CLASSES, "train")
    train, validation = split_off_validation(training)
    return Images(
        train=train,
        validation=validation,
        test=reject_bad_images(take(everything, np.sort(order[:N_TEST])), N_CLASSES, "test"),
        class_names=tuple(str(digit) for digit in range(N_CLASSES)),
        dropped=dropped,
        checksums=(("scikit-learn digits", hashlib.sha256(digits.images.tobytes()).hexdigest()),),
    )


def enlarge(scans: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Resize scans of values 0..16 to 28×28 and values 0..255, by cubic interpolation."""
    import numpy as np
    from skimage.transform import resize

    large: NDArray[np.float64] = resize(scans / LARGEST_VALUE, (len(scans), SIDE, SIDE), order=3)
    return np.asarray(np.rint(np.clip(large, 0, 1) * 255), np.uint8)


DATASETS = (Dataset("digits", "1,797 small digits that come with scikit-learn", load, lambda places: "scikit-learn"),)
