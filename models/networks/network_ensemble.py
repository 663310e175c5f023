"""Ensembles of networks of one architecture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from features.naming import Registry
from features.pretrained.backend import REQUIRES
from models.networks import cnn
from models.networks.keras_classifier import KerasClassifier
from models.spec import BuildContext, ModelSpec, Param, with_defaults

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MEMBER = Registry("model", cnn.MODELS)["cnn"]


class NetworkEnsemble:
    """Averages the log-probabilities of its members (a logarithmic opinion pool; Genest & Zidek 1986)."""

    def __init__(self, members: Sequence[KerasClassifier]) -> None:
        self.members = list(members)

    def fit(self, X: NDArray[np.float32], y: NDArray[np.int64]) -> Self:
        """Fit every member on X of shape (n, n_features) and labels of shape (n,)."""
        for member in self.members:
            member.fit(X, y)
        return self

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the label of each row: shape (n,)."""
        labels: NDArray[np.int64] = self.predict_proba(X).argmax(axis=1)
        return labels

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability of each class: shape (n, n_classes)."""
        import numpy as np
        from scipy.special import softmax

        least = np.finfo(np.float32).tiny  # a network may predict a probability of zero
        logs = [np.log(np.maximum(member.predict_proba(X), least)) for member in self.members]
        return np.asarray(softmax(np.mean(logs, axis=0), axis=1))

    def feature_maps(self, X: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Return the activations of the first member's convolutions: {layer: shape (n, rows, columns, channels)}."""
        return self.members[0].feature_maps(X)

    @property
    def estimator_(self) -> object:
        """The first member, whose library is recorded."""
        return self.members[0].estimator_

    def save(self, folder: Path) -> None:
        """Write every member into a folder of its own."""
        for number, member in enumerate(self.members):
            part = folder / f"member-{number}"
            part.mkdir()
            member.save(part)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return an ensemble that predicts as the saved one did."""
        return cls([KerasClassifier.load(part) for part in sorted(folder.iterdir())])


def build(context: BuildContext) -> NetworkEnsemble:
    """Return networks that differ only in their seeds."""
    number = int(context.settings["networks"])
    return NetworkEnsemble([_member(context, at, number) for at in range(number)])


def _member(context: BuildContext, at: int, number: int) -> KerasClassifier:
    def progress(step: int, steps: int, /, **figures: float) -> None:
        context.progress(at * steps + step, number * steps, **figures)

    network = MEMBER.build(replace(context, seed=context.seed * number + at, progress=progress))
    assert isinstance(network, KerasClassifier)
    return network


MODELS = (
    ModelSpec(
        name="cnn-ensemble",
        family="network",
        summary="five networks like cnn, each trained half as long, their log-probabilities averaged",
        build=build,
        features=("pixels",),
        requires=REQUIRES,
        settings={
            **with_defaults(MEMBER.settings, epochs=12, min_steps=150),
            "networks": Param(5, 1, 100, help="number of networks"),
        },
        stochastic=True,
    ),
)
