"""Keras networks, by Keras' own exporter."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.export.estimators.answers import Answers, most_probable
from benchmarks.export.graph import OPSET, CannotExport, Graph
from features.pretrained.backend import BACKEND
from models.networks.keras_classifier import KerasClassifier
from models.networks.network_ensemble import NetworkEnsemble

if TYPE_CHECKING:
    import keras

LAYERS = "/layers-"
"""In the names of all nodes that are of a network's layers."""
REDUCED = ("mixed_bfloat16", "bfloat16")


def network(graph: Graph, model: KerasClassifier, X: str) -> Answers:
    """Write the layers of a network, in single precision."""
    return most_probable(graph, _probabilities(graph, model, X))


def network_ensemble(graph: Graph, model: NetworkEnsemble, X: str) -> Answers:
    """Write the networks, and the average of their log-probabilities."""
    least = graph.constant(2.0**-126)  # the smallest float32
    logs = [graph.add("Log", graph.add("Max", _probabilities(graph, one, X), least)) for one in model.members]
    return most_probable(graph, graph.add("Softmax", graph.add("Mean", *logs), axis=1))


def _probabilities(graph: Graph, model: KerasClassifier, X: str) -> str:
    if BACKEND != "tensorflow":
        raise CannotExport("networks are exported with TensorFlow only; leave KERAS_BACKEND out")
    layers = _in_single_precision(model.network)
    shaped = graph.reshape(X, -1, *layers.input_shape[1:])
    (probabilities,) = graph.absorb(_exported(layers), shaped, "layers")
    return probabilities


def _in_single_precision(network: keras.Model) -> keras.Model:
    """Return the network with layers that compute in float32: there is no bfloat16 on processors in ONNX Runtime.

    They are told that they predict; in a process that trained a network the exporter would not.
    """
    import keras

    copy = keras.Model.from_config(_without_reduced(network.get_config()))
    copy.set_weights(network.get_weights())
    copy.trainable = False
    inputs = keras.Input(network.input_shape[1:])
    return keras.Model(inputs, copy(inputs, training=False))


def _without_reduced(config: Any) -> Any:
    if isinstance(config, dict):
        return {key: _without_reduced(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return type(config)(map(_without_reduced, config))
    return "float32" if config in REDUCED else config


def _exported(network: keras.Model) -> Any:
    import numpy as np
    import onnx

    network(np.zeros((1, *network.input_shape[1:]), np.float32))  # Keras exports what was called only
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter about NumPy's names
        path = Path(folder) / "network.onnx"
        network.export(str(path), format="onnx", verbose=False, opset_version=OPSET)
        return onnx.load(path)
