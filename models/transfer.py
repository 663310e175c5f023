"""Transfer learning: a linear classifier on the activations of an inner layer of a large network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from models.accelerated import FASTER_WITH
from models.linear import SETTINGS_OF_LOGISTIC, build_logistic
from models.spec import BuildContext, ModelSpec, with_defaults

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class LinearHead:
    """Logistic regression on features standardised to mean 0 and variance 1.

    The activations of a network differ in scale, and a penalty on weights needs a common one. The rows are processed
    in batches, because scikit-learn computes variances on a copy in double precision.
    """

    ROWS = 1_000

    def __init__(self, context: BuildContext) -> None:
        from sklearn.preprocessing import StandardScaler

        self.scaler = StandardScaler()
        self.classifier = build_logistic(context)

    def fit(self, X: NDArray[np.float32], y: NDArray[np.int64]) -> Self:
        """Fit on X of shape (n, n_features) and labels of shape (n,)."""
        from sklearn.base import clone

        self.scaler = clone(self.scaler)
        for start in range(0, len(X), self.ROWS):
            self.scaler.partial_fit(X[start : start + self.ROWS])
        self.classifier.fit(self.scaler.transform(X), y)
        self.classes_ = self.classifier.classes_  # type: ignore[attr-defined]
        return self

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the label of each row: shape (n,)."""
        return self.classifier.predict(self.scaler.transform(X))

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability of each of ``classes_``: shape (n, number of classes)."""
        shares: NDArray[np.float32] = self.classifier.predict_proba(self.scaler.transform(X))  # type: ignore[attr-defined]
        return shares

    @property
    def estimator_(self) -> object:
        """The estimator that does the work, whose library is recorded."""
        return getattr(self.classifier, "estimator_", self.classifier)


SETTINGS = with_defaults(SETTINGS_OF_LOGISTIC, C=0.003, max_iter=60)


def _row(name: str, features: str, seen: str) -> ModelSpec:
    return ModelSpec(
        name=name,
        family="transfer",
        summary=f"logistic regression on an inner layer of {seen}",
        build=LinearHead,
        features=(features,),
        requires=("sklearn",),
        faster_with=FASTER_WITH,
        settings=SETTINGS,
    )


MODELS = (
    _row("vgg16", "vgg16-imagenet", "VGG16 trained on ImageNet"),
    _row("resnet50", "resnet50-imagenet", "ResNet50 trained on ImageNet"),
    _row("vgg16-random", "vgg16-random", "VGG16 with random weights"),
    _row("resnet50-random", "resnet50-random", "ResNet50 with random weights"),
)
