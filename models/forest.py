"""Forests of randomised trees."""

from __future__ import annotations

from models.accelerated import FASTER_WITH, estimator
from models.spec import BuildContext, Estimator, ModelSpec


def build_random_forest(context: BuildContext) -> Estimator:
    """Return a random forest (Breiman 2001)."""
    classifier: Estimator = estimator(context, "ensemble.RandomForestClassifier")(
        n_estimators=context.settings["trees"],
        max_features=context.settings["max_features"],
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
        features=("pixels", "hog"),
        requires=("sklearn",),
        faster_with=FASTER_WITH,
        settings={"trees": 300, "max_features": "sqrt", "stock": False},
        stochastic=True,
    ),
)
