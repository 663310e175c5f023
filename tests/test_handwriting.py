"""One's own handwriting, photographed or scanned: from a folder to a leaderboard, and through ``predict``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench import main
from benchmarks.api import BenchError, Predictor, Run, run
from benchmarks.common.signatures import SIGNATURE
from benchmarks.datasets.readers.image_file import read_image
from benchmarks.records.saved_models import DATA
from tests.benchmarks.datasets.handwriting import PHOTOGRAPH, SCAN, THIN_PEN, Paper, write_class_folders
from tests.cli_helpers import leaderboard, records
from tests.conftest import Bench

DIGITS = ("0", "1", "4", "7")
SMALL_PHOTOGRAPH = replace(PHOTOGRAPH, height=480, width=360, pen=12)
KINDS = {
    "photographs, normalised": (SMALL_PHOTOGRAPH, False, ("--normalise",)),
    "photographs in a shadow, at 16": (
        replace(SMALL_PHOTOGRAPH, shadow=0.5),
        False,
        ("--normalise", "--image-size", "16"),
    ),
    "scans": (SCAN, False, ()),
    "framed scans on ruled paper, centred": (replace(SCAN, frame=10, ruled=40), False, ("--centre",)),
    "a blackboard, at 32": (SCAN, True, ("--centre", "--image-size", "32")),
    "a thin pen on a large sheet, at 64": (
        replace(THIN_PEN, height=500, width=400),
        False,
        ("--normalise", "--image-size", "64"),
    ),
}


def written(root: Path, on: Paper, inverted: bool = False, n: int = 10) -> Path:
    write_class_folders(root / "train", on, n, digits=DIGITS, inverted=inverted)
    write_class_folders(root / "test", on, 4, seed=1, digits=DIGITS, inverted=inverted)
    return root


@pytest.mark.parametrize(
    "kind",
    [kind if kind == "photographs, normalised" else pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS],
)
def test_predict_says_of_each_test_image_what_the_run_did(
    kind: str, bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    on, inverted, options = KINDS[kind]
    path = written(tmp_path / "mine", on, inverted)
    words = ("--dataset", str(path), "--models", "logistic", "--features", "hog", "--keep-models", *options)
    done = bench(*words)
    assert done.returncode == 0 and "CAREFUL" not in done.stdout, done.stdout + done.stderr
    assert float(leaderboard(tmp_path, "mine")["logistic@hog"]["accuracy"]) > 0.8
    side = int(options[options.index("--image-size") + 1]) if "--image-size" in options else 28
    about = json.loads((tmp_path / "local/mine/dataset.json").read_text())
    assert about["image_shape"] == [side, side] and about["normalised"] == ("--normalise" in options)
    (record,) = records(tmp_path).values()
    assert record["image_shape"] == [side, side]

    files = sorted(str(file) for file in (path / "test").rglob("*.jpg"))
    assert main(["predict", "local", "logistic", *files, "--json", "--results-dir", str(tmp_path)]) == 0
    predicted = capsys.readouterr()
    assert predicted.err == ""
    shown = json.loads(predicted.out)["images"]
    with np.load(tmp_path / "local/mine/predictions/logistic@hog-s0.npz") as stored:
        assert [DIGITS[label] for label in stored["y_pred"]] == [image["label"] for image in shown]
        shares = [[image["probabilities"][digit] for digit in DIGITS] for image in shown]
        assert np.allclose(stored["y_prob"], shares, atol=2e-3)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run on scans, whose models are saved."""
    path = written(tmp_path_factory.mktemp("data") / "mine", SCAN)
    results = tmp_path_factory.mktemp("results")
    return run("knn", path, features="pixels", results_dir=results, keep_models=True, cache=False, centre=True)


