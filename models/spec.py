"""What a model is: a name, a line about it, the features it reads, its settings, and how to build its estimator."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from features.shift import Shift, transform_shifted
from features.spec import Unavailable as Unavailable  # what ``build`` and ``fit`` may raise

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from features.pretrained.weights import Weights
    from features.spec import Transformer

Setting = bool | int | float | str
WORDS_FOR = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


@dataclass(frozen=True)
class Param:
    """A setting of a model: its default, and the values that it may have.

    Parameters
    ----------
    default
        Its type is that of the setting. A setting that may have fractions has a default such as ``1.0``.
    low, high
        The smallest and the largest value of a number, both inclusive; None for no limit.
    log
        Whether the number is best searched on a logarithmic scale.
    choices
        All values that it may have; empty for any.
    help
        What it does, in one line.
    """

    default: Setting
    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: tuple[Setting, ...] = ()
    help: str = ""

    @property
    def allowed(self) -> str:
        """The values that it may have, in words: ``a whole number from 1 to 100``."""
        if self.choices:
            return f"one of {', '.join(map(str, self.choices))}"
        kind = WORDS_FOR[type(self.default)]
        if self.low is None and self.high is None:
            return kind
        if self.high is None:
            return f"{kind} of at least {self.low}"
        return f"{kind} of at most {self.high}" if self.low is None else f"{kind} from {self.low} to {self.high}"

    def fault_of(self, value: object) -> str:
        """Return why a value is not allowed, in words; "" if it is. NaN and infinity never are."""
        kind = type(self.default)
        right_type = type(value) is kind or (kind is float and type(value) is int)
        if right_type and (value in self.choices if self.choices else self._holds(value)):
            return ""
        return f"should be {self.allowed}, not {value}"

    def check(self, value: object) -> Setting:
        """Return a value as the default's type, a float if that is one. Raises ValueError unless it is allowed."""
        if fault := self.fault_of(value):
            raise ValueError(fault)
        kind: Callable[[Any], Setting] = type(self.default)
        return kind(value)

    def with_default(self, default: Setting) -> Param:
        """Return the same setting with another default. Raises ValueError unless that is allowed."""
        return replace(self, default=self.check(default))

    def _holds(self, value: object) -> bool:
        """Return whether a value of the right type is in the range."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            return True
        low, high = -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high
        try:
            return math.isfinite(value) and low <= value <= high
        except OverflowError:  # a whole number that is too large for any float
            return False


def with_defaults(settings: Mapping[str, Param], **defaults: Setting) -> dict[str, Param]:
    """Return settings of which some have other defaults.

    Raises KeyError for a name that is not among them, ValueError for a default that is not allowed.
    """
    return {**settings, **{name: settings[name].with_default(default) for name, default in defaults.items()}}


class Estimator(Protocol):
    """The interface of every model, modelled on scikit-learn's classifiers.

    ``predict_proba(X)`` of shape (n, n_classes) is optional; without it the figures that need
    probabilities are null. Columns follow ``classes_`` where the estimator has that attribute.
    """

    def fit(self, X: NDArray[np.float32], y: NDArray[np.int64]) -> object:
        """Train on a matrix of shape (n, n_features) and labels 0..n_classes-1 of shape (n,)."""

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the label of each row: shape (n,)."""


class Progress(Protocol):
    """What a model calls during training: ``progress(3, 20, loss=0.1, val_accuracy=0.98)``.

    Figures of one step form one entry of the trial's history.
    """

    def __call__(self, step: int, steps: int, /, **figures: float) -> None: ...


def no_progress(step: int, steps: int, /, **figures: float) -> None:
    """Report to nobody."""


@dataclass(frozen=True)
class BuildContext:
    """What a model is given before it is fitted.

    ``n_validation``: the last ``n_validation`` rows that ``fit`` receives are the validation split.
    A model that stops early holds them out for that; any other trains on all rows.
    ``settings``: the value of every setting of the model's spec: the default, or the trial's own.
    ``features``: the name of the feature pipeline.
    ``images``, ``transformer``: the training images, uint8 of shape (n, height, width), one for each row
    that ``fit`` receives, and the fitted pipeline that computed those rows: for a model that augments
    its training images. Doing so is part of its fit, and timed.
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
        """Return the state without what is needed only during training: a model is pickled with its context."""
        return {**self.__dict__, "progress": no_progress, "images": None, "transformer": None}

    def shifted(self, rows: NDArray[np.int64], shift: Shift) -> NDArray[np.float32]:
        """Return the features of the training images in ``rows``, each shifted by ``shift``.

        Raises ValueError if the context has no images.
        """
        if self.images is None or self.transformer is None:
            raise ValueError("this model augments its training images, and was given none")
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
        Optional modules that make it faster where they are installed.
    settings
        Every setting by name. ``name[setting=value]`` on the command line changes one.
    settings_for
        Defaults that differ on some pipelines, as plain values: {pipeline: {setting: value}}.
    stochastic
        Whether the fitted model depends on the seed. If not, one seed is enough.
    weights
        Published weights that the model itself, and not its pipeline, requires.
    """

    name: str
    family: str
    summary: str
    build: Callable[[BuildContext], Estimator]
    features: tuple[str, ...]
    requires: tuple[str, ...] = ()
    faster_with: tuple[str, ...] = ()
    settings: Mapping[str, Param] = field(default_factory=dict)
    settings_for: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)
    stochastic: bool = False
    weights: Weights | None = None

    def defaults_on(self, features: str) -> dict[str, Setting]:
        """Return the default of every setting on the pipeline named ``features``."""
        defaults = {name: param.default for name, param in self.settings.items()}
        return {**defaults, **self.settings_for.get(features, {})}
