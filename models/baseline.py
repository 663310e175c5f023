"""The baseline that every model should beat."""

from __future__ import annotations

from models.spec import BuildContext, Estimator, ModelSpec


def build(context: BuildContext) -> Estimator:
    """Return a classifier that always predicts the most frequent class."""
    from sklearn.dummy import DummyClassifier

    classifier: Estimator = DummyClassifier(strategy="most_frequent")
    return classifier


MODELS = (
    ModelSpec(
        name="dummy",
        family="baseline",
        summary="always predicts the most frequent class",
        build=build,
        features=("pixels",),
        requires=("sklearn",),
    ),
)
