"""Models that are quick to tune: nearest class means with a bad default, and one that crashes for some settings."""

from __future__ import annotations

import os
import time
from typing import Any, Self

import numpy as np

from models.spec import BuildContext, ModelSpec, Param


class ShrunkenMeans:
    """Nearest class mean; ``shrink`` moves the means to their centre, until all are equal at 1."""

    def __init__(self, context: BuildContext) -> None:
        self.shrink = float(context.settings["shrink"])
        self.context = context

    def fit(self, X: Any, y: Any) -> Self:
        self.labels = np.unique(y)
        means = np.array([X[y == label].mean(axis=0) for label in self.labels])
        self.means = (1 - self.shrink) * means + self.shrink * means.mean(axis=0)
        # what counts is how far the means are from the images, so that a shift of one of them misleads
        self.means[0] += self.shrink
        return self

    def predict(self, X: Any) -> Any:
        distances = ((X[:, None] - self.means) ** 2).sum(axis=2)
        return self.labels[distances.argmin(axis=1)]


class Crashes(ShrunkenMeans):
    def fit(self, X: Any, y: Any) -> Self:
        if self.shrink > 0.5 and self.context.settings["fragile"]:
            os._exit(3)
        return super().fit(X, y)


class ByEpochs(ShrunkenMeans):
    """Reports epochs, and is the worse the larger ``shrink`` is."""

    def fit(self, X: Any, y: Any) -> Self:
        for epoch in range(1, 10):
            time.sleep(0.3)
            self.context.progress(epoch, 9, loss=1.0, val_accuracy=1 - self.shrink / epoch**0.1)
        return super().fit(X, y)


SHRINK = Param(0.9, 0.0, 1.0, help="how far the means are moved to their centre")


def spec(name: str, summary: str, build: Any, shrink: float, **more: Param) -> ModelSpec:
    return ModelSpec(
        name, "tunable", summary, build, ("pixels",), settings={"shrink": SHRINK.with_default(shrink), **more}
    )


MODELS = (
    spec("means", "shrunken means with a bad default", ShrunkenMeans, 0.9),
    spec("fragile-means", "shrunken means that crash where they are shrunken much", Crashes, 0.4, fragile=Param(True)),
    spec("epoch-means", "shrunken means that report epochs", ByEpochs, 0.1),
)
