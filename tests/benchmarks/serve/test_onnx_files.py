"""Exported models are served without the libraries that trained them."""

from __future__ import annotations

import html
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import main
from benchmarks.common.dependencies import missing_modules
from benchmarks.common.errors import BenchError
from tests.benchmarks.export.helpers import LIBRARIES, digits, fitted
from tests.benchmarks.serve.conftest import client_of
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(bool(missing_modules(LIBRARIES)), reason="needs the extra 'export'")

ANSWER = """
import json, sys
import numpy as np
from benchmarks.inference.answers import Options
from benchmarks.serve.messages import ImageArray, ModelSource, Question
from benchmarks.serve.model_process import _load, reply_to

predictor = _load(ModelSource("", "local", "digits", "logistic@pixels", onnx=sys.argv[1]))
images = ImageArray.of(np.load(sys.argv[2]))
answer = reply_to(predictor, Question(Options(pictures=True, feature_maps=True), array=images, max_pixels=10**6)).answer
libraries = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps([[image.label for image in answer.images], answer.kind, libraries]))
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two exported models, the less accurate first."""
    from benchmarks.export.export import export_model

    folder = tmp_path_factory.mktemp("exported")
    paths = folder / "knn.onnx", folder / "logistic.onnx"
    for path in paths:
        export_model(fitted(path.stem), digits(), path)
    return paths


def test_the_process_of_an_exported_model_imports_no_training_library(files: tuple[Path, Path], tmp_path: Path) -> None:
    import numpy as np

    images = digits().test.images[:5]
    np.save(tmp_path / "images.npy", images)
    done = subprocess.run(
        [sys.executable, "-c", ANSWER, str(files[1]), str(tmp_path / "images.npy")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    labels, kind, libraries = json.loads(done.stdout)
    expected, _ = fitted("logistic").predictions(images)
    assert labels == [str(label) for label in expected] and kind == "probabilities"
    assert not {"sklearn", "sklearnex", "tensorflow", "keras", "xgboost", "joblib", "jax"} & {*libraries}


def test_the_files_are_the_models_of_the_application(files: tuple[Path, Path]) -> None:
    pytest.importorskip("fastapi", reason="needs the extra 'serve'")
    from benchmarks.serve.app import build_app
    from benchmarks.serve.model_pool import PoolLimits
    from benchmarks.serve.served_files import ServedFiles

    with client_of(build_app(ServedFiles.open(files), PoolLimits(8000.0))) as client:
        models = client.get("/api/models").json()
        names = [model["name"] for model in models["models"]]
        assert sorted(names) == ["knn@pixels", "logistic@pixels"] and models["dataset"] == "digits"
        accuracies = [model["accuracy"] for model in models["models"]]
        assert accuracies == sorted(accuracies, reverse=True) and all(model["features"] for model in models["models"])
        answered = client.post("/api/predict?model=knn", json=digits().test.images[0].tolist()).json()["answers"]
        expected, _ = fitted("knn").predictions(digits().test.images[:1])
        assert [answer["images"][0]["label"] for answer in answered] == [str(expected[0])]
        page, described = client.get("/").text, client.get("/docs").text
        assert "models exported from run 'local', trained on digits" in html.unescape(page)
        assert "Leaderboard" not in page and 'href="report"' not in page
        assert f"'{str(client.base_url).rstrip('/')}/api/predict'" in described
        for path in ("/api/leaderboard", "/report"):
            assert client.get(path).status_code == 404


def test_files_that_cannot_be_served_together_are_named(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    from benchmarks.serve.served_files import ServedFiles

    with pytest.raises(BenchError, match="are both of knn@pixels"):
        ServedFiles.open([files[0], files[0]])
    for words, reason in (
        (["--onnx", str(files[0]), "--error", "1%"], "--error is of a run"),
        (["local", "--onnx", str(files[0])], "RUN is of a run"),
        (["--onnx", "never.onnx"], "never.onnx cannot be read"),
    ):
        assert main(["serve", "--port", "0", *words]) == 2
        output = capsys.readouterr()
        assert reason in output.err and output.err.count("\n") == 1 and output.out == ""
