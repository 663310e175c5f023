"""Forests of randomised trees."""

from __future__ import annotations

from models.accelerated import FASTER_WITH, estimator
from models.spec import BuildContext, Estimator, ModelSpec


def build_random_forest(context: BuildContext) -> Estimator:
    """Return a random forest (Breiman 2001); each split looks at a random share of the features."""
    classifier: Estimator = estimator(context, "ensemble.RandomForestClassifier")(
        n_estimators=context.settings["trees"],
        max_features=context.settings["share_of_features"],
        min_samples_leaf=context.settings["min_leaf"],
        n_jobs=context.threads,
        random_state=context.seed,
    )
    return classifier


def build_extra_trees(context: BuildContext) -> Estimator:
    """Return extremely randomised trees (Geurts, Ernst & Wehenkel 2006); thresholds are drawn, not searched."""
    from sklearn.ensemble import ExtraTreesClassifier

    classifier: Estimator = ExtraTreesClassifier(
        n_estimators=context.settings["trees"],
        max_features=context.settings["share_of_features"],
        n_jobs=context.threads,
        random_state=context.seed,
    )
    return classifier


MODELS = (
    ModelSpec(
        name="random-forest",
        family="forest",
        summary="random forest",
        build=build_random_forest,
        features=("pixels",),
        requires=("sklearn",),
        faster_with=FASTER_WITH,
        settings={"trees": 100, "share_of_features": 0.02, "min_leaf": 1, "stock": False},
        stochastic=True,
    ),
    ModelSpec(
        name="extra-trees",
        family="forest",
        summary="extremely randomised trees",
        build=build_extra_trees,
        features=("pixels", "orientation-maps-pca"),
        requires=("sklearn",),
        settings={"trees": 100, "share_of_features": 0.07},
        stochastic=True,
    ),
)
