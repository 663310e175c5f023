"""The number of parameters of a fitted model: the stored numbers, or the nodes of trees, that it predicts with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# Attributes of fitted estimators, all of them arrays that predictions are computed from. The first group that an
# estimator has all of counts: an SVM has support vectors, and an intercept as linear models do.
ARRAYS = (
    ("support_vectors_", "dual_coef_", "intercept_"),
    ("coef_", "intercept_"),
    ("random_weights_", "random_offset_"),  # random Fourier features
    ("mean_", "scale_"),  # a scaler
    ("_fit_X",),  # nearest neighbours
)


def parameter_count(model: object) -> int | None:
    """Return how many parameters a fitted model has; None where that is not known. Never raises.

    Networks: all weights. Linear models: coefficients and intercepts. SVMs: support vectors, dual coefficients and
    intercepts. Nearest neighbours: the stored training matrix. Trees, forests and boosting: nodes. A model
    of several parts: their sum. A constant prediction: its class probabilities.
    """
    try:
        return _count(model)
    except Exception:  # whatever attributes of a plug-in's model raise
        return None


def _count(model: Any) -> int | None:
    parts = _parts(model)
    if parts is not None:
        counts = [_count(part) for part in parts]
        return None if None in counts else sum(filter(None, counts))
    if hasattr(model, "count_params"):  # Keras
        return int(model.count_params())
    nodes = _nodes(model)
    if nodes is not None:
        return nodes
    if type(model).__name__ == "DummyClassifier":
        return int(model.class_prior_.size)
    for names in ARRAYS:
        if all(hasattr(model, name) for name in names):
            # without an intercept it is the number 0, and no array
            return sum(int(getattr(getattr(model, name), "size", 0)) for name in names)
    # last, because a forest's ``estimator_`` is the tree that was never fitted
    return _count(model.estimator_) if hasattr(model, "estimator_") else None


def _parts(model: Any) -> Iterable[Any] | None:
    """Return the models that together make one; None for a model that has no such parts."""
    if hasattr(model, "members"):
        return list(model.members)
    if hasattr(model, "scaler") and hasattr(model, "classifier"):
        return [model.scaler, model.classifier]
    if hasattr(model, "steps"):  # scikit-learn's pipeline
        return [step for _, step in model.steps]
    return None


def _nodes(model: Any) -> int | None:
    """Return the number of nodes of all trees, leaves included; None for a model without trees."""
    if hasattr(model, "get_dump"):  # XGBoost's Booster: a line for each node
        return sum(str(tree).count("\n") for tree in model.get_dump())
    if hasattr(model, "_predictors"):  # HistGradientBoosting: trees by round and class
        return sum(len(tree.nodes) for of_round in model._predictors for tree in of_round)
    if getattr(model, "_cached_estimators_", ()) is None:
        return _nodes_of_accelerated_forest(model)
    if hasattr(model, "tree_"):
        return int(model.tree_.node_count)
    if hasattr(model, "estimators_"):
        import numpy as np

        return sum(int(tree.tree_.node_count) for tree in np.ravel(model.estimators_))
    return None


def _nodes_of_accelerated_forest(model: Any) -> int:
    """Count a tree at a time: ``estimators_`` of scikit-learn-intelex would copy and keep them all."""
    fitted = model._onedal_estimator
    n_classes = model.n_classes_ if isinstance(model.n_classes_, int) else model.n_classes_[0]
    trees = (model._get_tree_state(fitted._onedal_model, i, n_classes) for i in range(fitted.n_estimators))
    return sum(int(tree.node_count) for tree in trees)
