"""Saved models predict image files."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from bench import main
from benchmarks.common.signatures import SIGNATURE, sign
from benchmarks.records.store import ResultStore
from tests.benchmarks.datasets.handwriting import PHOTOGRAPH, write_class_folders
from tests.cli_helpers import QUICK, copied_dataset, records
from tests.conftest import ROOT, Bench, a_result

CARELESS = str(ROOT / "tests/plugins/failing_models.py")
MODELS = "knn,saves-itself,cannot-pickle"
RUN = ("--plugin", CARELESS, "--models", MODELS, *QUICK, "--train-size", "600", "--keep-models")


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run with --keep-models: the folder of its results, and what it printed."""
    results, scratch = tmp_path_factory.mktemp("results"), tmp_path_factory.mktemp("scratch")
    plugin = shutil.copy(CARELESS, results / "care-less.py")  # no name that Python could import
    words = [str(plugin) if word == CARELESS else word for word in RUN]
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench.py"), *words, "--results-dir", str(results)],
        env={**os.environ, "DIGITBENCH_CACHE": str(scratch / "cache"), "TMPDIR": str(scratch), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return results, done.stdout


@pytest.fixture
def results(once: tuple[Path, str], tmp_path: Path) -> Path:
    """A copy of that run, to do with as one likes."""
    return Path(shutil.copytree(once[0], tmp_path / "results"))


@pytest.fixture
def images(tmp_path: Path) -> list[str]:
    """Files of a 0, a 1 and a 2 that differ in size, polarity and format."""
    digits = load_digits().images
    shades = [np.uint8(digits[0] * 15), np.uint8(255 - digits[1] * 15), np.uint8(digits[12] * 15)]
    sizes = [(28, 28), (140, 140), (63, 63)]
    files = []
    for shade, size, name in zip(shades, sizes, ("zero.png", "one.bmp", "two.tiff"), strict=True):
        files.append(str(tmp_path / name))
        Image.fromarray(shade).resize(size, Image.Resampling.BICUBIC).save(files[-1])
    return files


def test_a_kept_model_reads_images_of_any_size_and_polarity(
    results: Path, images: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("knn@pixels", "knn", "saves-itself"):
        words = ["predict", "local", name, *images, "--results-dir", str(results), "--polarity", "auto"]
        assert main(words) == 0
        output = capsys.readouterr()
        lines = output.out.splitlines()
        assert [line.split(": ")[1][0] for line in lines] == ["0", "1", "2"] and output.err == ""
        assert [line.split(": ")[0] for line in lines] == images
    assert main(["predict", "local", "knn", images[0], "--results-dir", str(results)]) == 0
    likeliest = capsys.readouterr().out.partition("(")[2].split(", ")
    assert len(likeliest) == 3 and likeliest[0].startswith("0 ")


def test_json_has_the_probability_of_every_class_or_null(
    results: Path, images: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["predict", "local", "knn", *images, "--json", "--results-dir", str(results), "--polarity"]
    assert main([*words, "auto"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["trial"] == "knn@pixels-s0-n600" and [image["label"] for image in shown["images"]] == [
        "0",
        "1",
        "2",
    ]
    for image in shown["images"]:
        assert list(image["probabilities"]) == [str(digit) for digit in range(10)]
        assert sum(image["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert main(["predict", "local", "saves-itself", images[0], "--json", "--results-dir", str(results)]) == 0
    assert json.loads(capsys.readouterr().out)["images"][0]["probabilities"] is None


def test_polarity_can_be_given(results: Path, images: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    words = ["predict", "local", "saves-itself", images[0], "--results-dir", str(results), "--polarity"]
    assert main([*words, "light-on-dark"]) == 0 and ": 0\n" in capsys.readouterr().out
    assert main([*words, "dark-on-light"]) == 0 and ": 0\n" not in capsys.readouterr().out


def test_a_folder_or_a_glob_is_predicted_and_one_missing_file_keeps_no_other_from_it(
    results: Path, images: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(images[0]).parent
    (folder / "notes.txt").write_text("no image")
    words = ["predict", "local", "knn", "--results-dir", str(results), "--polarity", "auto"]
    for place in (str(folder / "*.*[pf]"), str(folder)):
        assert main([*words, place]) == 0
        shown = capsys.readouterr().out
        assert all(f"{image}: " in shown for image in images[1:]) and "notes" not in shown
    missing = str(folder / "nowhere.png")
    assert main([*words, images[0], missing, images[1], "--json"]) == 2
    output = capsys.readouterr()
    assert output.err.count("\n") == 1 and f"{missing} cannot be read" in output.err
    answers = json.loads(output.out)
    assert [one["label"] for one in answers["images"]] == ["0", "1"] and answers["unreadable"][0]["image"] == missing
    (tmp_path / "empty").mkdir()
    assert "folder without images" in one_line(capsys, "local", "knn", str(tmp_path / "empty"), *words[3:])


def test_an_odd_image_and_an_odd_name_keep_no_other_from_being_predicted(
    results: Path, images: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own"
    (own / "below").mkdir(parents=True)
    (own / "below" / "loop").symlink_to(own)
    shutil.copy(images[0], own / "a\nb.png")
    Image.new("L", (1, 1), 3).save(own / "dark.png")
    assert main(["predict", "local", "knn", str(own / "**" / "*.png"), "--results-dir", str(results)]) == 2
    output = capsys.readouterr()
    assert output.out.startswith(f"{own}/a\\nb.png: 0 ") and output.out.count("\n") == 1
    assert f"{own}/dark.png: the images: no value is above 3" in output.err


def test_a_blank_image_gets_no_label_and_one_of_0_and_1_is_black_and_white(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blank, two_values = str(tmp_path / "blank.png"), str(tmp_path / "two.png")
    Image.new("L", (60, 60), 200).save(blank)
    zero = np.asarray(Image.fromarray(np.uint8(load_digits().images[0] * 15)).resize((56, 56)))
    Image.fromarray(np.uint8(zero > 90)).save(two_values)
    words = ["predict", "local", "knn", blank, two_values, "--results-dir", str(results)]
    assert main(words) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith(f"{blank}: nothing drawn\n{two_values}: 0 ")
    assert "1 image of 0 and 1: read as black and white" in shown.err
    assert main([*words, "--json"]) == 0
    first = json.loads(capsys.readouterr().out)["images"][0]
    assert first["label"] is None and first["probabilities"] is None and first["status"] == "nothing drawn"


def test_what_is_dark_on_light_or_too_faint_is_told_from_what_is_blank(
    results: Path, images: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    thin, faint = np.full((600, 600), 255, np.uint8), np.uint8(load_digits().images[12] * 2)
    thin[100:500, 298:301] = 60
    Image.fromarray(thin).save(tmp_path / "thin.png")
    Image.fromarray(faint).resize((28, 28)).save(tmp_path / "faint.png")
    Image.new("L", (60, 60), 200).save(tmp_path / "blank.png")
    names = ["thin.png", "faint.png", "blank.png"]
    words = ["predict", "local", "knn", images[1], *(str(tmp_path / name) for name in names), "--json"]
    words += ["--results-dir", str(results)]

    def said(*options: str) -> tuple[str, list[tuple[str, str | None]]]:
        assert main([*words, *options]) == 0
        shown = capsys.readouterr()
        return shown.err, [(one["status"], one["try"]) for one in json.loads(shown.out)["images"]]

    both = "--polarity auto --normalise"
    warned, found = said()
    assert found == [("ok", "--polarity auto"), ("hidden", both), ("hidden", "--normalise"), ("nothing drawn", None)]
    lines = warned.splitlines()
    assert (
        f"2 of 4 images look dark on light, but all are read as light on dark; if they are dark on light, give {both}: "
        in lines[0]
    )
    assert len(lines) == 2 and f"try {both}: " in lines[1]
    assert said("--centre", "--polarity", "light-on-dark")[1][0] == ("hidden", "--polarity auto")
    assert said(*both.split()) == ("", [("ok", None)] * 3 + [("nothing drawn", None)])
    assert main([word for word in words if word != "--json"]) == 0
    assert f"thin.png: dark on light and too faint: give {both}\n" in capsys.readouterr().out


def test_photographs_are_named_with_the_option_that_makes_them_like_the_training(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photograph = replace(PHOTOGRAPH, height=480, width=360, shadow=0.5)
    files = sorted(write_class_folders(tmp_path / "photos", photograph, 2, digits=("2", "3", "7")).rglob("*.jpg"))
    words = ["predict", "local", "knn", str(tmp_path / "photos"), "--results-dir", str(results), "--json"]

    def right(*options: str) -> tuple[int, str]:
        assert main([*words, "--polarity", "dark-on-light", *options]) == 0
        shown = capsys.readouterr()
        labels = [one["label"] for one in json.loads(shown.out)["images"]]
        return sum(file.parent.name == label for file, label in zip(files, labels, strict=True)), shown.err

    (before, warned), (after, unwarned) = right(), right("--normalise")
    assert "6 of 6 images are unlike those that it was trained on" in warned and "try --normalise" in warned
    assert after > before and unwarned == ""


def test_a_suggested_command_works_when_it_is_pasted(
    results: Path,
    images: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DIGITBENCH_CACHE", str(tmp_path / "cache"))
    plugin = str(results / "care-less.py")
    words = ["local", "knn", images[0], "--error", "5%", "--results-dir", str(results), "--plugin", plugin]
    suggested = one_line(capsys, *words).partition("run: ")[2]
    assert f"--plugin {plugin} --results-dir {results}" in suggested
    assert main(shlex.split(suggested)[2:]) == 0
    capsys.readouterr()
    assert main(["predict", *words]) == 0


def test_numbers_are_read_and_what_shows_none_is_one_line(
    results: Path, images: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    number, blank, boxes = (str(tmp_path / name) for name in ("number.png", "blank.png", "boxes.png"))
    digits = [np.asarray(Image.fromarray(np.uint8(load_digits().images[i] * 15)).resize((80, 80))) for i in (0, 1, 12)]
    Image.fromarray(255 - np.pad(np.hstack(digits), 10)).save(number)
    Image.new("L", (80, 60), 200).save(blank)
    where = ["--row", "knn", "--results-dir", str(results)]
    assert main(["read", number, *where, "--boxes", boxes]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"{number}: 012  (least certain: ") and shown.count("\n") == 1
    with Image.open(boxes) as marked:
        assert marked.width == 260 and marked.height > 100
    assert main(["read", number, number, *where, "--json"]) == 0
    read = json.loads(capsys.readouterr().out)["images"]
    assert [one["number"] for one in read] == ["012", "012"] and len(read[0]["digits"]) == 3
    for words, why in (
        ([blank], "nothing is drawn"),
        ([__file__], "cannot be read as an image"),
        ([number, number, "--boxes", boxes], "give one image"),
        ([number, "--boxes", str(tmp_path / "boxes.zip")], "cannot be written"),
    ):
        assert main(["read", *words, *where]) == 2
        problem = capsys.readouterr()
        assert why in problem.err and problem.err.count("\n") == 1 and problem.out == ""


def test_a_file_that_shows_no_number_keeps_no_other_from_being_read(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "numbers"
    folder.mkdir()
    Image.new("L", (80, 60), 200).save(folder / "blank.png")
    (folder / "broken.png").write_bytes(b"no image")
    two = Image.fromarray(np.uint8(load_digits().images[12] * 15)).resize((80, 80))
    Image.fromarray(np.pad(np.asarray(two), 10)).save(folder / "two.png")
    for place in (folder, folder / "*.png"):
        assert main(["read", str(place), "--row", "knn", "--results-dir", str(results), "--json"]) == 2
        shown = capsys.readouterr()
        said = json.loads(shown.out)
        assert [(one["image"], one["number"]) for one in said["images"]] == [(str(folder / "two.png"), "2")]
        assert [one["image"] for one in said["unreadable"]] == [str(folder / "blank.png"), str(folder / "broken.png")]
        assert "blank.png: nothing is drawn there\n" in shown.err and shown.err.count("\n") == 2


def test_a_model_that_cannot_be_kept_is_named_and_its_result_stays(once: tuple[Path, str]) -> None:
    results, printed = once
    assert "the model of cannot-pickle@pixels-s0-n600 is not saved: " in printed and "lambda" in printed
    stored = records(results)
    assert all(record["status"] == "ok" for record in stored.values()) and len(stored) == 3
    kept = {path.name for path in (results / "local/digits/models").iterdir()}
    assert kept == set(stored) - {"cannot-pickle@pixels-s0-n600"}
    assert not list(results.rglob(".part-*"))


@pytest.mark.slow
def test_a_trial_is_run_again_only_for_a_model_that_was_not_kept(bench: Bench, tmp_path: Path) -> None:
    run = ("--models", "dummy", *QUICK)
    assert bench(*run).returncode == 0
    assert not (tmp_path / "local/digits/models").exists()
    assert "is re-run: its model was not saved" in bench(*run, "--keep-models").stdout
    assert [path.is_dir() for path in (tmp_path / "local/digits/models").iterdir()] == [True]
    assert "ok, reused" in bench(*run, "--keep-models").stdout
    again = bench(*run, "--force").stdout
    assert "is re-run: --force" in again


def test_a_new_result_without_its_model_leaves_no_old_model_behind(tmp_path: Path) -> None:
    store = ResultStore(tmp_path, "r", "d")
    model = tmp_path / "model"
    model.mkdir()
    (model / "weights").write_text("1")
    result = a_result()
    store.save(result, None, model)
    assert (store.model_folder(result) / "weights").read_text() == "1"
    store.save(result, None)
    assert not store.model_folder(result).exists()
    (store.folder / "models" / ".part-x").mkdir()
    store.tidy()
    assert list((store.folder / "models").iterdir()) == []


def test_code_that_changed_since_is_said(
    results: Path, once: tuple[Path, str], images: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    record = results / "local/digits/trials/saves-itself@pixels-s0-n600.json"
    stored = json.loads(record.read_text())
    stored["inputs"]["code"] = "other"
    record.write_text(json.dumps(stored))
    assert main(["predict", "local", "saves-itself", images[0], "--results-dir", str(results)]) == 0
    assert "code changed since it was trained" in capsys.readouterr().err


def one_line(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["predict", *words]) == 2
    output = capsys.readouterr()
    assert output.out == "" and output.err.count("\n") == 1
    return output.err


def test_bad_input_gets_one_clear_line(
    results: Path, images: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ("--results-dir", str(results))
    assert "no run 'never'" in one_line(capsys, "never", "knn", images[0], *place)
    assert "plain name" in one_line(capsys, "../local", "knn", images[0], *place)
    assert "has no saved model 'svm'; it has: knn@pixels" in one_line(capsys, "local", "svm", images[0], *place)
    assert "no model is saved in run 'local' on mnist" in one_line(
        capsys, "local", "knn", images[0], "--dataset", "mnist", *place
    )
    for run in ("local", "never"):  # what is missing is said before a model is loaded
        assert "nowhere.png cannot be read" in one_line(capsys, run, "knn", "nowhere.png", *place)
    assert "cannot be read as an image" in one_line(capsys, "local", "knn", __file__, *place)
    copied_dataset(results / "local/digits", "letters")
    assert "knn@pixels on digits, knn@pixels on letters" in one_line(capsys, "local", "knn", images[0], *place)


def test_a_damaged_or_orphaned_model_gets_one_clear_line(
    results: Path, once: tuple[Path, str], images: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = results / "local/digits/models"
    model = folder / "knn@pixels-s0-n600/model.joblib"
    model.write_bytes(model.read_bytes()[:1000])
    words = (images[0], "--results-dir", str(results), "--trust")
    assert "run the trial again with --keep-models --force" in one_line(capsys, "local", "knn", *words)
    about = folder / "saves-itself@pixels-s0-n600/about.json"
    about.write_text(about.read_text().replace("care-less.py", "gone.py"))
    assert "gone.py, and there is no such file now" in one_line(capsys, "local", "saves-itself", *words)
    about.write_text("{}")
    assert "KeyError" in one_line(capsys, "local", "saves-itself", *words)


MARKER = "import pathlib; pathlib.Path({!r}).touch()"


class RunsCode:
    """What an attacker puts in the place of a model."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, (MARKER.format(str(self.marker)),)


WAYS = ("other key", "no key", "no signature", "other model", "one more file", "other plug-in")


@pytest.mark.parametrize("way", WAYS)
def test_a_model_from_elsewhere_runs_nothing_without_trust(
    way: str,
    results: Path,
    images: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = results / "local/digits/models/knn@pixels-s0-n600"
    marker, plugin = tmp_path / "it-was-run", tmp_path / "evil.py"
    plugin.write_text(MARKER.format(str(marker)))
    match way:
        case "other key" | "no key":
            monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "elsewhere"))
            if way == "other key":
                (tmp_path / "own").mkdir()
                sign(tmp_path / "own")
        case "no signature":
            (folder / SIGNATURE).unlink()
        case "other model":
            joblib.dump(RunsCode(marker), folder / "model.joblib")
        case "one more file":
            (folder / "class.txt").write_text("evil:Model")
        case "other plug-in":
            about = json.loads((folder / "about.json").read_text())
            (folder / "about.json").write_text(json.dumps({**about, "plugins": [str(plugin)]}))
    words = ("local", "knn", images[0], "--results-dir", str(results))
    said = one_line(capsys, *words)
    assert "--trust" in said and "model.joblib and transformer.joblib" in said and not marker.exists()
    assert (str(plugin) in said) == (way == "other plug-in")
    if way in ("other key", "no key", "no signature"):
        assert main(["predict", *words, "--trust"]) == 0


@pytest.mark.parametrize("what", ["FIFO", "link", "folder"])
def test_what_is_no_file_of_a_model_is_refused(
    what: str, results: Path, images: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    place = results / "local/digits/models/knn@pixels-s0-n600/signature.txt"
    place.unlink()
    match what:
        case "FIFO":
            os.mkfifo(place)
        case "link":
            place.symlink_to("/dev/zero")
        case "folder":
            place.mkdir()
    assert "--trust" in one_line(capsys, "local", "knn", images[0], "--results-dir", str(results))


def test_kept_models_are_ignored_by_git() -> None:
    for run in ("local", "reference"):
        path = f"results/{run}/mnist/models/knn@pixels-s0/model.joblib"
        assert subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT).returncode == 0
