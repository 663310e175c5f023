"""A model whose file, when it is loaded, changes how the suite computes features: in its own process alone."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from features.pixels import Pixels
from models.spec import BuildContext, ModelSpec


def nothing(self: Pixels, images: Any) -> Any:
    """Return features that tell nothing."""
    return np.zeros((len(images), images[0].size), np.float32)


Pixels.transform = nothing  # type: ignore[method-assign]


class Patcher:
    def __init__(self, context: BuildContext) -> None:
        self.context = context

    def fit(self, X: Any, y: Any) -> Self:
        if not X.any():
            raise RuntimeError("the patched pipeline was used")
        return self

    def predict(self, X: Any) -> Any:
        return np.zeros(len(X), np.int64)


MODELS = (ModelSpec("patcher", "hostile", "changes a pipeline of the suite", Patcher, features=("pixels",)),)
