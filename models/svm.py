"""Support vector machines with a kernel."""

from __future__ import annotations

from models.accelerated import FASTER_WITH, estimator
from models.spec import BuildContext, Estimator, ModelSpec

CACHE_MB = 2000  # of kernel rows; more is faster until it no longer fits in memory


def build_rbf(context: BuildContext) -> Estimator:
    """Return an SVM with a Gaussian kernel (Cortes & Vapnik 1995), one class against one."""
    classifier: Estimator = estimator(context, "svm.SVC")(
        C=context.settings["C"], gamma=context.settings["gamma"], cache_size=CACHE_MB
    )
    return classifier


def build_poly(context: BuildContext) -> Estimator:
    """Return an SVM with the kernel (gamma x·x' + coef0) ** degree, one class against one."""
    classifier: Estimator = estimator(context, "svm.SVC")(
        kernel="poly",
        C=context.settings["C"],
        gamma=context.settings["gamma"],
        degree=context.settings["degree"],
        coef0=context.settings["coef0"],
        cache_size=CACHE_MB,
    )
    return classifier


MODELS = (
    ModelSpec(
        name="svm-rbf",
        family="svm",
        summary="SVM with a Gaussian kernel",
        build=build_rbf,
        features=("pixels", "hog"),
        requires=("sklearn",),
        faster_with=FASTER_WITH,
        settings={"C": 10.0, "gamma": 0.02, "stock": False},
        settings_for={"hog": {"C": 5.0, "gamma": 0.04}},
    ),
    ModelSpec(
        name="svm-poly",
        family="svm",
        summary="SVM with a polynomial kernel",
        build=build_poly,
        features=("pixels", "hog"),
        requires=("sklearn",),
        faster_with=FASTER_WITH,
        settings={"C": 1.0, "gamma": 0.02, "degree": 3, "coef0": 1.0, "stock": False},
        settings_for={"hog": {"gamma": 0.1, "degree": 5}},
    ),
)
