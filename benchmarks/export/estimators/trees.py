"""Sums of the leaves of decision trees: forests, and scikit-learn's boosted trees on binned features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.export.estimators.answers import Answers, most_probable
from benchmarks.export.graph import ML_DOMAIN, Graph

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Tree:
    """The nodes of one tree, in arrays of shape (n_nodes,), and what its leaves give: (n_nodes, n_outputs)."""

    feature: NDArray[np.integer]
    threshold: NDArray[np.float64]
    left: NDArray[np.integer]
    right: NDArray[np.integer]
    is_leaf: NDArray[np.bool_]
    values: NDArray[np.float64]


def forest(graph: Graph, model: Any, X: str) -> Answers:
    """Write a random forest or extremely randomised trees.

    The leaves are summed before they are divided by the number of trees: most are whole, and sums of these are exact,
    so that classes which are equally probable stay so, and the first of them is the label as in the original.
    """
    trees = [_of_forest(estimator.tree_) for estimator in model.estimators_]
    totals = _sums(graph, X, trees)
    return most_probable(graph, graph.add("Div", totals, graph.sum(totals, 1, keep=True)))


def histogram_boosting(graph: Graph, model: Any, X: str) -> Answers:
    """Write scikit-learn's boosted trees, which skl2onnx 1.20 cannot with protobuf 7: it passes booleans."""
    import numpy as np

    n_outputs = len(model._predictors[0])
    trees = [
        _of_boosting(one.nodes, output, n_outputs) for stage in model._predictors for output, one in enumerate(stage)
    ]
    baseline = graph.constant(np.reshape(model._baseline_prediction, (1, -1)))
    margins = graph.add("Add", _sums(graph, X, trees), baseline)
    if n_outputs > 1:
        return most_probable(graph, graph.add("Softmax", margins, axis=1))
    second = graph.add("Sigmoid", margins)
    first = graph.add("Sub", graph.constant(1), second)
    return most_probable(graph, graph.add("Concat", first, second, axis=1))


def _of_forest(tree: Any) -> Tree:
    is_leaf = tree.children_left < 0
    return Tree(tree.feature, tree.threshold, tree.children_left, tree.children_right, is_leaf, tree.value[:, 0])


def _of_boosting(nodes: NDArray[Any], output: int, n_outputs: int) -> Tree:
    import numpy as np

    values = np.zeros((len(nodes), n_outputs))
    values[:, output] = nodes["value"]
    is_leaf = nodes["is_leaf"].astype(bool)
    return Tree(nodes["feature_idx"], nodes["num_threshold"], nodes["left"], nodes["right"], is_leaf, values)


def _sums(graph: Graph, X: str, trees: Sequence[Tree]) -> str:
    """Write the sum of the leaves that each row reaches: shape (n, n_outputs)."""
    import numpy as np

    def joined(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(tree, name) for tree in trees])

    sizes = [len(tree.feature) for tree in trees]
    tree_of, node_of = np.repeat(np.arange(len(trees)), sizes), np.concatenate([np.arange(size) for size in sizes])
    leaf, values = joined("is_leaf"), joined("values")
    # where a leaf gives nothing to an output there is no entry
    giving, outputs = np.nonzero(values * leaf[:, None])
    return graph.add(
        "TreeEnsembleRegressor",
        X,
        domain=ML_DOMAIN,
        n_targets=values.shape[1],
        nodes_treeids=tree_of.tolist(),
        nodes_nodeids=node_of.tolist(),
        nodes_featureids=np.where(leaf, 0, joined("feature")).tolist(),
        nodes_modes=np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
        nodes_values=_rounded_down(np.where(leaf, 0, joined("threshold"))).tolist(),
        nodes_truenodeids=np.where(leaf, 0, joined("left")).tolist(),
        nodes_falsenodeids=np.where(leaf, 0, joined("right")).tolist(),
        target_treeids=tree_of[giving].tolist(),
        target_nodeids=node_of[giving].tolist(),
        target_ids=outputs.tolist(),
        target_weights=values[giving, outputs].tolist(),
    )


def _rounded_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return thresholds in single precision that let pass the same numbers in single precision."""
    import numpy as np

    near = thresholds.astype(np.float32)
    below: NDArray[np.float32] = np.where(near > thresholds, np.nextafter(near, np.float32(-np.inf)), near)
    return below
