"""``--weights FILE``, from the outside."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from benchmarks.catalog.catalog import load_catalog
from benchmarks.catalog.weight_files import LARGEST, use_weights, with_weight_files
from benchmarks.common.errors import BenchError
from benchmarks.provenance.fingerprint import inputs_of, pipeline_hash
from benchmarks.records.trial import Trial
from features.pretrained.backbones import RESNET50, VGG16
from tests.cli_helpers import records
from tests.conftest import Bench
from tests.weight_files import give_no_file, write_headings, write_weights

pytest.importorskip("h5py")
RUN = ("--models", "vgg16", "--dataset", "digits", "--train-size", "300")
KEY = "vgg16@vgg16-imagenet-s0-n300"


@pytest.fixture
def no_file_given(monkeypatch: pytest.MonkeyPatch) -> None:
    give_no_file(monkeypatch)


def test_a_file_is_known_by_its_layers(tmp_path: Path, no_file_given: None) -> None:
    files = [write_headings(tmp_path / f"{name}.h5", name) for name in ("resnet50", "vgg16")]
    catalog = with_weight_files(load_catalog(), files)
    assert catalog.weights == dict(zip(("resnet50", "vgg16"), files, strict=True))
    chosen = catalog.features["vgg16-imagenet"].weights
    assert chosen and chosen.given == files[1] and VGG16.given is None
    use_weights(catalog, {"vgg16": files[1]})
    assert VGG16.given == files[1] and RESNET50.given is None


def test_two_files_for_one_network_are_refused(tmp_path: Path, no_file_given: None) -> None:
    with pytest.raises(BenchError, match="both for vgg16"):
        with_weight_files(load_catalog(), [write_headings(tmp_path / name) for name in ("a.h5", "b.h5")])


def test_other_weights_are_other_inputs_for_those_who_use_them_and_for_nobody_else(
    tmp_path: Path, no_file_given: None
) -> None:
    catalog = load_catalog()
    trials = [Trial(model, features, "digits") for model, features in (("vgg16", "vgg16-imagenet"), ("knn", "pixels"))]
    before = [(inputs_of(trial, catalog, "d"), pipeline_hash(trial.features, catalog)) for trial in trials]
    assert before[0][0].weights == VGG16.md5 and before[1][0].weights == ""
    catalog = with_weight_files(catalog, [write_headings(tmp_path / "given.h5")])
    after = [(inputs_of(trial, catalog, "d"), pipeline_hash(trial.features, catalog)) for trial in trials]
    assert after[0][0].changed_since(before[0][0]) == ["weights"] and after[0][1] != before[0][1]
    assert after[1] == before[1]


def test_a_wrong_file_gets_one_clear_line(bench: Bench, tmp_path: Path) -> None:
    text = tmp_path / "text.h5"
    text.write_text("no weights")
    other = write_headings(tmp_path / "other.weights.h5")
    large = tmp_path / "large.h5"
    large.touch()
    os.truncate(large, LARGEST + 1)
    os.mkfifo(tmp_path / "fifo.h5")
    for file, message in (
        (tmp_path / "nowhere.h5", "there is no such file"),
        (tmp_path, "there is no such file"),
        (text, "no HDF5 file that can be read"),
        (large, "it is larger than 8 GiB"),
        (tmp_path / "fifo.h5", "there is no such file"),
        (other, "ends with .h5, and not with .weights.h5"),
    ):
        done = bench(*RUN, "--weights", str(file))
        assert done.returncode == 2 and done.stderr.count("\n") == 1
        assert f"--weights {file}: " in done.stderr and message in done.stderr
    assert not (tmp_path / "local").exists()


def test_a_variable_that_names_a_device_or_a_fifo_is_one_line_and_is_not_read(
    tmp_path: Path, no_file_given: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "fifo.h5")
    for path in ("/dev/zero", str(tmp_path / "fifo.h5"), str(tmp_path / "nowhere.h5")):
        monkeypatch.setenv(VGG16.variable, path)
        with pytest.raises(BenchError, match=f"^{VGG16.variable}={path}: there is no such file$"):
            with_weight_files(load_catalog(), [])


def test_a_file_of_another_network_gets_one_clear_line(bench: Bench, tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "else.h5", "w") as opened:
        opened["conv2d/kernel"] = [1.0]
    done = bench(*RUN, "--weights", str(tmp_path / "else.h5"))
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "no layer of vgg16 (block1_conv1) or resnet50 (conv1_conv)" in done.stderr


def test_list_says_what_would_be_fetched(bench: Bench, environment: dict[str, str], tmp_path: Path) -> None:
    environment["KERAS_HOME"] = str(tmp_path / "keras")
    listing = json.loads(bench("list", "--json").stdout)
    lacking = {entry["name"]: entry["weights"] for entry in listing["models"] if entry["weights"]}
    assert {"vgg16", "resnet50"} <= set(lacking) and "vgg16-random" not in lacking
    assert lacking["vgg16"] == [f"{VGG16.file} (58.9 MB)"]
    assert f"would fetch {VGG16.file} (58.9 MB), or give --weights FILE" in bench("list").stdout
    place = tmp_path / "keras" / "models" / VGG16.file
    place.parent.mkdir(parents=True)
    place.touch()
    assert VGG16.file not in bench("list").stdout


@pytest.mark.slow
def test_without_weights_a_row_is_skipped_and_with_a_file_it_runs_and_another_file_runs_it_again(
    bench: Bench, environment: dict[str, str], tmp_path: Path
) -> None:
    pytest.importorskip("keras")
    environment |= {"KERAS_HOME": str(tmp_path / "keras"), "https_proxy": "http://127.0.0.1:9"}
    assert bench(*RUN).returncode == 0
    skipped = records(tmp_path)[KEY]
    assert skipped["status"] == "skipped"
    for part in (VGG16.file, "58.9 MB", str(tmp_path / "keras" / "models"), "--weights FILE"):
        assert part in str(skipped["reason"])

    file = write_weights(tmp_path / "given.h5", seed=1)
    given = (*RUN, "--weights", str(file), "--keep-models")
    first = bench(*given)
    assert first.returncode == 0, first.stdout + first.stderr
    record = records(tmp_path)[KEY]
    assert record["status"] == "ok" and record["evaluation"]["test"]["accuracy"] > 0.85  # type: ignore[index]
    assert "ok, reused" in bench(*given).stdout
    write_weights(file, seed=2)
    assert f"{KEY} is re-run: weights changed" in bench(*given).stdout
    assert records(tmp_path)[KEY]["evaluation"]["test"] != record["evaluation"]["test"]  # type: ignore[index]

    write_headings(file)
    done = bench(*given)
    assert done.returncode == 1
    failed = records(tmp_path)[KEY]
    assert failed["status"] == "failed" and "does not hold the weights of vgg16" in str(failed["reason"])
