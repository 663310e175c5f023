from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.datasets.sources import mnist
from benchmarks.datasets.sources.download import DownloadError, RemoteFile
from benchmarks.datasets.spec import DataPlaces, Images
from tests.benchmarks.datasets.helpers import error_message, fake_mnist, files_in, idx_bytes, remote, serve
from tests.benchmarks.datasets.loopback import Mirrors

N_VALIDATION = 5


@pytest.fixture(autouse=True)
def _few_for_validation(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "real" not in request.fixturenames:
        monkeypatch.setattr(mnist, "N_VALIDATION", N_VALIDATION)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Images:
    """The real MNIST if it is available locally; nothing is downloaded."""
    named = os.environ.get("DIGITBENCH_DATA")
    places = DataPlaces((Path(named),) if named else (), tmp_path_factory.mktemp("nothing"))
    if not mnist.location(places):
        pytest.skip("DIGITBENCH_DATA is not a folder with MNIST")
    return mnist.load(places)


def test_downloaded_files_are_loaded_and_split(mirrors: Mirrors, places: DataPlaces) -> None:
    arrays = fake_mnist(n_train=30, n_test=12)
    images = mnist.load(places, serve(mirrors, arrays))
    np.testing.assert_array_equal(images.train.images, arrays[0][:-N_VALIDATION])
    np.testing.assert_array_equal(images.train.labels, arrays[1][:-N_VALIDATION])
    np.testing.assert_array_equal(images.validation.images, arrays[0][-N_VALIDATION:])
    np.testing.assert_array_equal(images.validation.labels, arrays[1][-N_VALIDATION:])
    np.testing.assert_array_equal(images.test.images, arrays[2])
    np.testing.assert_array_equal(images.test.labels, arrays[3])


def test_loaded_images_satisfy_the_contract(mirrors: Mirrors, places: DataPlaces) -> None:
    files = serve(mirrors, fake_mnist())
    images = mnist.load(places, files)
    assert images.image_shape == (28, 28)
    assert images.n_trainable == 30
    assert images.class_names == tuple("0123456789")
    assert images.dropped == ()
    assert images.checksums == tuple((file.name.removesuffix(".gz"), file.sha256) for file in files)
    for split in (images.train, images.validation, images.test):
        assert split.images.dtype == np.uint8
        assert split.labels.dtype == np.int64


def test_the_files_are_downloaded_once(mirrors: Mirrors, places: DataPlaces) -> None:
    files = serve(mirrors, fake_mnist())
    mnist.load(places, files)
    mnist.load(places, files)
    assert sorted(mirrors.requests) == sorted(f"/mnist/{file.name}" for file in files)
    assert sorted(files_in(places.cache / "mnist")) == sorted(places.cache / "mnist" / file.name for file in files)


@pytest.mark.parametrize("below", ["", "mnist", "MNIST/raw", "raw"])
@pytest.mark.parametrize("gzipped", [True, False], ids=["gzipped", "plain"])
def test_local_files_are_read_in_place(
    mirrors: Mirrors, tmp_path: Path, places: DataPlaces, below: str, gzipped: bool
) -> None:
    arrays = fake_mnist()
    files = serve(mirrors, arrays)
    folder = tmp_path / "local" / below
    folder.mkdir(parents=True)
    for file, array in zip(files, arrays, strict=True):
        content = idx_bytes(array)
        path = folder / (file.name if gzipped else file.name.removesuffix(".gz"))
        path.write_bytes(gzip.compress(content) if gzipped else content)
    images = mnist.load(DataPlaces((tmp_path / "none", tmp_path / "local"), places.cache), files)
    np.testing.assert_array_equal(images.test.images, arrays[2])
    assert mirrors.requests == []
    assert not places.cache.exists()


@pytest.mark.parametrize("layout", ["train-images.idx3-ubyte", "train-images-idx3-ubyte/train-images-idx3-ubyte"])
def test_local_files_may_be_named_as_on_kaggle(
    layout: str, mirrors: Mirrors, tmp_path: Path, places: DataPlaces
) -> None:
    arrays = fake_mnist()
    files = serve(mirrors, arrays)
    for file, array in zip(files, arrays, strict=True):
        plain = file.name.removesuffix(".gz")
        path = tmp_path / (f"{plain}/{plain}" if "/" in layout else plain.replace("-idx", ".idx"))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(idx_bytes(array))
    images = mnist.load(DataPlaces((tmp_path,), places.cache), files)
    np.testing.assert_array_equal(images.test.images, arrays[2])
    assert mirrors.requests == []


def test_blank_images_and_invalid_labels_of_train_are_dropped_counted_and_named(
    mirrors: Mirrors, places: DataPlaces
) -> None:
    arrays = fake_mnist()
    arrays[0][3] = 0
    arrays[1][27] = 10
    images = mnist.load(places, serve(mirrors, arrays))
    assert images.dropped == ("train[3]: every pixel is 0", "train[27]: label 10 is not one of 0..9")
    remaining = [i for i in range(30) if i not in (3, 27)]
    np.testing.assert_array_equal(images.train.images, arrays[0][remaining[:-N_VALIDATION]])
    np.testing.assert_array_equal(images.validation.images, arrays[0][remaining[-N_VALIDATION:]])


@pytest.mark.parametrize("value", [0, 255])
def test_a_blank_image_in_test_is_rejected(mirrors: Mirrors, places: DataPlaces, value: int) -> None:
    arrays = fake_mnist()
    arrays[2][7] = value
    files = serve(mirrors, arrays)
    assert f"test[7]: every pixel is {value}" in error_message(lambda: mnist.load(places, files))


def test_an_invalid_label_in_test_is_rejected(mirrors: Mirrors, places: DataPlaces) -> None:
    arrays = fake_mnist()
    arrays[3][7] = 11
    files = serve(mirrors, arrays)
    assert "test[7]: label 11" in error_message(lambda: mnist.load(places, files))


@pytest.mark.parametrize(("damaged_file", "name"), [(0, "train"), (1, "train"), (2, "test"), (3, "test")])
def test_files_whose_counts_differ_are_rejected(
    mirrors: Mirrors, places: DataPlaces, damaged_file: int, name: str
) -> None:
    train_images, train_labels, test_images, test_labels = fake_mnist()
    arrays = [train_images, train_labels, test_images, test_labels]
    arrays[damaged_file] = arrays[damaged_file][1:]
    files = serve(mirrors, (arrays[0], arrays[1], arrays[2], arrays[3]))
    message = error_message(lambda: mnist.load(places, files))
    assert message.startswith(f"{name}: ")
    assert "do not match" in message


def test_swapped_files_are_rejected(mirrors: Mirrors, places: DataPlaces) -> None:
    train_images, train_labels, test_images, test_labels = fake_mnist()
    files = serve(mirrors, (train_labels, train_images, test_images, test_labels))
    assert "dimensions" in error_message(lambda: mnist.load(places, files))


@pytest.mark.parametrize(
    "damage",
    [lambda whole: whole[:-9], lambda whole: b"", lambda whole: gzip.compress(gzip.decompress(whole)[:-1] + b"?")],
    ids=["truncated", "empty", "another pixel"],
)
def test_a_damaged_local_file_is_an_error_and_not_replaced(
    mirrors: Mirrors, places: DataPlaces, damage: Callable[[bytes], bytes]
) -> None:
    files = serve(mirrors, fake_mnist())
    mnist.load(places, files)
    damaged = places.cache / "mnist" / files[2].name
    damaged.write_bytes(damage(damaged.read_bytes()))
    mirrors.requests.clear()
    assert str(damaged) in error_message(lambda: mnist.load(places, files))
    assert mirrors.requests == []


def test_without_files_and_mirrors_the_error_names_the_file(mirrors: Mirrors, places: DataPlaces) -> None:
    files = tuple(remote(b"", mirrors.url("none"), name=file.name) for file in mnist.FILES)
    assert "train-images-idx3-ubyte.gz" in error_message(lambda: mnist.load(places, files), DownloadError)


def test_one_missing_file_is_an_error_even_if_the_others_exist(mirrors: Mirrors, places: DataPlaces) -> None:
    files = serve(mirrors, fake_mnist())
    del mirrors.responses[f"/mnist/{files[3].name}"]
    assert "t10k-labels-idx1-ubyte.gz" in error_message(lambda: mnist.load(places, files), DownloadError)


def test_the_location_is_the_folder_with_all_four_files(tmp_path: Path, places: DataPlaces) -> None:
    searched = DataPlaces((tmp_path,), places.cache)
    (tmp_path / "mnist").mkdir()
    for file in mnist.FILES:
        assert mnist.location(searched) is None
        (tmp_path / "mnist" / file.name).touch()
    assert mnist.location(searched) == str(tmp_path / "mnist")


def test_every_file_has_a_checksum_of_its_own_and_more_than_one_mirror() -> None:
    assert len({file.sha256 for file in mnist.FILES}) == len({file.name for file in mnist.FILES}) == 4
    assert all(len(file.sha256) == 64 and len(file.mirrors) > 1 for file in mnist.FILES)
    assert all(isinstance(file, RemoteFile) and mirror.endswith("/") for file in mnist.FILES for mirror in file.mirrors)


def test_real_mnist_has_its_known_counts(real: Images) -> None:
    assert (len(real.train), len(real.validation), len(real.test)) == (50_000, 10_000, 10_000)
    assert real.n_trainable == 60_000
    assert real.image_shape == (28, 28)
    assert real.dropped == ()
    assert np.bincount(real.test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_validation_of_real_mnist_is_the_last_of_train(real: Images) -> None:
    learnable = np.bincount(np.concatenate([real.train.labels, real.validation.labels]))
    assert learnable.tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert real.train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert real.validation.labels[-5:].tolist() == [8, 3, 5, 6, 8]
