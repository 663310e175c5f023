"""What a feature pipeline is: a name, a line about it, and how to build its transformer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

from features.unavailable import Unavailable as Unavailable  # what ``build``, ``fit`` and ``transform`` may raise

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from features.pretrained.weights import Weights


class Transformer(Protocol):
    """Computes a feature matrix from images, modelled on scikit-learn's transformers.

    A transformer may be fitted to the training images; it never sees a label. It must pickle, because it is saved with
    models that are saved.
    """

    def fit(self, images: NDArray[np.uint8]) -> Self:
        """Fit to training images of shape (n, height, width), 0 the background, 255 full ink."""

    def transform(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return one row for each image: shape (n, n_features), C-contiguous."""


@dataclass(frozen=True)
class FeaturePipeline:
    """One entry of the registry of features.

    Libraries are imported where they are used, so that describing a pipeline costs nothing. ``requires``
    names them, as ``ModelSpec.requires`` does, and the bench imports them before it times anything:
    a submodule of a large one, as ``sklearn.decomposition``.
    ``weights``: published weights that it requires.
    """

    name: str
    summary: str
    build: Callable[[], Transformer]
    requires: tuple[str, ...] = ()
    weights: Weights | None = None
