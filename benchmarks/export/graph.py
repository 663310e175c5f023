"""An ONNX graph, written operator by operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from onnx import ModelProto, NodeProto, TensorProto

OPSET, ML_OPSET = 18, 3
"""The versions of the operators, and of those for classical models, that every part of a graph is written in."""
ML_DOMAIN = "ai.onnx.ml"
IR_VERSION = 9


class CannotExport(Exception):
    """A pipeline or a model cannot be written as ONNX operators; the message says why."""


class Graph:
    """A graph that grows at its end. Values are known by their names; every method returns those of its results."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self._scope = ""
        self._count = 0

    def begin(self, scope: str) -> None:
        """Let the names of what follows start with ``scope``."""
        self._scope = f"{scope}/"

    def constant(self, value: ArrayLike, dtype: str = "float32") -> str:
        """Return the name of a constant array."""
        import numpy as np
        from onnx import numpy_helper

        name = self._name("constant")
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def add(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add an operator with one result."""
        from onnx import helper

        name = self._name(operator)
        self.nodes.append(helper.make_node(operator, inputs, [name], name, domain=domain, **attributes))
        return name

    def top(self, values: str, k: int) -> tuple[str, str]:
        """Return the ``k`` largest values of each row, and their columns."""
        from onnx import helper

        name = self._name("TopK")
        outputs = [f"{name}/values", f"{name}/columns"]
        self.nodes.append(helper.make_node("TopK", [values, self.constant([k], "int64")], outputs, name))
        return outputs[0], outputs[1]

    def cast(self, value: str, dtype: str) -> str:
        """Convert a value to another type of numbers."""
        import numpy as np
        from onnx import helper

        return self.add("Cast", value, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def reshape(self, value: str, *shape: int) -> str:
        """Give a value another shape; 0 keeps an axis as it is, -1 is what remains."""
        return self.add("Reshape", value, self.constant(shape, "int64"))

    def sum(self, value: str, *axes: int, keep: bool = False) -> str:
        """Sum over axes, which stay with length one if ``keep``."""
        return self.add("ReduceSum", value, self.constant(axes, "int64"), keepdims=int(keep))

    def slice(self, value: str, axis: int, start: int, end: int) -> str:
        """Return the part from ``start`` to before ``end`` of an axis."""
        bounds = [self.constant([number], "int64") for number in (start, end, axis)]
        return self.add("Slice", value, *bounds)

    def absorb(self, model: ModelProto, value: str, what: str = "part") -> Sequence[str]:
        """Append all operators of another graph, which has one input; returns the names of its outputs.

        ``what`` it is becomes a part of their names.
        """
        from onnx import compose

        prefixed = compose.add_prefix(model, f"{self._name(what)}/").graph
        (given,) = prefixed.input
        for node in prefixed.node:
            node.input[:] = [value if name == given.name else name for name in node.input]
        self.nodes.extend(prefixed.node)
        self.constants.extend(prefixed.initializer)
        return [output.name for output in prefixed.output]

    def _name(self, what: str) -> str:
        self._count += 1
        return f"{self._scope}{what}-{self._count}"
