from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from benchmarks.common.errors import BenchError
from benchmarks.datasets.opening import find_dataset, open_dataset
from benchmarks.datasets.registry import DATASETS, data_places
from benchmarks.datasets.sources import mnist
from benchmarks.datasets.sources.download import RemoteFile
from benchmarks.datasets.spec import DataPlaces, Dataset, Images
from features.naming import DuplicateNameError, Registry, UnknownNameError
from tests.benchmarks.datasets.helpers import error_message, fake_mnist, serve
from tests.benchmarks.datasets.loopback import Mirrors


@pytest.fixture(autouse=True)
def _few_for_validation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist, "N_VALIDATION", 5)


@pytest.fixture
def files(mirrors: Mirrors) -> tuple[RemoteFile, ...]:
    return serve(mirrors, fake_mnist())


@pytest.fixture
def datasets(files: tuple[RemoteFile, ...], digit_images: Images) -> Registry[Dataset]:
    """A registry with a small MNIST served from loopback, and digits that are already loaded."""
    return Registry(
        "dataset",
        (
            Dataset("mnist", "fake", partial(mnist.load, files=files), lambda places: None),
            Dataset("digits", "real", lambda places: digit_images, lambda places: "here"),
        ),
    )


def test_the_suite_has_mnist_and_digits_each_with_a_line_about_it() -> None:
    assert {"mnist", "digits"} <= set(DATASETS)
    assert all(dataset.summary and len(dataset.summary.splitlines()) == 1 for dataset in DATASETS.values())
    assert not [name for name in DATASETS if name.endswith("-validation") or name == "auto"]


def test_a_dataset_is_found_by_its_name() -> None:
    assert find_dataset(DATASETS, "digits") is DATASETS["digits"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("mnst", "did you mean mnist"), ("digit", "did you mean digits"), ("xyz", "there are: mnist, digits")],
)
@pytest.mark.parametrize("ending", ["", "-validation"])
def test_an_unknown_name_suggests_those_that_are_near(
    name: str, expected: str, ending: str, places: DataPlaces
) -> None:
    with pytest.raises(UnknownNameError, match=expected):
        find_dataset(DATASETS, name + ending)
    with pytest.raises(UnknownNameError, match=f"'{name}'"):
        open_dataset(DATASETS, name + ending, places)


def test_a_name_given_twice_is_refused() -> None:
    with pytest.raises(DuplicateNameError, match="two datasets are named 'digits'"):
        DATASETS.with_more([DATASETS["digits"]])


def test_the_validation_variant_is_scored_on_validation_and_has_no_test_image(
    datasets: Registry[Dataset], digit_images: Images, places: DataPlaces
) -> None:
    name, images = open_dataset(datasets, "digits-validation", places)
    assert name == "digits-validation"
    assert images.test is digit_images.validation
    assert len(images.train) + len(images.validation) == len(digit_images.train)
    test_images = {image.tobytes() for image in digit_images.test.images}
    for split in (images.train, images.validation, images.test):
        assert not [image for image in split.images if image.tobytes() in test_images]


def test_the_validation_variant_is_described(datasets: Registry[Dataset], places: DataPlaces) -> None:
    variant = find_dataset(datasets, "digits-validation")
    assert variant.name == "digits-validation"
    assert "validation" in variant.summary
    assert variant.location(places) == "here"


def test_a_dataset_of_that_very_name_comes_before_a_variant(datasets: Registry[Dataset]) -> None:
    plugin = Dataset("digits-validation", "a plugin's", datasets["digits"].load, lambda places: None)
    assert find_dataset(datasets.with_more([plugin]), "digits-validation") is plugin


def test_auto_is_mnist_if_it_is_available(
    datasets: Registry[Dataset], places: DataPlaces, capsys: pytest.CaptureFixture[str]
) -> None:
    notices: list[str] = []
    name, images = open_dataset(datasets, "auto", places, notify=notices.append)
    assert name == "mnist"
    assert len(images.test) == 12
    assert notices == [] and capsys.readouterr() == ("", "")


def test_auto_is_digits_with_a_message_if_mnist_is_not_available(
    datasets: Registry[Dataset],
    digit_images: Images,
    mirrors: Mirrors,
    places: DataPlaces,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mirrors.responses.clear()
    notices: list[str] = []
    name, images = open_dataset(datasets, "auto", places, notify=notices.append)
    assert name == "digits"
    assert images is digit_images
    assert capsys.readouterr() == ("", "")
    assert len(notices) == 1 and "digits instead" in notices[0] and "404" in notices[0]


def test_auto_is_the_digits_where_downloads_cannot_be_written(datasets: Registry[Dataset], tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a regular file")
    notices: list[str] = []
    name, _ = open_dataset(datasets, "auto", DataPlaces((), tmp_path / "taken" / "cache"), notify=notices.append)
    assert name == "digits"
    assert "cannot write to" in notices[0]


@pytest.mark.parametrize("name", ["auto", "mnist"])
def test_a_damaged_local_file_is_an_error_and_not_ignored(
    datasets: Registry[Dataset],
    files: tuple[RemoteFile, ...],
    places: DataPlaces,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    datasets["mnist"].load(places)
    damaged = places.cache / "mnist" / files[0].name
    damaged.write_bytes(damaged.read_bytes()[:100])
    assert str(damaged) in error_message(lambda: open_dataset(datasets, name, places))
    assert capsys.readouterr() == ("", "")


def test_data_is_searched_in_the_option_then_the_variable_then_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("option", "variable"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("DIGITBENCH_DATA", str(tmp_path / "variable"))
    places = data_places(tmp_path / "option", tmp_path / "cache")
    assert places.folders == (tmp_path / "option", tmp_path / "variable", tmp_path / "cache" / "data")
    assert places.cache == tmp_path / "option"


@pytest.mark.parametrize("named_by_option", [True, False])
def test_a_missing_folder_is_an_error(named_by_option: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITBENCH_DATA", "" if named_by_option else str(tmp_path / "nowhere"))
    with pytest.raises(BenchError, match=r"there is no folder .*nowhere"):
        data_places(tmp_path / "nowhere" if named_by_option else None, tmp_path / "cache")


def test_without_option_and_variable_data_is_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITBENCH_DATA", "")
    places = data_places(None, tmp_path / "cache")
    assert set(places.folders) == {tmp_path / "cache" / "data"}
    assert places.cache == tmp_path / "cache" / "data"
