"""Models with feature maps: one that shows them, and some that fail at it."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from models.spec import BuildContext, ModelSpec


class Seeing:
    """Reads by the nearest mean image, and shows two layers of 40 rows, 28 columns and 12 channels."""

    def __init__(self, context: BuildContext) -> None:
        self.context = context

    def fit(self, X: Any, y: Any) -> Self:
        height, width = self.context.image_shape
        if X.shape[1] != height * width:
            raise ValueError("it reads pixels only")
        self.means_ = np.stack([X[y == label].mean(axis=0) for label in range(self.context.n_classes)])
        for epoch in (1, 2, 3):
            self.context.progress(epoch, 3, loss=1 / epoch, val_loss=1.2 / epoch, accuracy=0.9, val_accuracy=0.8)
        return self

    def __getstate__(self) -> dict[str, Any]:
        return {"means_": self.means_}

    def predict(self, X: Any) -> Any:
        return ((X[:, None] - self.means_) ** 2).sum(axis=2).argmin(axis=1)

    def feature_maps(self, X: Any) -> dict[str, Any]:
        shape = self.context.image_shape
        images = X.reshape(len(X), *shape)
        channels = np.stack([images * (channel % 2) + images * channel * 0.1 for channel in range(12)], axis=-1)
        return {"conv 1": np.pad(channels, ((0, 0), (6, 6), (0, 0), (0, 0))), "conv 2": channels[:, ::2, ::2, :3]}


class Blind(Seeing):
    """Fails when it is asked what it sees."""

    def feature_maps(self, X: Any) -> dict[str, Any]:
        raise RuntimeError("nothing to see")


class Flat(Seeing):
    """Gives maps of the wrong shape."""

    def feature_maps(self, X: Any) -> dict[str, Any]:
        return {"conv": X}


MODELS = tuple(
    ModelSpec(name, "seeing", "nearest mean image", build, features=("pixels",), requires=("numpy",))
    for name, build in (("seeing", Seeing), ("blind", Blind), ("flat", Flat))
)
