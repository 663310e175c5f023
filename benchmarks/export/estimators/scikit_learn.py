"""Models of scikit-learn, and of scikit-learn-intelex, by skl2onnx."""

from __future__ import annotations

import warnings
from importlib import import_module
from itertools import combinations
from typing import Any

from benchmarks.export.estimators.answers import Answers, absorb_classifier
from benchmarks.export.estimators.boosting import histogram_trees
from benchmarks.export.graph import ML_DOMAIN, ML_OPSET, OPSET, CannotExport, Graph

# what the fast classes compute when it is asked for, and scikit-learn's hold as attributes
COMPUTED = ("support_vectors_", "dual_coef_", "intercept_", "coef_", "estimators_")


def scikit_learn_model(graph: Graph, model: Any, X: str, n_features: int) -> Answers:
    """Write any classifier that skl2onnx knows; raises ``CannotExport`` for another."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.kernel_approximation import RBFSampler
    from sklearn.pipeline import Pipeline
    from sklearn.svm import SVC

    plain = as_scikit_learn(model)
    if isinstance(plain, Pipeline) and isinstance(plain[0], RBFSampler):  # which skl2onnx does not know
        return scikit_learn_model(graph, plain[1:], _random_features(graph, plain[0], X), plain[0].n_components)
    if isinstance(plain, HistGradientBoostingClassifier):
        return histogram_trees(graph, plain, X)
    if isinstance(plain, SVC):
        return _support_vectors(graph, plain, X, n_features)
    label, values = absorb_classifier(graph, _converted(plain, n_features), X)
    if hasattr(plain, "predict_proba"):
        return Answers(label, values)
    return Answers(label, scores=values if len(plain.classes_) > 2 else None)


def as_scikit_learn(model: Any) -> Any:
    """Return the model as scikit-learn's class of that name, if it is of a fast class; any other as it is."""
    library, *place = type(model).__module__.split(".")
    if library != "sklearnex":
        return model
    original = getattr(import_module(f"sklearn.{place[0]}"), type(model).__name__)
    plain = original.__new__(original)
    plain.__dict__.update(vars(model))
    for name in COMPUTED:
        if name not in vars(model) and hasattr(model, name):
            setattr(plain, name, getattr(model, name))
    if hasattr(plain, "_probA"):  # filled without any meaning where no probabilities are wished
        import numpy as np

        plain._probA = plain._probB = np.empty(0)
    return plain


def _random_features(graph: Graph, sampler: Any, X: str) -> str:
    """Write random Fourier features."""
    weights, offset = sampler.random_weights_, sampler.random_offset_
    angles = graph.add("Add", graph.add("MatMul", X, graph.constant(weights)), graph.constant(offset))
    return graph.add("Mul", graph.add("Cos", angles), graph.constant((2 / len(offset)) ** 0.5))


def _support_vectors(graph: Graph, model: Any, X: str, n_features: int) -> Answers:
    """Write a support vector machine; its scores as ``decision_function`` has them, one for each class."""
    import numpy as np

    shape, model.decision_function_shape = model.decision_function_shape, "ovo"
    try:
        label, duels = absorb_classifier(graph, _converted(model, n_features), X)
    finally:
        model.decision_function_shape = shape
    n_classes = len(model.classes_)
    if n_classes == 2:
        return Answers(label)
    pairs = list(combinations(range(n_classes), 2))
    sides = np.zeros((len(pairs), n_classes))
    for at, (first, second) in enumerate(pairs):
        sides[at, first], sides[at, second] = 1, -1
    lost = graph.cast(graph.add("Less", duels, graph.constant(0)), "float32")
    won = graph.add("Sub", graph.constant(1), lost)
    votes = graph.add(
        "Add",
        graph.add("MatMul", won, graph.constant(sides > 0)),
        graph.add("MatMul", lost, graph.constant(sides < 0)),
    )
    margins = graph.add("MatMul", duels, graph.constant(sides))
    size = graph.add("Add", graph.add("Abs", margins), graph.constant(1))
    between = graph.add("Div", margins, graph.add("Mul", size, graph.constant(3)))
    return Answers(label, scores=graph.add("Add", votes, between))


def _converted(model: Any, n_features: int) -> Any:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    kinds = [("X", FloatTensorType([None, n_features]))]
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the converter about what scikit-learn will change
            return to_onnx(
                model,
                initial_types=kinds,
                options={id(model): {"zipmap": False}} if _has_map(last) else None,
                target_opset={"": OPSET, ML_DOMAIN: ML_OPSET},
            )
    except Exception as error:  # each converter raises others
        why = " ".join(str(error).split())[:200]
        raise CannotExport(f"skl2onnx cannot convert {type(last).__name__} ({why})") from error


def _has_map(model: Any) -> bool:
    """Return whether a converter would answer a map from classes to probabilities, unless it is told not to."""
    from sklearn.svm import SVC

    return hasattr(model, "predict_proba") or isinstance(model, SVC)
