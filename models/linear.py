"""Linear classifiers: logistic regression and the linear support vector machine."""

from __future__ import annotations

from models.accelerated import FASTER_WITH, STOCK, estimator
from models.spec import BuildContext, Estimator, ModelSpec, Param


def build_logistic(context: BuildContext) -> Estimator:
    """Return multinomial logistic regression, fitted by L-BFGS (Liu & Nocedal 1989) in float32."""
    classifier: Estimator = estimator(context, "linear_model.LogisticRegression")(
        C=context.settings["C"], max_iter=context.settings["max_iter"]
    )
    return classifier


def build_linear_svm(context: BuildContext) -> Estimator:
    """Return a one-vs-rest linear SVM with squared hinge loss (LIBLINEAR, Fan et al. 2008).

    It solves the dual problem, with a larger tolerance than scikit-learn's default: on the validation split it makes
    fewer errors than the primal problem, which scikit-learn would choose here, in a third of the time.
    """
    from sklearn.svm import LinearSVC

    classifier: Estimator = LinearSVC(
        dual=True, C=context.settings["C"], tol=context.settings["tolerance"], random_state=context.seed
    )
    return classifier


SETTINGS_OF_LOGISTIC = {
    "C": Param(0.3, 1e-6, 1e6, log=True, help="inverse of the strength of the L2 penalty"),
    "max_iter": Param(100, 1, 100_000, log=True, help="most iterations of L-BFGS"),
    "stock": STOCK,
}

MODELS = (
    ModelSpec(
        name="logistic",
        family="linear",
        summary="multinomial logistic regression",
        build=build_logistic,
        features=("pixels", "edges", "hog", "orientation-maps-pca"),
        requires=("sklearn",),
        faster_with=FASTER_WITH,
        settings=SETTINGS_OF_LOGISTIC,
        settings_for={
            "pixels": {"max_iter": 60},
            "edges": {"C": 0.03},
            "orientation-maps-pca": {"C": 30.0, "max_iter": 300},
        },
    ),
    ModelSpec(
        name="linear-svm",
        family="linear",
        summary="linear SVM, one-vs-rest",
        build=build_linear_svm,
        features=("pixels", "orientation-maps-pca"),
        requires=("sklearn",),
        settings={
            "C": Param(0.03, 1e-6, 1e6, log=True, help="inverse of the strength of the L2 penalty"),
            "tolerance": Param(0.01, 1e-8, 1.0, log=True, help="tolerance of the stopping criterion"),
        },
        settings_for={"hog": {"C": 0.3}, "orientation-maps-pca": {"C": 1.0}},
        stochastic=True,
    ),
)
