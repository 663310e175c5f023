"""What the graph of a model answers, and how parts of it are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.export.graph import CannotExport, Graph

if TYPE_CHECKING:
    from onnx import ModelProto


@dataclass(frozen=True)
class Answers:
    """The names of a graph's results.

    ``label``: int64, of shape (n,). ``probabilities`` or else ``scores``: of shape (n, n_classes); None where the
    model has none.
    """

    label: str
    probabilities: str | None = None
    scores: str | None = None


def most_probable(graph: Graph, probabilities: str) -> Answers:
    """Return answers of which the label is the most probable class."""
    return Answers(graph.add("ArgMax", probabilities, axis=1, keepdims=0), probabilities)


def absorb_classifier(graph: Graph, model: ModelProto, X: str) -> tuple[str, str]:
    """Append a converter's graph, which answers labels and probabilities or scores; returns the names of both.

    Raises ``CannotExport`` if it uses other versions of operators than the rest.
    """
    from onnx import version_converter

    from benchmarks.export.graph import OPSET

    versions = {one.domain: one.version for one in model.opset_import}
    if versions.get("", OPSET) != OPSET:
        try:
            model = version_converter.convert_version(model, OPSET)
        except Exception as error:
            raise CannotExport(f"operators of version {versions['']} cannot be raised to {OPSET}") from error
    label, values = graph.absorb(model, X)
    return label, values
