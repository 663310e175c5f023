"""Nearest neighbours."""

from __future__ import annotations

from models.accelerated import FASTER_WITH, estimator
from models.spec import BuildContext, Estimator, ModelSpec


def build(context: BuildContext) -> Estimator:
    """Return k-nearest neighbours by Euclidean distance, found by brute force (Cover & Hart 1967).

    Brute force is a matrix product; in hundreds of dimensions no search tree is faster.
    """
    classifier: Estimator = estimator(context, "neighbors.KNeighborsClassifier")(
        n_neighbors=context.settings["k"],
        weights=context.settings["weights"],
        algorithm="brute",
        n_jobs=context.threads,
    )
    return classifier


MODELS = (
    ModelSpec(
        name="knn",
        family="neighbours",
        summary="k nearest neighbours",
        build=build,
        features=("pixels", "hog", "orientation-maps-pca"),
        requires=("sklearn",),
        faster_with=FASTER_WITH,
        settings={"k": 4, "weights": "distance", "stock": False},
    ),
    ModelSpec(
        name="knn-deskew",
        family="neighbours",
        summary="k nearest neighbours among images set upright",
        build=build,
        features=("deskew",),
        requires=("sklearn",),
        faster_with=FASTER_WITH,
        settings={"k": 4, "weights": "distance", "stock": False},
    ),
)
