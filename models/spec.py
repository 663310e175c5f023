"""What a model is: a name, a line about it, the features it reads, and how to build its estimator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from features.shift import Shift, transform_shifted
from features.spec import Unavailable as Unavailable  # what ``build`` and ``fit`` may raise

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from features.pretrained.weights import Weights
    from features.spec import Transformer

Setting = bool | int | float | str


class Estimator(Protocol):
    """The one interface of every model, after scikit-learn's classifiers.

    ``predict_proba(X)`` of shape (n, n_classes) is optional; without it the figures that need
    probabilities are null. Columns follow ``classes_`` where the estimator has that attribute.
    """

    def fit(self, X: NDArray[np.float32], y: NDArray[np.int64]) -> object:
        """Learn from a matrix of shape (n, n_features) and labels 0..n_classes-1 of shape (n,)."""

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the label of each row: shape (n,)."""


class Progress(Protocol):
    """What a model calls as it learns: ``progress(3, 20, loss=0.1, val_accuracy=0.98)``.

    Figures of one step form one entry of the trial's history.
    """

    def __call__(self, step: int, steps: int, /, **figures: float) -> None: ...


def no_progress(step: int, steps: int, /, **figures: float) -> None:
    """Report to nobody."""


@dataclass(frozen=True)
class BuildContext:
    """What a model is told before it is fitted.

    ``n_validation``: the last ``n_validation`` rows that ``fit`` receives are the validation split.
    A model that stops early holds them out for that; any other trains on all rows.
    ``settings``: every setting of the model's spec, with the trial's own values put in.
    ``features``: the name of the feature pipeline.
    ``images``, ``transformer``: the training images, uint8 of shape (n, height, width), one for each row
    that ``fit`` receives, and the fitted pipeline that made those rows of them: for a model that makes
    changed copies of its images. What it does with them is part of its fit, and timed.
    """

    n_classes: int
    image_shape: tuple[int, int]
    n_validation: int
    seed: int = 0
    threads: int = 1
    settings: Mapping[str, Setting] = field(default_factory=dict)
    progress: Progress = no_progress
    features: str = ""
    images: NDArray[np.uint8] | None = None
    transformer: Transformer | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave behind, when a model is pickled with its context, what serves only while it is fitted."""
        return {**self.__dict__, "progress": no_progress, "images": None, "transformer": None}

    def shifted(self, rows: NDArray[np.int64], shift: Shift) -> NDArray[np.float32]:
        """Return the features of the training images in ``rows``, each moved by ``shift``.

        Raises ValueError if the context has no images.
        """
        if self.images is None or self.transformer is None:
            raise ValueError("this model makes copies of its training images, and was given none")
        return transform_shifted(self.transformer, self.images[rows], shift)


@dataclass(frozen=True)
class ModelSpec:
    """One entry of the registry of models.

    Parameters
    ----------
    features
        The pipelines that the model is run on by default.
    requires
        Modules that must be importable; without one the trial is skipped.
    faster_with
        Modules that it uses where they are there, and does without where they are not.
    settings
        Every setting and its default. ``name[setting=value]`` on the command line changes one.
    settings_for
        Defaults that differ on some pipelines: {pipeline: {setting: value}}.
    stochastic
        Whether another seed gives another model. If not, one seed is enough.
    weights
        Published weights that the model itself, and not its pipeline, cannot do without.
    """

    name: str
    family: str
    summary: str
    build: Callable[[BuildContext], Estimator]
    features: tuple[str, ...]
    requires: tuple[str, ...] = ()
    faster_with: tuple[str, ...] = ()
    settings: Mapping[str, Setting] = field(default_factory=dict)
    settings_for: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)
    stochastic: bool = False
    weights: Weights | None = None

    def defaults_on(self, features: str) -> dict[str, Setting]:
        """Return the default of every setting on the pipeline named ``features``."""
        return {**self.settings, **self.settings_for.get(features, {})}
