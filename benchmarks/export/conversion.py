"""A saved model → one ONNX graph from pixels to labels and probabilities, which says what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from benchmarks.common.errors import BenchError
from benchmarks.export.estimators.answers import Answers
from benchmarks.export.estimators.writing import write_model
from benchmarks.export.graph import IR_VERSION, ML_DOMAIN, ML_OPSET, OPSET, CannotExport, Graph
from benchmarks.export.pipelines.writing import write_pipeline
from benchmarks.inference.onnx_file import ABOUT, INPUT, LABEL, PROBABILITIES, SCORES, About
from benchmarks.inference.predictor import Predictor

if TYPE_CHECKING:
    from onnx import ModelProto, ValueInfoProto

FEATURES, MODEL = "features", "model"
"""What the names of a graph's nodes begin with: those of the pipeline, and those of the model."""


def convert(predictor: Predictor) -> ModelProto:
    """Return the model with its pipeline. Raises ``BenchError`` if one of them cannot be written in ONNX."""
    import onnx

    height, width = shape = predictor.preparation.image_shape
    graph = Graph()
    try:
        graph.begin(FEATURES)
        X = write_pipeline(graph, predictor.fitted.transformer, INPUT, shape)
        graph.begin(MODEL)
        n_features = _n_features(predictor)
        answers = write_model(graph, predictor.fitted.model, X, n_features, len(predictor.classes))
    except CannotExport as error:
        raise BenchError(f"{predictor.row} cannot be exported: {error}") from error
    helper = onnx.helper
    images = helper.make_tensor_value_info(INPUT, onnx.TensorProto.UINT8, ["n", height, width])
    outputs = _named_outputs(graph, answers, len(predictor.classes))
    model = helper.make_model(
        helper.make_graph(graph.nodes, predictor.row, [images], outputs, graph.constants),
        producer_name="digitbench",
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(ML_DOMAIN, ML_OPSET)],
    )
    describe(model, about(predictor))
    return model


def about(predictor: Predictor) -> About:
    """Return what the file says of itself, before its accuracy is known."""
    trial, store = predictor.saved.result.trial, predictor.saved.store
    return About(
        predictor.row,
        trial.label,
        trial.features,
        store.run,
        store.dataset,
        predictor.saved.result.inputs.data,
        predictor.classes,
        predictor.preparation,
    )


def describe(model: ModelProto, text: About) -> None:
    """Write what a file is into its metadata, in place of what stood there."""
    from onnx import helper

    helper.set_model_props(model, {ABOUT: msgspec.json.encode(text).decode()})


def serialized(model: ModelProto) -> bytes:
    """Return the content of the file; raises ``BenchError`` for one that the format has no room for."""
    try:
        content: bytes = model.SerializeToString()
    except Exception as error:  # it differs between versions of protobuf
        raise BenchError("the model is larger than the 2 GiB that an ONNX file may have") from error
    return content


def _n_features(predictor: Predictor) -> int:
    import numpy as np

    blank = np.zeros((1, *predictor.preparation.image_shape), np.uint8)
    return int(predictor.fitted.transformer.transform(blank).shape[1])


def _named_outputs(graph: Graph, answers: Answers, n_classes: int) -> list[ValueInfoProto]:
    from onnx import TensorProto, helper

    given = {LABEL: answers.label, PROBABILITIES: answers.probabilities, SCORES: answers.scores}
    outputs = []
    for name, value in given.items():
        if value is not None:
            graph.nodes.append(helper.make_node("Identity", [value], [name], name))
            if name == LABEL:
                outputs.append(helper.make_tensor_value_info(name, TensorProto.INT64, ["n"]))
            else:
                outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", n_classes]))
    return outputs
