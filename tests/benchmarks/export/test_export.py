"""The files that ``export-model`` writes, and their card."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.common.dependencies import missing_modules
from benchmarks.common.errors import BenchError
from benchmarks.datasets.spec import Images
from benchmarks.inference.image_classifier import ImageClassifier
from benchmarks.inference.onnx_file import OnnxClassifier, read_about
from tests.benchmarks.export.helpers import LIBRARIES, SHAPE, digits, fitted

pytestmark = pytest.mark.skipif(bool(missing_modules(LIBRARIES)), reason="needs the extra 'export'")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a model that is exported with its card beside it."""
    from benchmarks.export.export import export_model

    path = tmp_path_factory.mktemp("exported") / "knn.onnx"
    done = export_model(fitted("knn"), digits(), path)
    assert done.labels_equal and [file.path for file in done.files] == [path] and done.card == path.with_suffix(".md")
    return path


def test_the_file_says_what_it_is(exported: Path) -> None:
    about = read_about(exported).about
    assert (about.row, about.model, about.features, about.dataset) == ("knn@pixels", "knn", "pixels", "digits")
    assert about.preparation.image_shape == SHAPE and about.accuracy == pytest.approx(0.8, abs=0.2)


def test_the_card_runs_as_written_with_onnxruntime_and_numpy_alone(exported: Path) -> None:
    card = exported.with_suffix(".md").read_text(encoding="utf-8")
    (snippet,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    script = f"{snippet}\nimport sys\nprint({{'sklearn', 'tensorflow', 'keras', 'joblib', 'onnx'}} & {{*sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=exported.parent, capture_output=True, text=True, timeout=120, check=True
    )
    assert re.fullmatch(r"\['\d'\]\nset\(\)\n", done.stdout)
    for said in ("0 of 200", "95 % interval", "## Limits", "Robustness was not measured", "k: 4"):
        assert said in card


def test_a_mismatch_is_said_and_written_into_the_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.export import export
    from benchmarks.export.evaluation import answers_of

    predictor, other = fitted("logistic"), fitted("linear-svm")
    monkeypatch.setattr(
        export, "answers_of", lambda model, images: answers_of(other if model is predictor else model, images)
    )
    done = export.export_model(predictor, digits(), tmp_path / "one.onnx")
    n = done.files[0].parity.n_different
    assert not done.labels_equal and n > 0 and any(f"{n} labels DIFFERENT" in line for line in done.lines())
    assert f"{n} of 200" in done.card.read_text(encoding="utf-8")


def test_int8_is_refused_for_what_is_no_network_before_anything_is_written(tmp_path: Path) -> None:
    from benchmarks.export.export import export_model

    with pytest.raises(BenchError, match="knn@pixels has no layers that --int8 could quantise"):
        export_model(fitted("knn"), digits(), tmp_path / "one.onnx", int8=True)
    with pytest.raises(BenchError, match=r"should end in \.onnx"):
        export_model(fitted("knn"), digits(), tmp_path / "README.md")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_network_is_quantised_on_images_that_are_not_of_the_test_set(tmp_path: Path) -> None:
    from benchmarks.export.export import export_model

    if missing := missing_modules(("keras", "tensorflow", "tf2onnx")):
        pytest.skip(f"needs {missing}")
    predictor = fitted("cnn-simple", epochs=3, min_steps=0, batch=32)
    empty = replace(digits().test, images=np.zeros_like(digits().test.images))
    full, small = export_model(predictor, digits(), tmp_path / "network.onnx", int8=True).files
    again = export_model(predictor, replace(digits(), test=empty), tmp_path / "again.onnx", int8=True).files[1]
    assert small.path.name == "network.int8.onnx" and small.n_bytes < full.n_bytes / 2
    assert small.parity.accuracy > full.parity.accuracy - 0.05
    assert read_about(small.path).row == "cnn-simple@pixels (int8)"
    assert same_answers(small.path, again.path, digits())


def same_answers(first: Path, second: Path, images: Images) -> bool:
    models: list[ImageClassifier] = [OnnxClassifier.load(path) for path in (first, second)]
    one, other = (model.predictions(images.validation.images)[1] for model in models)
    return one is not None and other is not None and bool((one == other).all())


def test_a_file_that_is_no_exported_model_gets_one_line(tmp_path: Path) -> None:
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1])
    other = helper.make_tensor_value_info("label", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["images"], ["label"])], "graph", [value], [other])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    (tmp_path / "foreign.onnx").write_bytes(model.SerializeToString())
    helper.set_model_props(model, {"digitbench": "{}"})
    (tmp_path / "empty.onnx").write_bytes(model.SerializeToString())
    (tmp_path / "text.onnx").write_text("no model")
    for name, reason in (
        ("foreign", "was not written by 'bench.py export-model'"),
        ("empty", "what it says of itself cannot be read"),
        ("text", "is no ONNX file that can be run"),
        ("never", "cannot be read"),
    ):
        with pytest.raises(BenchError, match=reason) as caught:
            read_about(tmp_path / f"{name}.onnx")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("there", ["one.onnx", "one.md", "one.int8.onnx"])
def test_files_that_are_there_are_not_replaced(there: str, tmp_path: Path) -> None:
    from benchmarks.export.export import check_absent

    check_absent(tmp_path / "one.onnx", int8=True)
    (tmp_path / there).touch()
    with pytest.raises(BenchError, match=f"{there} is there already; give another name with --out, or --force"):
        check_absent(tmp_path / "one.onnx", int8=True)
