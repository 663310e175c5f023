"""Ensembles of several models of the registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from features.naming import Registry
from models import neighbors, svm
from models.accelerated import FASTER_WITH, STOCK
from models.spec import BuildContext, Estimator, ModelSpec, Param, no_progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CANDIDATES = Registry("model", (*svm.MODELS, *neighbors.MODELS))
MEMBERS = tuple(CANDIDATES[name] for name in ("svm-virtual", "ridge-random-features", "knn"))


class Vote:
    """Averages the probabilities that the members predict (soft voting).

    This is the sum rule of Kittler, Hatef, Duin & Matas (1998), On combining classifiers.
    For a member without probabilities, the softmax of ``sharpness`` times its decision function is used.
    """

    def __init__(self, members: Sequence[Estimator], context: BuildContext) -> None:
        self.members = members
        self.context = context
        self.sharpness = float(context.settings["sharpness"])

    def fit(self, X: NDArray[np.float32], y: NDArray[np.int64]) -> Self:
        """Fit every member on X of shape (n, n_features) and labels of shape (n,)."""
        import numpy as np

        self.classes_ = np.unique(y)
        for step, member in enumerate(self.members, start=1):
            member.fit(X, y)
            self.context.progress(step, len(self.members))
        return self

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the label of each row: shape (n,)."""
        labels: NDArray[np.int64] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return labels

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the probability of each of ``classes_``: shape (n, number of classes)."""
        import numpy as np

        shares: NDArray[np.float64] = np.mean([self._shares(member, X) for member in self.members], axis=0)
        return shares

    @property
    def estimator_(self) -> object:
        """The first member, which takes the most time; its library is recorded."""
        return getattr(self.members[0], "estimator_", self.members[0])

    def _shares(self, member: Any, X: NDArray[np.float32]) -> NDArray[np.floating]:
        import numpy as np
        from scipy.special import softmax

        if hasattr(member, "predict_proba"):
            return np.asarray(member.predict_proba(X))
        decision = np.asarray(member.decision_function(X))
        if decision.ndim == 1:  # two classes: one value, positive for the second
            decision = np.stack([-decision, decision], axis=1)
        return np.asarray(softmax(self.sharpness * decision, axis=1))


def build(context: BuildContext) -> Vote:
    """Return the vote of the members, each with its own settings for the pipeline."""
    members = []
    for spec in MEMBERS:
        settings = {**spec.defaults_on(context.features), "stock": context.settings["stock"]}
        members.append(spec.build(replace(context, settings=settings, progress=no_progress)))
    return Vote(members, context)


MODELS = (
    ModelSpec(
        name="vote",
        family="ensemble",
        summary=f"soft vote of {', '.join(spec.name for spec in MEMBERS)}",
        build=build,
        features=("orientation-maps-pca",),
        requires=("sklearn",),
        faster_with=FASTER_WITH,
        settings={
            "sharpness": Param(3.0, 0.01, 1_000.0, log=True, help="factor of a decision function before its softmax"),
            "stock": STOCK,
        },
        stochastic=True,
    ),
)
