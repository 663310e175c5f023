"""Models that each fail one check and pass the others."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, Self

import numpy as np

from models.spec import BuildContext, ModelSpec


class NearestMean:
    """Nearest class mean: passes every check."""

    def __init__(self, context: BuildContext) -> None:
        self.n_classes = context.n_classes

    def fit(self, X: Any, y: Any) -> Self:
        self.labels = np.unique(y)
        self.means = np.array([X[y == label].mean(axis=0) for label in self.labels])
        return self

    def predict(self, X: Any) -> Any:
        distances = ((X[:, None] - self.means) ** 2).sum(axis=2)
        return self.labels[distances.argmin(axis=1)]


class Unsteady(NearestMean):
    """Trains on random rows, ignoring the seed."""

    def fit(self, X: Any, y: Any) -> Self:
        rows = np.random.default_rng().permutation(len(X))[:30]
        return super().fit(X[rows], y[rows])


class Remembers(NearestMean):
    """Keeps part of the previous fit."""

    means: Any = None

    def fit(self, X: Any, y: Any) -> Self:
        before = self.means
        super().fit(X, y)
        if before is not None:
            self.means = (self.means + before) / 2
        return self


class Scribbles(NearestMean):
    def fit(self, X: Any, y: Any) -> Self:
        X -= X.mean(axis=0)
        X += X.mean(axis=0)
        return super().fit(X, y)


class Startled(NearestMean):
    """Predicts the first class for every image of a batch with a training image."""

    def fit(self, X: Any, y: Any) -> Self:
        self.training_rows = {row.tobytes() for row in X}
        return super().fit(X, y)

    def predict(self, X: Any) -> Any:
        seen = any(row.tobytes() in self.training_rows for row in X)
        return np.full(len(X), self.labels[0]) if seen else super().predict(X)


class OnlyMany(NearestMean):
    def predict(self, X: Any) -> Any:
        return super().predict(X).squeeze() if len(X) > 1 else super().predict(X)[0]


class OneSizeOnly(NearestMean):
    def fit(self, X: Any, y: Any) -> Self:
        return super().fit(X.reshape(-1, 28 * 28), y)


class EveryClassOnly(NearestMean):
    def fit(self, X: Any, y: Any) -> Self:
        self.labels = np.arange(self.n_classes)
        self.means = np.array([X[np.flatnonzero(y == label)[0]] for label in self.labels])
        return self


class CrashesAndHangs(NearestMean):
    """Exits if a class is missing, and hangs on other sizes."""

    def fit(self, X: Any, y: Any) -> Self:
        if len(np.unique(y)) < self.n_classes:
            os._exit(7)
        if X.shape[1] != 28 * 28:
            time.sleep(3600)
        return super().fit(X, y)


class Overconfident(NearestMean):
    def predict_proba(self, X: Any) -> Any:
        return np.ones((len(X), self.n_classes))


class Backwards(NearestMean):
    """Has the columns of its probabilities in the wrong order."""

    def predict_proba(self, X: Any) -> Any:
        return np.eye(self.n_classes)[self.predict(X)][:, ::-1]


class CannotPickle(NearestMean):
    def __init__(self, context: BuildContext) -> None:
        super().__init__(context)
        self.classify = lambda X: X


class SavesItself(CannotPickle):
    """Saves to its own file format, as a model that cannot be pickled may."""

    def save(self, folder: Path) -> None:
        np.savez(folder / "means.npz", means=self.means, labels=self.labels)

    @classmethod
    def load(cls, folder: Path) -> Self:
        model = cls.__new__(cls)
        with np.load(folder / "means.npz", allow_pickle=False) as arrays:
            model.means, model.labels = arrays["means"], arrays["labels"]
        return model


class TellsProgress(NearestMean):
    first = 1

    def __init__(self, context: BuildContext) -> None:
        super().__init__(context)
        self.progress = context.progress

    def fit(self, X: Any, y: Any) -> Self:
        for step in range(3):
            self.progress(step + self.first, 3)
        return super().fit(X, y)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "progress"}


class CountsFromZero(TellsProgress):
    first = 0


def build_nothing(context: BuildContext) -> Any:
    return None


MODELS = tuple(
    ModelSpec(name, "failing", f"a model that {what}", build, features=("pixels",))
    for name, what, build in (
        ("careful", "passes every check", NearestMean),
        ("nothing", "is none", build_nothing),
        ("unsteady", "ignores its seed", Unsteady),
        ("remembers", "remembers an earlier fit", Remembers),
        ("scribbles", "writes into what it is given", Scribbles),
        ("startled", "misclassifies images in a batch with a training image", Startled),
        ("only-many", "returns a bare number for one image", OnlyMany),
        ("one-size-only", "accepts 28×28 pixels only", OneSizeOnly),
        ("every-class-only", "needs every class in train", EveryClassOnly),
        ("crashes-and-hangs", "ends its process, or never ends", CrashesAndHangs),
        ("overconfident", "gives probabilities that do not sum to one", Overconfident),
        ("backwards", "has its columns in the wrong order", Backwards),
        ("cannot-pickle", "does not pickle", CannotPickle),
        ("saves-itself", "has its own file format", SavesItself),
        ("counts-from-zero", "counts its steps from 0", CountsFromZero),
        ("tells-progress", "reports progress", TellsProgress),
    )
)
