"""Support vector machines with a Gaussian kernel, and a fast approximation of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from features.shift import SHIFTS_OF_ONE_PIXEL
from models.accelerated import FASTER_WITH, estimator
from models.spec import BuildContext, Estimator, ModelSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CACHE_MB = 2000  # of kernel rows; more is faster until it no longer fits in memory


def build_rbf(context: BuildContext) -> Estimator:
    """Return an SVM with a Gaussian kernel (Cortes & Vapnik 1995), one class against one."""
    classifier: Estimator = _svc(context)
    return classifier


class VirtualSVM:
    """An SVM that learns again from its support vectors and copies of them, each moved by a pixel.

    Only support vectors shape the boundary, so only they are worth moving (DeCoste & Schölkopf 2002,
    Training invariant support vector machines).
    """

    def __init__(self, context: BuildContext) -> None:
        self.context = context

    def fit(self, X: NDArray[np.float32], y: NDArray[np.int64]) -> Self:
        """Fit twice on X of shape (n, n_features), the features of the context's images, and labels of shape (n,)."""
        import numpy as np

        first = _svc(self.context).fit(X, y)
        self.context.progress(1, 2)
        support = np.asarray(first.support_, np.int64)
        copies = [self.context.shifted(support, shift) for shift in SHIFTS_OF_ONE_PIXEL]
        labels = np.tile(y[support], 1 + len(copies))
        self.estimator_ = _svc(self.context).fit(np.concatenate([X[support], *copies]), labels)
        self.classes_ = self.estimator_.classes_
        self.context.progress(2, 2)
        return self

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.int64]:
        labels: NDArray[np.int64] = self.estimator_.predict(X)
        return labels

    def decision_function(self, X: NDArray[np.float32]) -> NDArray[np.floating]:
        """Return how far each class is ahead: shape (n, n_classes), or (n,) for two classes."""
        ahead: NDArray[np.floating] = self.estimator_.decision_function(X)
        return ahead


def build_virtual(context: BuildContext) -> VirtualSVM:
    """Return an SVM with virtual support vectors; its library is imported now, not on ``fit``'s account."""
    _svc(context)
    return VirtualSVM(context)


def build_random_features(context: BuildContext) -> Estimator:
    """Return ridge regression on random Fourier features (Rahimi & Recht 2007), which approximate a Gaussian kernel."""
    from sklearn.kernel_approximation import RBFSampler
    from sklearn.linear_model import RidgeClassifier
    from sklearn.pipeline import make_pipeline

    settings = context.settings
    classifier: Estimator = make_pipeline(
        RBFSampler(gamma=settings["gamma"], n_components=settings["components"], random_state=context.seed),
        RidgeClassifier(alpha=settings["alpha"], solver="cholesky"),
    )
    return classifier


def _svc(context: BuildContext) -> Any:
    settings = context.settings
    return estimator(context, "svm.SVC")(C=settings["C"], gamma=settings["gamma"], cache_size=CACHE_MB)


MODELS = (
    ModelSpec(
        name="svm-rbf",
        family="svm",
        summary="SVM with a Gaussian kernel",
        build=build_rbf,
        features=("pixels", "orientation-maps-pca"),
        requires=("sklearn",),
        faster_with=FASTER_WITH,
        settings={"C": 10.0, "gamma": 0.02, "stock": False},
        settings_for={
            "hog": {"C": 5.0, "gamma": 0.04},
            "orientation-maps": {"gamma": 4.0},
            "orientation-maps-pca": {"gamma": 4.0},
        },
    ),
    ModelSpec(
        name="svm-virtual",
        family="svm",
        summary="SVM fitted again on its support vectors, each also moved by a pixel",
        build=build_virtual,
        features=("orientation-maps-pca",),
        requires=("sklearn",),
        faster_with=FASTER_WITH,
        settings={"C": 10.0, "gamma": 4.0, "stock": False},
        settings_for={"pixels": {"gamma": 0.02}, "hog": {"C": 5.0, "gamma": 0.04}},
    ),
    ModelSpec(
        name="ridge-random-features",
        family="svm",
        summary="ridge regression on random features that approximate a Gaussian kernel",
        build=build_random_features,
        features=("orientation-maps-pca",),
        requires=("sklearn",),
        settings={"components": 4000, "gamma": 1.0, "alpha": 0.1},
        settings_for={"pixels": {"gamma": 0.02}},
        stochastic=True,
    ),
)
