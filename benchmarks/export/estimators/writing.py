"""A fitted model → operators."""

from __future__ import annotations

from benchmarks.export.estimators.answers import Answers, most_probable
from benchmarks.export.estimators.boosting import xgboost_trees
from benchmarks.export.estimators.neighbours import nearest_neighbours
from benchmarks.export.estimators.networks import network, network_ensemble
from benchmarks.export.estimators.scikit_learn import scikit_learn_model
from benchmarks.export.graph import CannotExport, Graph
from models.boosting import SampledBoosting
from models.neighbors import NearestNeighbours
from models.networks.keras_classifier import KerasClassifier
from models.networks.network_ensemble import NetworkEnsemble
from models.svm import VirtualSVM
from models.voting import Vote


def write_model(graph: Graph, model: object, X: str, n_features: int, n_classes: int) -> Answers:
    """Return the answers to float32 features of shape (n, n_features).

    Raises ``CannotExport`` for a model that has no operators, or was not trained on every class.
    """
    _check_classes(model, n_classes)
    match model:
        case KerasClassifier():
            return network(graph, model, X)
        case NetworkEnsemble():
            return network_ensemble(graph, model, X)
        case NearestNeighbours():
            return nearest_neighbours(graph, model, X, n_classes)
        case SampledBoosting():
            return xgboost_trees(graph, model, X, n_features)
        case VirtualSVM():
            return write_model(graph, model.estimator_, X, n_features, n_classes)
        case Vote():
            return _vote(graph, model, X, n_features, n_classes)
    if type(model).__module__.partition(".")[0] in ("sklearn", "sklearnex"):
        return scikit_learn_model(graph, model, X, n_features)
    raise CannotExport(
        f"{type(model).__name__} is neither of scikit-learn, XGBoost nor Keras, and has no ONNX operators"
    )


def _check_classes(model: object, n_classes: int) -> None:
    import numpy as np

    known = getattr(model, "classes_", None)
    if known is not None and not np.array_equal(known, np.arange(n_classes)):
        raise CannotExport("it was not trained on images of every class, so that its numbers for classes are others")


def _vote(graph: Graph, model: Vote, X: str, n_features: int, n_classes: int) -> Answers:
    shares = []
    for member in model.members:
        found = write_model(graph, member, X, n_features, n_classes)
        if found.probabilities is not None:
            shares.append(found.probabilities)
        elif found.scores is not None:
            sharp = graph.add("Mul", found.scores, graph.constant(model.sharpness))
            shares.append(graph.add("Softmax", sharp, axis=1))
        else:
            raise CannotExport(f"{type(member).__name__} has neither probabilities nor scores here")
    return most_probable(graph, graph.add("Mean", *shares))
