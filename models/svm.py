"""Support vector machines with a Gaussian kernel, and a fast approximation of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from features.shift import SHIFTS_OF_ONE_PIXEL
from models.accelerated import FASTER_WITH, STOCK, estimator
from models.spec import BuildContext, Estimator, ModelSpec, Param, with_defaults

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CACHE_MB = 2000  # of kernel rows; more is faster until it no longer fits in memory


def build_rbf(context: BuildContext) -> Estimator:
    """Return an SVM with a Gaussian kernel (Cortes & Vapnik 1995), one-vs-one."""
    classifier: Estimator = _svc(context)
    return classifier


class VirtualSVM:
    """An SVM that is trained again on its support vectors and on copies of them, each shifted by a pixel.

    Only support vectors define the decision boundary, so only they are worth shifting (DeCoste & Schölkopf 2002,
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
        """Return the decision function of each class: shape (n, n_classes), or (n,) for two classes."""
        decision: NDArray[np.floating] = self.estimator_.decision_function(X)
        return decision


def build_virtual(context: BuildContext) -> VirtualSVM:
    """Return an SVM with virtual support vectors; importing its library here keeps that out of ``fit``'s time."""
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


GAMMA = Param(0.02, 1e-6, 1e4, log=True, help="inverse width of the Gaussian kernel")
SETTINGS = {
    "C": Param(10.0, 1e-6, 1e6, log=True, help="penalty of a training image on the wrong side of the margin"),
    "gamma": GAMMA,
    "stock": STOCK,
}

MODELS = (
    ModelSpec(
        name="svm-rbf",
        family="svm",
        summary="SVM with a Gaussian kernel",
        build=build_rbf,
        features=("pixels", "orientation-maps-pca"),
        requires=("sklearn",),
        faster_with=FASTER_WITH,
        settings=SETTINGS,
        settings_for={
            "hog": {"C": 5.0, "gamma": 0.04},
            "orientation-maps": {"gamma": 4.0},
            "orientation-maps-pca": {"gamma": 4.0},
        },
    ),
    ModelSpec(
        name="svm-virtual",
        family="svm",
        summary="SVM trained again on its support vectors and copies of them shifted by a pixel",
        build=build_virtual,
        features=("orientation-maps-pca",),
        requires=("sklearn",),
        faster_with=FASTER_WITH,
        settings=with_defaults(SETTINGS, gamma=4.0),
        settings_for={"pixels": {"gamma": 0.02}, "hog": {"C": 5.0, "gamma": 0.04}},
    ),
    ModelSpec(
        name="ridge-random-features",
        family="svm",
        summary="ridge regression on random features that approximate a Gaussian kernel",
        build=build_random_features,
        features=("orientation-maps-pca",),
        requires=("sklearn",),
        settings={
            "components": Param(4000, 1, 100_000, log=True, help="number of random features"),
            "gamma": GAMMA.with_default(1.0),
            "alpha": Param(0.1, 1e-9, 1e6, log=True, help="strength of the L2 penalty"),
        },
        settings_for={"pixels": {"gamma": 0.02}},
        stochastic=True,
    ),
)
