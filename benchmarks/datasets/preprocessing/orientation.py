"""Do digits look transposed? Their class means are compared with those of upright digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarks.datasets.spec import Split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 8
# class means of scikit-learn's digits, 8×8, a hexadecimal figure for each pixel; 0, 1 and 8 change little
UPRIGHT = {
    "2": "01aea20005ecd6000585c6000125c4000019a200015c721001becb7101aedc82",
    "3": "018ee71004d9bc200243c9100019e6000016cb2000114c6001768d60019fe910",
    "4": "0007b200003d821001ab564005e67b6009fade5006bcfa200138d4000018c200",
    "5": "01adec4004fc862006e6210005ec940002889820001478200168b71001bf9300",
    "6": "001ba100007f610001da100002e8420004fdca3002fb6a9000ad6bb1001bfd40",
    "7": "005deb5101bcbc5101527b300146cc50019dfb40015cb410003c6000006c2000",
    "9": "006cb62002daab3004c68e3002acde4000355c5000112a6001656b50006cd920",
}
FEWEST_IMAGES = 5  # of a class
FEWEST_CLASSES = 3
MOST_IMAGES = 200  # of a class
ALIKE = 0.3  # mean correlation of the transposed means below which the images are other than these digits
MARGIN = 0.1  # of the mean correlation, by which the transposed means are the better ones
FAINT = 0.15  # share of the maximum below which a pixel of a mean is background


def look_transposed(split: Split, class_names: Sequence[str]) -> bool:
    """Return whether the images of digits, light on dark, are more alike to upright ones when transposed."""
    upright, transposed = [], []
    for name, figures in UPRIGHT.items():
        if name not in class_names:
            continue
        images = split.images[split.labels == class_names.index(name)]
        if len(images) < FEWEST_IMAGES:
            continue
        mean = _mean_fitted(images[:MOST_IMAGES])
        reference = _fitted(_decoded(figures))
        upright.append(_correlation(mean, reference))
        transposed.append(_correlation(mean.T, reference))
    n_classes = len(upright)
    if n_classes < FEWEST_CLASSES or sum(transposed) < ALIKE * n_classes:
        return False
    return sum(transposed) > sum(upright) + MARGIN * n_classes


def _decoded(figures: str) -> NDArray[np.float64]:
    import numpy as np

    return np.array([int(figure, 16) for figure in figures], np.float64).reshape(SIDE, SIDE)


def _mean_fitted(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the mean of the ink of images, wherever it is in them."""
    import numpy as np

    return np.asarray(np.mean([_fitted(image.astype(float)) for image in images], axis=0), np.float64)


def _fitted(mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ink of an image, scaled to 8×8."""
    import numpy as np
    from PIL import Image

    ink = mean > FAINT * max(mean.max(), 1e-9)
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return np.zeros((SIDE, SIDE))
    cut = mean[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    picture = Image.fromarray(cut.astype(np.float32)).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(picture, np.float64)


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    a, b = one - one.mean(), other - other.mean()
    return float((a * b).sum() / max(float((a * a).sum() * (b * b).sum()) ** 0.5, 1e-9))
