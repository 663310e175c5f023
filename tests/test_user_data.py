"""User data, through the real command."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench import main
from benchmarks.common.atomic_files import write_json
from benchmarks.records.dataset_file import name_of_user_data
from tests.benchmarks.datasets.sample_files import png, some_images, write_folder
from tests.cli_helpers import leaderboard
from tests.conftest import ROOT, Bench, a_dataset, bench_command

NAMES = ("apple & pear", "ж", "plum")
QUICK = ("--models", "knn", "--features", "pixels")


def fruit(root: Path, seed: int = 0) -> Path:
    """Write colour images of 30×20 pixels, dark on light, of classes that differ in the position of the ink."""
    images, labels = some_images(45, seed=seed, side=30)
    for label in range(3):
        images[labels == label, 4 + 7 * label : 10 + 7 * label, 8:16] = 255
    colour = np.stack([255 - images[:, :, :20]] * 3, axis=-1)
    return write_folder(root, colour, labels, NAMES)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """One run whose model is saved: the folder that it is in, with the images in ``My fruit``, and what it printed."""
    place, scratch = tmp_path_factory.mktemp("place"), tmp_path_factory.mktemp("scratch")
    path = fruit(place / "My fruit")
    done = subprocess.run(
        bench_command(place, "--dataset", str(path), *QUICK, "--keep-models", "--centre"),
        env={**os.environ, "DIGITBENCH_CACHE": str(scratch / "cache"), "TMPDIR": str(scratch), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return place, done.stdout


@pytest.mark.e2e
def test_a_folder_of_images_becomes_a_leaderboard_with_a_picture_and_names(once: tuple[Path, str]) -> None:
    place, printed = once
    results = place / "local" / "My-fruit"
    assert "polarity: dark on light, inverted" in printed
    assert f"original images beside prepared ones: {results / 'images.png'}" in printed
    picture = Image.open(io.BytesIO((results / "images.png").read_bytes()))
    assert picture.format == "PNG" and picture.width > 500
    stored = json.loads((results / "dataset.json").read_text())
    assert stored["class_names"] == sorted(NAMES) and stored["source"] == str(place / "My fruit")
    (record,) = [json.loads(file.read_text()) for file in results.glob("trials/*.json")]
    assert [scores["label"] for scores in record["evaluation"]["test"]["per_class"]] == sorted(NAMES)
    report = (results / "report.html").read_text()
    assert all(name.replace("&", "&amp;") in report for name in NAMES)
    assert float(leaderboard(place, "My-fruit")["knn@pixels"]["accuracy"]) > 0.5


def test_what_to_be_careful_with_is_in_the_leaderboard(bench: Bench, tmp_path: Path) -> None:
    images, labels = some_images(12, seed=3, side=30)
    fruit(tmp_path / "fruit" / "train")
    blank = os.fsencode(tmp_path / "fruit" / "train" / "plum") + b"/caf\xe9.png"  # not UTF-8
    Path(os.fsdecode(blank)).write_bytes(png(np.full((9, 9), 3, np.uint8)))
    write_folder(tmp_path / "fruit" / "test", images, labels, NAMES)
    done = bench("--dataset", str(tmp_path / "fruit"), "--models", "dummy", "--features", "pixels")
    assert done.returncode == 0 and "caf\\xe9.png: every pixel is" in done.stdout, done.stdout + done.stderr
    text = "CAREFUL: the test images are light on dark (12 of 12)"
    assert done.stdout.count(text) == 2, done.stdout + done.stderr
    assert text in (tmp_path / "local/fruit/LEADERBOARD.md").read_text()


def test_a_saved_model_predicts_what_it_was_trained_on_whatever_runs_later(
    once: tuple[Path, str], bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(once[0], tmp_path, dirs_exist_ok=True)
    path = once[0] / "My fruit"  # the results belong to images at that path
    predict = ["predict", "local", "knn", str(path / "plum" / "002.png"), "--json", "--results-dir", str(tmp_path)]
    assert main(predict) == 0
    before = capsys.readouterr().out
    assert set(json.loads(before)["images"][0]["probabilities"]) == set(NAMES)
    new = path / "a new class that is first"
    shutil.copytree(path / "plum", new)
    try:
        done = bench("--dataset", str(path), "--models", "dummy", "--features", "pixels")
        assert done.returncode == 0 and "4 classes" in done.stdout, done.stdout + done.stderr
        assert main(predict) == 0 and capsys.readouterr().out == before
    finally:
        shutil.rmtree(new)


def test_folders_of_the_same_name_get_separate_results(tmp_path: Path) -> None:
    (tmp_path / "fruit").mkdir()
    stored = a_dataset((0,), source="/a/fruit")
    write_json(tmp_path / "fruit" / "dataset.json", asdict(stored))
    assert name_of_user_data(tmp_path, "fruit", "/a/fruit", {"digits"}) == "fruit"
    other = name_of_user_data(tmp_path, "fruit", "/b/fruit", {"digits"})
    assert re.fullmatch(r"fruit-[0-9a-f]{6}", other)
    assert other == name_of_user_data(tmp_path, "fruit", "/b/fruit", {"digits"})
    assert name_of_user_data(tmp_path, "digits", "/a/digits", {"digits"}).startswith("digits-")
    assert name_of_user_data(tmp_path, "../../Käse & Brot", "/x", set()) == "K-se-Brot"
    assert name_of_user_data(tmp_path, "ж", "/y", set()) == "data"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--dataset", "fruits.npz"), "no such file or folder"),
        (("--dataset", "digit"), "did you mean digits"),
        (("--dataset", "digits", "--centre"), "'digits' is already preprocessed"),
        (("--dataset", str(ROOT / "README.md")), "unknown format"),
        (("--dataset", str(ROOT / ".ci")), "no subfolders"),
    ],
)
def test_errors_are_one_line_and_exit_code_2(
    arguments: tuple[str, ...], expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, *QUICK, "--results-dir", str(tmp_path / "results")]) == 2
    out, err = capsys.readouterr()
    assert out == "" and len(err.splitlines()) == 1 and expected in err
    assert not (tmp_path / "results").exists()
