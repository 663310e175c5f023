"""Models that misbehave when they are asked about an image whose first pixel is full ink, and not before."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from models.spec import BuildContext, ModelSpec


class Centroids:
    """Nearest class centroid; ``misbehave`` is called for the images it is meant for."""

    def __init__(self, context: BuildContext) -> None:
        self.n_classes = context.n_classes

    def fit(self, X: Any, y: Any) -> Centroids:
        self.centroids = np.stack([X[y == label].mean(axis=0) for label in range(self.n_classes)])
        return self

    def predict(self, X: Any) -> Any:
        if X[:, 0].max() > 0.99:
            self.misbehave()
        return self.decision_function(X).argmax(axis=1)

    def decision_function(self, X: Any) -> Any:
        return -np.linalg.norm(X[:, np.newaxis] - self.centroids, axis=2)

    def misbehave(self) -> None:
        """Do nothing of the kind."""


class Hangs(Centroids):
    def misbehave(self) -> None:
        time.sleep(600)


class Crashes(Centroids):
    def misbehave(self) -> None:
        print("about to crash", flush=True)
        os._exit(3)


class Raises(Centroids):
    def misbehave(self) -> None:
        raise RuntimeError("no answer to this one")


class CannotBeLoaded(Centroids):
    def __setstate__(self, state: dict[str, Any]) -> None:
        raise RuntimeError("cannot be loaded")


MODELS = tuple(
    ModelSpec(name, "test", "for tests", build, ("pixels",))
    for name, build in {
        "centroids": Centroids,
        "hangs": Hangs,
        "crashes": Crashes,
        "raises": Raises,
        "cannot-be-loaded": CannotBeLoaded,
    }.items()
)
