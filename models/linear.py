"""Linear classifiers: logistic regression and the linear support vector machine."""

from __future__ import annotations

from models.accelerated import FASTER_WITH, estimator
from models.spec import BuildContext, Estimator, ModelSpec


def build_logistic(context: BuildContext) -> Estimator:
    """Return multinomial logistic regression, fitted by L-BFGS (Liu & Nocedal 1989) in float32."""
    classifier: Estimator = estimator(context, "linear_model.LogisticRegression")(
        C=context.settings["C"], max_iter=context.settings["max_iter"]
    )
    return classifier


def build_linear_svm(context: BuildContext) -> Estimator:
    """Return a one-against-rest linear SVM with squared hinge loss (LIBLINEAR, Fan et al. 2008).

    The dual problem, to a tolerance above scikit-learn's own: on the validation split the errors are
    fewer than with the primal one, which scikit-learn would choose here, in a third of the time.
    """
    from sklearn.svm import LinearSVC

    classifier: Estimator = LinearSVC(
        dual=True, C=context.settings["C"], tol=context.settings["tolerance"], random_state=context.seed
    )
    return classifier


MODELS = (
    ModelSpec(
        name="logistic",
        family="linear",
        summary="multinomial logistic regression",
        build=build_logistic,
        features=("pixels", "edges", "hog", "orientation-maps-pca"),
        requires=("sklearn",),
        faster_with=FASTER_WITH,
        settings={"C": 0.3, "max_iter": 100, "stock": False},
        settings_for={
            "pixels": {"max_iter": 60},
            "edges": {"C": 0.03},
            "orientation-maps-pca": {"C": 30.0, "max_iter": 300},
        },
    ),
    ModelSpec(
        name="linear-svm",
        family="linear",
        summary="linear SVM, one class against the rest",
        build=build_linear_svm,
        features=("pixels", "orientation-maps-pca"),
        requires=("sklearn",),
        settings={"C": 0.03, "tolerance": 0.01},
        settings_for={"hog": {"C": 0.3}, "orientation-maps-pca": {"C": 1.0}},
        stochastic=True,
    ),
)