@pytest.mark.e2e
def test_an_image_of_the_other_polarity_is_said_and_not_inverted(
    done: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_class_folders(tmp_path, SCAN, 1, seed=5, digits=DIGITS)
    files = sorted(tmp_path.rglob("*.jpg"))
    inverted = tmp_path / "inverted.png"
    Image.fromarray(255 - read_image(files[0])).save(inverted)
    words = ["predict", "local", "knn", *map(str, files), str(inverted), "--results-dir", str(done.results_dir)]
    assert main([*words, "--json"]) == 0
    output = capsys.readouterr()
    assert output.err.count("\n") == 1 and "1 of 5 images look light on dark" in output.err
    assert "if they are light on dark, give --polarity auto: " in output.err
    assert "inverted.png" in output.err and "--polarity" in output.err
    flags = [image["contradicts_polarity"] for image in json.loads(output.out)["images"]]
    assert flags == [False] * 4 + [True]
    assert main([*words, "--polarity", "auto"]) == 0
    output = capsys.readouterr()
    assert output.err == "" and output.out.splitlines()[-1].startswith(f"{inverted}: 0")


@pytest.mark.e2e
def test_arrays_are_prepared_as_the_training_images_were(done: Run, tmp_path: Path) -> None:
    predictor = Predictor.load(done, "knn")
    assert predictor.preparation.dark_on_light and predictor.preparation.centred
    write_class_folders(tmp_path, SCAN, 2, seed=6, digits=DIGITS)
    originals = [read_image(file) for file in sorted(tmp_path.rglob("*.jpg"))]
    expected = [digit for digit in DIGITS for _ in range(2)]
    assert predictor.predict(originals).tolist() == expected
    small = np.stack([np.asarray(Image.fromarray(image).convert("L").resize((28, 28))) for image in originals])
    assert predictor.predict(small).tolist() == expected, "arrays of the model's own size are originals too"
    assert not predictor.prepare(small).contradicting.any() and predictor.prepare(255 - small).contradicting.all()
    assert not predictor.prepare(255 - small, "light-on-dark").contradicting.any()
    assert predictor.predict(255 - small, "light-on-dark").tolist() == expected
    opaque = np.dstack([small[0]] * 3 + [np.full_like(small[0], 255)])[None]
    assert predictor.predict(opaque).tolist() == expected[:1]


@pytest.mark.e2e
def test_a_model_of_other_data_than_its_result_says_is_refused(done: Run) -> None:
    (folder,) = (done.folder / "models").iterdir()
    stored, signature = (folder / DATA).read_text(), (folder / SIGNATURE).read_text()
    try:
        (folder / DATA).write_text(json.dumps({**json.loads(stored), "data_hash": "another"}))
        with pytest.raises(BenchError, match="was not trained on the data of its result"):
            Predictor.load(done, "knn", trust=True)
        (folder / DATA).unlink()
        with pytest.raises(BenchError, match="it is damaged"):
            Predictor.load(done, "knn", trust=True)
        (folder / SIGNATURE).unlink()
        with pytest.raises(BenchError, match="without how its images were prepared"):
            Predictor.load(done, "knn", trust=True)
    finally:
        (folder / DATA).write_text(stored)
        (folder / SIGNATURE).write_text(signature)


@pytest.mark.parametrize(
    ("size", "message"), [(7, "from 8 to 256"), (257, "from 8 to 256"), (0, "whole number above 0")]
)
def test_image_sizes_that_cannot_be_are_refused(size: int, message: str, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=message):
        run("knn", "digits", image_size=size, results_dir=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.e2e
@pytest.mark.parametrize("side", [16, 64])
def test_a_published_dataset_at_another_size_is_other_data(side: int, bench: Bench, tmp_path: Path) -> None:
    words = ("--dataset", "digits", "--models", "knn", "--features", "pixels", "--keep-models")
    done = bench(*words, "--image-size", str(side))
    assert done.returncode == 0 and f"of {side}×{side} pixels" in done.stdout, done.stdout + done.stderr
    assert "ok, reused" in bench(*words, "--image-size", str(side)).stdout
    assert f"--image-size {side}" in (tmp_path / "local/digits/report.html").read_text()
    predictor = Predictor.load("local", "knn", results_dir=tmp_path)
    assert predictor.predict(np.zeros((2, side, side))).shape == (2,)
    assert "re-run: preparation of the images changed" in bench(*words).stdout
