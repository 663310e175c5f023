"""Nearest neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from models.accelerated import FASTER_WITH, STOCK, estimator
from models.spec import BuildContext, ModelSpec, Param

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class NearestNeighbours:
    """k-nearest neighbours by Euclidean distance, found by brute force (Cover & Hart 1967).

    Brute force is a matrix product; in hundreds of dimensions no search tree is faster. Labels are the argmax of
    the probabilities: with weights by distance, the ``predict`` of scikit-learn-intelex 2026.2 mislabels every image
    that is in one call with a training image.
    """

    def __init__(self, context: BuildContext) -> None:
        self.estimator_ = estimator(context, "neighbors.KNeighborsClassifier")(
            n_neighbors=context.settings["k"],
            weights=context.settings["weights"],
            algorithm="brute",
            n_jobs=context.threads,
        )

    def fit(self, X: NDArray[np.float32], y: NDArray[np.int64]) -> Self:
        self.estimator_.fit(X, y)
        self.classes_ = self.estimator_.classes_
        return self

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.int64]:
        labels: NDArray[np.int64] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return labels

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.floating]:
        shares: NDArray[np.floating] = self.estimator_.predict_proba(X)
        return shares


SETTINGS = {
    "k": Param(4, 1, 1_000, log=True, help="number of neighbours"),
    "weights": Param("distance", choices=("uniform", "distance"), help="how the neighbours' votes are weighted"),
    "stock": STOCK,
}

MODELS = (
    ModelSpec(
        name="knn",
        family="neighbours",
        summary="k nearest neighbours",
        build=NearestNeighbours,
        features=("pixels", "hog", "orientation-maps-pca"),
        requires=("sklearn",),
        faster_with=FASTER_WITH,
        settings=SETTINGS,
    ),
    ModelSpec(
        name="knn-deskew",
        family="neighbours",
        summary="k nearest neighbours on deskewed images",
        build=NearestNeighbours,
        features=("deskew",),
        requires=("sklearn",),
        faster_with=FASTER_WITH,
        settings=SETTINGS,
    ),
)
