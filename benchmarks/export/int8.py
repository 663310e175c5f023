"""Networks with weights and activations of eight bits, calibrated on images that are not of the test set."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.common.errors import BenchError
from benchmarks.export.estimators.networks import LAYERS
from benchmarks.export.graph import OPSET
from benchmarks.inference.onnx_file import INPUT
from features.chunks import spread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from onnx import ModelProto

QUANTISED = ("Conv", "MatMul", "Gemm")
N_CALIBRATION, IN_ONE_BATCH = 500, 100


def quantised(model: ModelProto, images: NDArray[np.uint8], row: str) -> ModelProto:
    """Return the model with its layers in int8; ``images``, prepared, of shape (n, height, width), set their ranges.

    Raises ``BenchError`` for a model that is no network: trees and distances have no layers to quantise.
    """
    import onnx
    from onnxruntime.quantization import QuantFormat, QuantType, quant_pre_process, quantize_static

    layers = [node.name for node in model.graph.node if LAYERS in node.name and node.op_type in QUANTISED]
    if not layers:
        raise BenchError(f"{row} has no layers that --int8 could quantise: it is no network; leave --int8 out")
    with tempfile.TemporaryDirectory() as folder:
        given, shaped, path = (Path(folder) / f"{name}.onnx" for name in ("given", "shaped", "int8"))
        onnx.save(model, given)  # the library would change a model that is handed over in memory
        quant_pre_process(given, shaped, skip_symbolic_shape=True, skip_optimization=True)
        quantize_static(
            str(shaped),
            str(path),
            _Calibration(spread(images, N_CALIBRATION)),
            quant_format=QuantFormat.QDQ,
            nodes_to_quantize=layers,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )
        found = onnx.load(path)
    assert {one.version for one in found.opset_import if not one.domain} == {OPSET}
    return found


class _Calibration:
    """Hands out batches of images, as the library asks for them: None at the end."""

    def __init__(self, images: NDArray[np.uint8]) -> None:
        self._batches = (images[at : at + IN_ONE_BATCH] for at in range(0, len(images), IN_ONE_BATCH))

    def get_next(self) -> dict[str, Any] | None:
        batch = next(self._batches, None)
        return None if batch is None else {INPUT: batch}
