"""A fitted pipeline → operators."""

from __future__ import annotations

from benchmarks.export.graph import CannotExport, Graph
from benchmarks.export.pipelines.deskewing import deskew
from benchmarks.export.pipelines.gradient_histograms import hog
from benchmarks.export.pipelines.maps import orientation_maps
from features.deskew import DeskewedPixels
from features.edges import Edges
from features.hog import HOG
from features.orientation_maps import OrientationMaps
from features.pixels import Pixels
from features.principal_components import PrincipalComponents
from features.spec import Transformer


def write_pipeline(graph: Graph, transformer: Transformer, images: str, shape: tuple[int, int]) -> str:
    """Return the float32 features, of shape (n, n_features), of uint8 images of shape (n, height, width).

    Raises ``CannotExport`` for a pipeline that has no operators, or is none of the suite's.
    """
    match transformer:
        case Pixels():
            return _scaled(graph, images, shape)
        case DeskewedPixels():
            return _scaled(graph, deskew(graph, images, shape), shape)
        case HOG():
            return hog(graph, transformer, images, shape)
        case OrientationMaps():
            return orientation_maps(graph, transformer, images, shape)
        case PrincipalComponents():
            X = write_pipeline(graph, transformer.transformer, images, shape)
            return _projected(graph, transformer, X)
        case Edges():
            raise CannotExport("Canny edges are connected components, which ONNX has no operator for")
        case _:
            raise CannotExport(f"the features of {type(transformer).__name__} have no ONNX operators")


def _scaled(graph: Graph, images: str, shape: tuple[int, int]) -> str:
    flat = graph.reshape(graph.cast(images, "float32"), -1, shape[0] * shape[1])
    return graph.add("Div", flat, graph.constant(255))


def _projected(graph: Graph, transformer: PrincipalComponents, X: str) -> str:
    pca = transformer.pca_
    centred = graph.add("Sub", X, graph.constant(pca.mean_))
    return graph.add("MatMul", centred, graph.constant(pca.components_.T))
