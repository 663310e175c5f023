"""XGBoost's gradient-boosted trees, by onnxmltools."""

from __future__ import annotations

from benchmarks.export.estimators.answers import Answers, absorb_classifier
from benchmarks.export.graph import Graph
from models.boosting import BLANK, SampledBoosting

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
