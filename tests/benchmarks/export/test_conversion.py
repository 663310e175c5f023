"""Pipelines and models as ONNX graphs answer as the originals do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.common.dependencies import missing_modules
from benchmarks.common.errors import BenchError
from benchmarks.export.conversion import convert, serialized
from benchmarks.export.evaluation import answers_of, compare
from benchmarks.export.graph import IR_VERSION, OPSET, Graph
from benchmarks.export.pipelines.writing import write_pipeline
from benchmarks.inference.onnx_file import OnnxClassifier
from benchmarks.records.saved_models import Fitted
from features.registry import FEATURES
from features.spec import Transformer
from models.spec import Setting
from tests.benchmarks.export.helpers import CLASSES, LIBRARIES, as_saved, digits, fitted

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytestmark = [
    pytest.mark.skipif(bool(missing_modules(LIBRARIES)), reason="needs the extra 'export'"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),  # so few images
]

PIPELINES = ("pixels", "deskew", "hog", "hog-deskew", "orientation-maps", "orientation-maps-pca")
FEW_TREES: dict[str, Setting] = {"trees": 10}
MODELS: dict[str, dict[str, Setting]] = {
    "logistic": {},
    "linear-svm": {},
    "svm-rbf": {},
    "svm-virtual": {},
    "ridge-random-features": {"components": 300},
    "knn": {},
    "knn-deskew": {"weights": "uniform"},
    "random-forest": {**FEW_TREES, "stock": True},  # the trees that the fast one tells are not quite its own
    "extra-trees": FEW_TREES,
    "xgboost": {"rounds": 5, "moved_copies": False},
    "hist-gradient-boosting": {"rounds": 5},
    "vote": {},
}
A_FEW_STEPS: dict[str, Setting] = {"epochs": 1, "min_steps": 0, "batch": 64}


def features_by_onnx(transformer: Transformer, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    import onnxruntime
    from onnx import TensorProto, helper

    graph = Graph()
    _, height, width = images.shape
    X = write_pipeline(graph, transformer, "images", (height, width))
    given = helper.make_tensor_value_info("images", TensorProto.UINT8, [None, *images.shape[1:]])
    result = helper.make_tensor_value_info(X, TensorProto.FLOAT, None)
    model = helper.make_model(
        helper.make_graph(graph.nodes, "features", [given], [result], graph.constants),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    session = onnxruntime.InferenceSession(model.SerializeToString())
    found: NDArray[np.float32] = session.run(None, {"images": images})[0]
    return found


def of_all_kinds(height: int, width: int) -> NDArray[np.uint8]:
    """Return digits in a frame, noise, a blank image, a full one, and lines, which have no spread in one direction."""
    framed = np.zeros((100, height, width), np.uint8)
    framed[:, 2:10, 5:13] = digits().train.images[:100]
    noise = np.random.default_rng(0).integers(0, 256, (20, height, width), np.uint8)
    special = np.zeros((4, height, width), np.uint8)
    special[1], special[2, 4], special[3, :, 3] = 255, 255, 200
    return np.concatenate([framed, noise, special])


@pytest.mark.parametrize("shape", [(28, 28), (17, 22)])
@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_computes_the_same_features(name: str, shape: tuple[int, int]) -> None:
    images = of_all_kinds(*shape)
    transformer = FEATURES[name].build().fit(images)
    expected = transformer.transform(images)
    assert features_by_onnx(transformer, images) == pytest.approx(expected, abs=2e-5)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_answers_the_same(name: str) -> None:
    _answers_the_same(name, "pixels", MODELS[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mlp", "lenet5", "cnn", "cnn-ensemble"])
def test_a_network_answers_the_same(name: str) -> None:
    if missing := missing_modules(("keras", "tensorflow", "tf2onnx")):
        pytest.skip(f"needs {missing}")
    ensemble: dict[str, Setting] = {"networks": 2} if name == "cnn-ensemble" else {}
    # of networks in bfloat16 the export has more digits than the original
    _answers_the_same(name, "pixels", {**A_FEW_STEPS, "precision": "float32", **ensemble})


def _answers_the_same(name: str, features: str, changed: dict[str, Setting]) -> None:
    predictor, test = fitted(name, features, **changed), digits().test
    exported = OnnxClassifier.of(serialized(convert(predictor)), name)
    parity = compare(exported, answers_of(predictor, test.images), test)
    # a score of a support vector machine counts the pairs of classes that it wins, and one may be nearly undecided
    limit = 1.1 if parity.kind == "score" else 2e-3
    assert parity.labels_equal and parity.largest_difference is not None and parity.largest_difference < limit
    assert exported.row == f"{name}@{features}" and exported.classes == CLASSES
    assert parity.accuracy == parity.original_accuracy


def test_a_neighbour_that_is_the_image_itself_has_all_the_weight() -> None:
    predictor, images = fitted("knn"), digits().train.images[:50]
    _, expected = predictor.predictions(images)
    _, found = OnnxClassifier.of(serialized(convert(predictor)), "knn").predictions(images)
    # the fast implementation has lost some digits of a distance of zero
    assert found is not None and found == pytest.approx(expected, abs=0.01) and (found.max(axis=1) == 1).all()


class OnlyPredicts:
    def fit(self, X: NDArray[np.float32], y: NDArray[np.int64]) -> OnlyPredicts:
        return self

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.int64]:
        return np.zeros(len(X), np.int64)


def test_what_has_no_operators_is_refused_in_one_line_with_the_reason() -> None:
    pixels = FEATURES["pixels"].build()
    cases = {
        "logistic@edges cannot be exported: Canny edges are connected components": fitted("logistic", "edges"),
        "own@pixels cannot be exported: OnlyPredicts is neither": as_saved(
            Fitted(OnlyPredicts(), pixels, (8, 8)), "own", "pixels"
        ),
        "dummy@pixels cannot be exported: skl2onnx cannot convert DummyClassifier": fitted("dummy"),
    }
    for reason, predictor in cases.items():
        with pytest.raises(BenchError) as caught:
            convert(predictor)
        assert str(caught.value).startswith(reason) and "\n" not in str(caught.value)


def test_a_model_that_never_saw_a_class_is_refused() -> None:
    from sklearn.linear_model import LogisticRegression

    images = digits().train
    some = images.labels < 9
    pixels = FEATURES["pixels"].build()
    model = LogisticRegression().fit(pixels.transform(images.images[some]), images.labels[some])
    with pytest.raises(BenchError, match="not trained on images of every class"):
        convert(as_saved(Fitted(model, pixels, (8, 8)), "own", "pixels"))
