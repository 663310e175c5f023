"""Gradient-boosted trees: XGBoost's by onnxmltools, scikit-learn's by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.export.estimators.answers import Answers, absorb_classifier, most_probable
from benchmarks.export.graph import ML_DOMAIN, Graph
from models.boosting import BLANK, SampledBoosting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEWEST_OPSET = 15  # that the converter knows; trees are operators of another domain, which did not change since


def xgboost_trees(graph: Graph, model: SampledBoosting, X: str, n_features: int) -> Answers:
    """Write the trees. Features of the value that is declared missing become NaN, which trees in ONNX take for that."""
    from onnxmltools.convert import convert_xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType

    kinds = [("X", FloatTensorType([None, n_features]))]
    trees = convert_xgboost(model.estimator_, initial_types=kinds, target_opset=NEWEST_OPSET)
    blank = graph.add("Equal", X, graph.constant(BLANK))
    with_gaps = graph.add("Where", blank, graph.constant(float("nan")), X)
    label, probabilities = absorb_classifier(graph, trees, with_gaps)
    return Answers(label, probabilities)


def histogram_trees(graph: Graph, model: Any, X: str) -> Answers:
    """Write scikit-learn's trees on binned features, which skl2onnx 1.20 cannot with protobuf 7: it passes booleans."""
    import numpy as np

    trees = [tree.nodes for stage in model._predictors for tree in stage]
    n_outputs = len(model._predictors[0])
    tree_of = np.repeat(np.arange(len(trees)), [len(tree) for tree in trees])
    node_of = np.concatenate([np.arange(len(tree)) for tree in trees])
    nodes = np.concatenate(trees)
    leaf = nodes["is_leaf"].astype(bool)
    margins = graph.add(
        "TreeEnsembleRegressor",
        X,
        domain=ML_DOMAIN,
        n_targets=n_outputs,
        base_values=np.ravel(model._baseline_prediction).tolist(),
        nodes_treeids=tree_of.tolist(),
        nodes_nodeids=node_of.tolist(),
        nodes_featureids=np.where(leaf, 0, nodes["feature_idx"]).tolist(),
        nodes_modes=np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
        nodes_values=_rounded_down(np.where(leaf, 0, nodes["num_threshold"])).tolist(),
        nodes_truenodeids=np.where(leaf, 0, nodes["left"]).tolist(),
        nodes_falsenodeids=np.where(leaf, 0, nodes["right"]).tolist(),
        target_treeids=tree_of[leaf].tolist(),
        target_nodeids=node_of[leaf].tolist(),
        target_ids=(tree_of[leaf] % n_outputs).tolist(),
        target_weights=nodes["value"][leaf].tolist(),
    )
    if n_outputs > 1:
        return most_probable(graph, graph.add("Softmax", margins, axis=1))
    second = graph.add("Sigmoid", margins)
    first = graph.add("Sub", graph.constant(1), second)
    return most_probable(graph, graph.add("Concat", first, second, axis=1))


def _rounded_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return thresholds in single precision that let pass the same numbers in single precision."""
    import numpy as np

    near = thresholds.astype(np.float32)
    below: NDArray[np.float32] = np.where(near > thresholds, np.nextafter(near, np.float32(-np.inf)), near)
    return below
