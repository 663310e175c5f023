"""The image itself: every pixel a feature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from features.spec import FeaturePipeline

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Pixels:
    """Flattens images and scales them from 0..255 to 0..1."""

    def fit(self, images: NDArray[np.uint8]) -> Self:
        return self

    def transform(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        import numpy as np

        n, height, width = images.shape
        return np.divide(images.reshape(n, height * width), 255, dtype=np.float32)


FEATURES = (FeaturePipeline("pixels", summary="every pixel, scaled to 0..1", build=Pixels),)
