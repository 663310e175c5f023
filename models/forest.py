"""Random forests and extremely randomised trees."""

from __future__ import annotations

from models.accelerated import FASTER_WITH, STOCK, estimator
from models.spec import BuildContext, Estimator, ModelSpec, Param


def build_random_forest(context: BuildContext) -> Estimator:
    """Return a random forest (Breiman 2001); each split considers a random share of the features."""
    classifier: Estimator = estimator(context, "ensemble.RandomForestClassifier")(
        n_estimators=context.settings["trees"],
        max_features=context.settings["share_of_features"],
        min_samples_leaf=context.settings["min_leaf"],
        n_jobs=context.threads,
        random_state=context.seed,
    )
    return classifier


def build_extra_trees(context: BuildContext) -> Estimator:
    """Return extremely randomised trees (Geurts, Ernst & Wehenkel 2006); thresholds are random."""
    from sklearn.ensemble import ExtraTreesClassifier

    classifier: Estimator = ExtraTreesClassifier(
        n_estimators=context.settings["trees"],
        max_features=context.settings["share_of_features"],
        n_jobs=context.threads,
        random_state=context.seed,
    )
    return classifier


TREES = Param(100, 1, 10_000, log=True, help="trees of the forest")
SHARE_OF_FEATURES = Param(0.02, 0.001, 1.0, log=True, help="share of the features tried at each split")

MODELS = (
    ModelSpec(
        name="random-forest",
        family="forest",
        summary="random forest",
        build=build_random_forest,
        features=("pixels",),
        requires=("sklearn",),
        faster_with=FASTER_WITH,
        settings={
            "trees": TREES,
            "share_of_features": SHARE_OF_FEATURES,
            "min_leaf": Param(1, 1, 10_000, log=True, help="fewest training images in a leaf"),
            "stock": STOCK,
        },
        stochastic=True,
    ),
    ModelSpec(
        name="extra-trees",
        family="forest",
        summary="extremely randomised trees",
        build=build_extra_trees,
        features=("pixels", "orientation-maps-pca"),
        requires=("sklearn",),
        settings={"trees": TREES, "share_of_features": SHARE_OF_FEATURES.with_default(0.07)},
        stochastic=True,
    ),
)
