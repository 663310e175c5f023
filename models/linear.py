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
    """Return a one-against-rest linear SVM with squared hinge loss (LIBLINEAR, Fan et al. 2008)."""
    from sklearn.svm import LinearSVC

    classifier: Estimator = LinearSVC(C=context.settings["C"], random_state=context.seed)
    return classifier


MODELS = (
    ModelSpec(
        name="logistic",
        family="linear",
        summary="multinomial logistic regression",
        build=build_logistic,
        features=("pixels", "edges", "hog"),
        requires=("sklearn",),
        faster_with=FASTER_WITH,
        settings={"C": 0.3, "max_iter": 100, "stock": False},
        settings_for={"edges": {"C": 0.03}},
    ),
    ModelSpec(
        name="linear-svm",
        family="linear",
        summary="linear SVM, one class against the rest",
        build=build_linear_svm,
        features=("pixels", "hog"),
        requires=("sklearn",),
        settings={"C": 0.03},
        settings_for={"hog": {"C": 0.3}},
    ),
)
