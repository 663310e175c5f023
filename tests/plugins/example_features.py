"""Two feature pipelines defined by a plug-in: one without parameters, and one fitted on the training images."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from features.spec import FeaturePipeline


class Profiles:
    """How much ink each row and each column holds, from 0 to 1."""

    def fit(self, images: NDArray[np.uint8]) -> Self:
        return self

    def transform(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        rows, columns = images.mean(axis=2) / 255, images.mean(axis=1) / 255
        return np.concatenate([rows, columns], axis=1).astype(np.float32)


class Eigenimages:
    """Coordinates along the directions in which the training images differ most (Pearson 1901)."""

    n_directions = 20

    def fit(self, images: NDArray[np.uint8]) -> Self:
        X = images.reshape(len(images), -1) / 255
        self.mean = X.mean(axis=0)
        self.directions = np.linalg.svd(X - self.mean, full_matrices=False)[2][: self.n_directions]
        return self

    def transform(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        X = images.reshape(-1, len(self.mean)) / 255 - self.mean
        return np.ascontiguousarray(X @ self.directions.T, np.float32)


FEATURES = (
    FeaturePipeline("profiles", "ink in each row and column", Profiles),
    FeaturePipeline("eigenimages", "coordinates in a space of 20 dimensions that is fitted", Eigenimages),
)
