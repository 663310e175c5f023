"""Nearest neighbours."""

from __future__ import annotations

from benchmarks.export.estimators.answers import Answers, most_probable
from benchmarks.export.graph import Graph
from models.neighbors import NearestNeighbours


def nearest_neighbours(graph: Graph, model: NearestNeighbours, X: str, n_classes: int) -> Answers:
    """Write the search among all training rows, which are part of the graph.

    Differences of products find the neighbours, as in a matrix product they are fast; but small distances lose their
    digits in them, so that those to the neighbours found are computed once more.
    """
    import numpy as np

    fitted = model.estimator_
    rows = np.asarray(fitted._fit_X, np.float32)
    labels = np.asarray(fitted._y).ravel()
    training = graph.constant(rows)
    products = graph.add("MatMul", X, graph.add("Transpose", training, perm=[1, 0]))
    nearness = graph.add("Sub", products, graph.constant((rows.astype(np.float64) ** 2).sum(axis=1) / 2))
    _, neighbours = graph.top(nearness, fitted.n_neighbors)
    votes = graph.add("Gather", graph.constant(np.eye(n_classes)[labels]), neighbours, axis=0)
    if fitted.weights == "distance":
        weights = graph.add("Unsqueeze", _weights(graph, X, training, neighbours), graph.constant([2], "int64"))
        votes = graph.add("Mul", votes, weights)
    totals = graph.sum(votes, 1)
    return most_probable(graph, graph.add("Div", totals, graph.sum(totals, 1, keep=True)))


def _weights(graph: Graph, X: str, training: str, neighbours: str) -> str:
    """Write the inverse of each distance: shape (n, k). Where one is zero, those that are zero have all the weight."""
    here = graph.add("Unsqueeze", X, graph.constant([1], "int64"))
    apart = graph.add("Sub", graph.add("Gather", training, neighbours, axis=0), here)
    distance = graph.add("Sqrt", graph.sum(graph.add("Mul", apart, apart), 2))
    zero = graph.constant(0)
    same = graph.add("Equal", distance, zero)
    n_same = graph.sum(graph.cast(same, "float32"), 1, keep=True)
    inverse = graph.add("Div", graph.constant(1), graph.add("Where", same, graph.constant(1), distance))
    return graph.add("Where", graph.add("Greater", n_same, zero), graph.cast(same, "float32"), inverse)
