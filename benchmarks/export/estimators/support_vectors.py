"""Support vector machines with a Gaussian kernel, one-vs-one.

ONNX has an operator for them, which takes 17 times as long as the matrix products here.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from benchmarks.export.estimators.answers import Answers
from benchmarks.export.graph import CannotExport, Graph

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def support_vector_machine(graph: Graph, model: Any, X: str) -> Answers:
    """Write the machine; its scores as ``decision_function`` has them, one for each class."""
    import numpy as np

    if model.kernel != "rbf":
        raise CannotExport(f"its kernel is '{model.kernel}'; only Gaussian ones are written as operators")
    n_classes = len(model.classes_)
    kernel = _kernel(graph, X, np.asarray(model.support_vectors_, np.float64), float(model._gamma))
    duels = graph.add("MatMul", kernel, graph.constant(_weights_of_duels(model)))
    duels = graph.add("Add", duels, graph.constant(np.ravel(model.intercept_)))
    if n_classes == 2:  # positive for the second class
        second = graph.add("Greater", duels, graph.constant(0))
        return Answers(graph.reshape(graph.cast(second, "int64"), -1))
    sides = np.zeros((len(model.intercept_), n_classes))
    for at, (first, other) in enumerate(combinations(range(n_classes), 2)):
        sides[at, first], sides[at, other] = 1, -1
    lost = graph.cast(graph.add("Less", duels, graph.constant(0)), "float32")
    won = graph.add("Sub", graph.constant(1), lost)
    for_first = graph.add("MatMul", won, graph.constant(sides > 0))
    votes = graph.add("Add", for_first, graph.add("MatMul", lost, graph.constant(sides < 0)))
    margins = graph.add("MatMul", duels, graph.constant(sides))
    size = graph.add("Add", graph.add("Abs", margins), graph.constant(1))
    between = graph.add("Div", margins, graph.add("Mul", size, graph.constant(3)))  # breaks ties, less than one vote
    return Answers(graph.add("ArgMax", votes, axis=1, keepdims=0), scores=graph.add("Add", votes, between))


def _kernel(graph: Graph, X: str, vectors: NDArray[np.float64], gamma: float) -> str:
    """Write the Gaussian of the distance to each support vector: shape (n, n_vectors)."""
    products = graph.add("MatMul", X, graph.constant(vectors.T))
    squares = graph.sum(graph.add("Mul", X, X), 1, keep=True)
    lengths = graph.add("Add", squares, graph.constant((vectors**2).sum(axis=1)))
    distances = graph.add("Relu", graph.add("Sub", lengths, graph.add("Mul", products, graph.constant(2))))
    return graph.add("Exp", graph.add("Mul", distances, graph.constant(-gamma)))


def _weights_of_duels(model: Any) -> NDArray[np.float64]:
    """Return the weight of each support vector in each pair of classes: shape (n_vectors, n_pairs)."""
    import numpy as np

    duals, counts = np.asarray(model.dual_coef_), np.asarray(model.n_support_)
    if len(counts) == 2:
        return duals.T
    starts = np.concatenate([[0], np.cumsum(counts)])
    pairs = list(combinations(range(len(counts)), 2))
    weights = np.zeros((duals.shape[1], len(pairs)))
    for at, (first, other) in enumerate(pairs):
        of_first, of_other = (slice(starts[one], starts[one + 1]) for one in (first, other))
        weights[of_first, at] = duals[other - 1, of_first]
        weights[of_other, at] = duals[first, of_other]
    return weights
