"""Models of scikit-learn, and of scikit-learn-intelex, by skl2onnx."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

from benchmarks.export.estimators.answers import Answers, absorb_classifier
from benchmarks.export.estimators.support_vectors import support_vector_machine
from benchmarks.export.estimators.trees import forest, histogram_boosting
from benchmarks.export.graph import ML_DOMAIN, ML_OPSET, OPSET, CannotExport, Graph

# what the fast classes compute when it is asked for, and scikit-learn's hold as attributes
COMPUTED = ("support_vectors_", "dual_coef_", "intercept_", "coef_", "estimators_")


def scikit_learn_model(graph: Graph, model: Any, X: str, n_features: int) -> Answers:
    """Write any classifier that skl2onnx knows, some of them by hand; raises ``CannotExport`` for another."""
    from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.kernel_approximation import RBFSampler
    from sklearn.pipeline import Pipeline
    from sklearn.svm import SVC

    plain = as_scikit_learn(model)
    if isinstance(plain, Pipeline) and isinstance(plain[0], RBFSampler):  # which skl2onnx does not know
        return scikit_learn_model(graph, plain[1:], _random_features(graph, plain[0], X), plain[0].n_components)
    if isinstance(plain, HistGradientBoostingClassifier):
        return histogram_boosting(graph, plain, X)
    if isinstance(plain, RandomForestClassifier | ExtraTreesClassifier):
        return forest(graph, plain, X)
    if isinstance(plain, SVC):
        return support_vector_machine(graph, plain, X)
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
    return plain


def _random_features(graph: Graph, sampler: Any, X: str) -> str:
    """Write random Fourier features."""
    weights, offset = sampler.random_weights_, sampler.random_offset_
    angles = graph.add("Add", graph.add("MatMul", X, graph.constant(weights)), graph.constant(offset))
    return graph.add("Mul", graph.add("Cos", angles), graph.constant((2 / len(offset)) ** 0.5))


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
                options={id(model): {"zipmap": False}} if hasattr(last, "predict_proba") else None,
                target_opset={"": OPSET, ML_DOMAIN: ML_OPSET},
            )
    except Exception as error:  # each converter raises others
        why = " ".join(str(error).split())[:200]
        raise CannotExport(f"skl2onnx cannot convert {type(last).__name__} ({why})") from error
