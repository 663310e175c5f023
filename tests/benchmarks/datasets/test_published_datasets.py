"""The published datasets besides MNIST: small files in their formats, served on loopback."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import shutil
import string
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.datasets.registry import DATASETS
from benchmarks.datasets.sources import emnist, mnist_c, mnist_variants, usps
from benchmarks.datasets.sources.download import DownloadError, RemoteFile
from benchmarks.datasets.spec import DataPlaces, Images
from tests.benchmarks.datasets.helpers import error_message, fake_mnist, files_in, idx_bytes
from tests.benchmarks.datasets.loopback import Mirrors, Response

PUBLISHED = (
    *("fashion-mnist", "kmnist", "qmnist"),
    *("emnist-letters", "emnist-balanced", "emnist-digits", "usps", "mnist-c"),
)
Load = Callable[[DataPlaces], Images]


def serve(mirrors: Mirrors, files: tuple[RemoteFile, ...], contents: list[bytes]) -> tuple[RemoteFile, ...]:
    """Serve these contents under the names of the files, with matching checksums."""
    return tuple(
        replace(
            file,
            mirrors=(mirrors.serve("there", file.name, Response(content)),),
            packed=f"{(kind := file.packed.partition(':')[0])}:{hashlib.new(kind, content).hexdigest()}",
        )
        for file, content in zip(files, contents, strict=True)
    )


def integers(array: NDArray[Any]) -> bytes:
    header = bytes([0, 0, 0x0C, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(">i4").tobytes()


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def a_fashion_mnist(mirrors: Mirrors, damage: Callable[[bytes], bytes] = bytes) -> Load:
    contents = [gzip.compress(damage(idx_bytes(array))) for array in fake_mnist()]
    files = serve(mirrors, mnist_variants.FASHION, contents)
    return lambda places: mnist_variants.load_four(places, "fashion-mnist", files, mnist_variants.CLOTHES)


def a_qmnist(mirrors: Mirrors, damage: Callable[[bytes], bytes] = bytes) -> Load:
    train, labels, test, test_labels = fake_mnist()
    tables = [np.stack([column, *[column * 0 + 7] * 7], axis=1) for column in (labels, test_labels)]
    contents = [idx_bytes(train), integers(tables[0]), idx_bytes(test), integers(tables[1])]
    files = serve(mirrors, mnist_variants.QMNIST, [gzip.compress(damage(content)) for content in contents])
    return lambda places: mnist_variants.load_qmnist(places, files, n_of_mnist=2)


def an_emnist(mirrors: Mirrors, damage: Callable[[bytes], bytes] = bytes) -> Load:
    train, labels, test, test_labels = fake_mnist()
    arrays = (train.swapaxes(1, 2), labels + 1, test.swapaxes(1, 2), test_labels + 1)
    members = {
        f"gzip/emnist-letters-{kind}-ubyte.gz": gzip.compress(damage(idx_bytes(array)))
        for kind, array in zip(emnist.FILES, arrays, strict=True)
    }
    (file,) = serve(mirrors, (emnist.ARCHIVE,), [zipped(members)])
    return lambda places: emnist.load(places, "letters", emnist.LETTERS, file)


def a_usps(mirrors: Mirrors, damage: Callable[[bytes], bytes] = bytes) -> Load:
    generator = np.random.default_rng(0)
    contents = []
    for n in (30, 12):
        lines = []
        for i in range(n):
            values = generator.uniform(-1, 1, 256).round(3)
            values[0] = 0  # zeros may be omitted
            pairs = " ".join(f"{k + 1}:{value:g}" for k, value in enumerate(values) if value)
            lines.append(f"{i % 10 + 1} {pairs} ")
        contents.append(bz2.compress(damage("\n".join(lines).encode() + b"\n")))
    files = serve(mirrors, usps.FILES, contents)
    return lambda places: usps.load(places, files)


def an_mnist_c(mirrors: Mirrors, damage: Callable[[bytes], bytes] = bytes) -> Load:
    train, labels, test, test_labels = fake_mnist(n_test=30)
    members: dict[str, bytes] = {}
    for turn, corruption in enumerate((mnist_c.CLEAN, *mnist_c.CORRUPTIONS)):
        images = test.copy()
        images[:, 0, 0] = turn  # marks the corruption
        of_kind = {"train_images": train[..., None], "train_labels": labels.astype("int64")}
        of_kind |= {"test_images": images[..., None], "test_labels": test_labels.astype("int64")}
        members |= {f"mnist_c/{corruption}/{name}.npy": damage(npy(array)) for name, array in of_kind.items()}
    (file,) = serve(mirrors, (mnist_c.ARCHIVE,), [zipped(members)])
    return lambda places: mnist_c.load(places, file)


FAKES = {
    "fashion-mnist": a_fashion_mnist,
    "qmnist": a_qmnist,
    "emnist": an_emnist,
    "usps": a_usps,
    "mnist-c": an_mnist_c,
}


@pytest.mark.parametrize("name", FAKES)
def test_files_are_downloaded_verified_and_split(name: str, mirrors: Mirrors, places: DataPlaces) -> None:
    load = FAKES[name](mirrors)
    images = load(places)
    assert (len(images.train), len(images.validation)) == (25, 5)
    assert images.image_shape == (28, 28)
    assert images.train.labels.dtype == np.int64 and images.train.images.dtype == np.uint8
    n_requests = len(mirrors.requests)
    again = load(places)
    assert len(mirrors.requests) == n_requests
    np.testing.assert_array_equal(again.train.images, images.train.images)


@pytest.mark.parametrize("name", FAKES)
@pytest.mark.parametrize(
    "damage", [lambda content: content[:20], lambda content: b"?" + content[1:]], ids=["truncated", "wrong magic"]
)
def test_invalid_files_with_a_matching_checksum_give_a_one_line_error(
    name: str, damage: Callable[[bytes], bytes], mirrors: Mirrors, places: DataPlaces
) -> None:
    error_message(lambda: FAKES[name](mirrors, damage)(places))


@pytest.mark.parametrize("name", FAKES)
def test_a_damaged_download_is_deleted(name: str, mirrors: Mirrors, places: DataPlaces) -> None:
    load = FAKES[name](mirrors)
    for path, response in mirrors.responses.items():
        mirrors.responses[path] = replace(response, body=response.body[:-1] + b"?")
    assert "damaged file" in error_message(lambda: load(places), DownloadError)
    assert [path for path in files_in(places.cache) if path.is_file()] == []


@pytest.mark.parametrize("name", FAKES)
def test_a_damaged_local_file_is_an_error(name: str, mirrors: Mirrors, places: DataPlaces) -> None:
    load = FAKES[name](mirrors)
    load(places)
    path = next(path for path in files_in(places.cache) if path.is_file())
    path.write_bytes(path.read_bytes()[:-1])
    assert f"{path} is damaged" in error_message(lambda: load(places))


TORCHVISION = {"fashion-mnist": "FashionMNIST/raw", "qmnist": "QMNIST/raw", "emnist": "EMNIST/raw", "usps": "."}


@pytest.mark.parametrize("name", TORCHVISION)
def test_files_are_found_where_torchvision_puts_them(
    name: str, mirrors: Mirrors, places: DataPlaces, tmp_path: Path
) -> None:
    load = FAKES[name](mirrors)
    load(places)
    mirrors.requests.clear()
    shutil.copytree(places.cache / name, tmp_path / "there" / TORCHVISION[name])
    load(DataPlaces((tmp_path / "there",), tmp_path / "empty"))
    assert mirrors.requests == []


def test_files_of_mnist_are_not_taken_for_those_of_fashion_mnist(
    mirrors: Mirrors, places: DataPlaces, tmp_path: Path
) -> None:
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(b"of MNIST")
    a_fashion_mnist(mirrors)(DataPlaces((tmp_path,), places.cache))
    assert len(mirrors.requests) == 4


def test_the_test_digits_of_qmnist_are_not_in_mnist(mirrors: Mirrors, places: DataPlaces) -> None:
    images = a_qmnist(mirrors)(places)
    np.testing.assert_array_equal(images.test.images, fake_mnist()[2][2:])
    np.testing.assert_array_equal(images.test.labels, fake_mnist()[3][2:])


def test_letters_of_emnist_are_transposed_and_labelled_from_a(mirrors: Mirrors, places: DataPlaces) -> None:
    images = an_emnist(mirrors)(places)
    np.testing.assert_array_equal(images.test.images, fake_mnist()[2])
    assert images.test.labels.tolist() == fake_mnist()[3].tolist()
    assert images.class_names == tuple(string.ascii_uppercase)


def test_every_test_digit_of_mnist_c_is_under_one_corruption_in_turn(mirrors: Mirrors, places: DataPlaces) -> None:
    images = an_mnist_c(mirrors)(places)
    assert len(mnist_c.CORRUPTIONS) == 15
    assert images.test.images[:, 0, 0].tolist() == [*range(1, 16)] * 2
    assert images.test.labels.tolist() == fake_mnist(n_test=30)[3].tolist()
    np.testing.assert_array_equal(images.test.images[:, 1:], fake_mnist(n_test=30)[2][:, 1:])


def test_pixels_of_usps_have_the_full_range(mirrors: Mirrors, places: DataPlaces) -> None:
    images = a_usps(mirrors)(places)
    assert sorted(set(images.test.labels.tolist())) == list(range(10))
    assert images.test.images[:, 0, 0].max() < 190 and images.test.images.min() < 5


def test_every_relative_is_registered_with_mirrors_and_a_checksum() -> None:
    assert set(PUBLISHED) <= set(DATASETS)
    files = (
        *(*mnist_variants.FASHION, *mnist_variants.KUZUSHIJI, *mnist_variants.QMNIST),
        *(emnist.ARCHIVE, *usps.FILES, mnist_c.ARCHIVE),
    )
    lengths = {"md5": 32, "sha256": 64}
    for file in files:
        kind, _, digits = file.packed.partition(":")
        assert len(digits) == lengths[kind] and not set(digits) - set("0123456789abcdef")
        assert file.mirrors and all(mirror.endswith("/") for mirror in file.mirrors)
    assert len({file.packed for file in files}) == len(files)


@pytest.mark.parametrize("name", PUBLISHED)
def test_without_files_the_location_is_none(name: str, places: DataPlaces) -> None:
    assert DATASETS[name].location(places) is None


def test_fashion_mnist_is_not_confused_with_mnist(mirrors: Mirrors, places: DataPlaces) -> None:
    """Both have files of the same names, but each is searched in its own folder."""
    a_fashion_mnist(mirrors)(places)
    assert DATASETS["fashion-mnist"].location(places) == str(places.cache / "fashion-mnist")
    assert DATASETS["mnist"].location(places) is None


def test_numbers_of_classes_are_those_of_the_publications() -> None:
    assert [len(names) for names in (emnist.LETTERS, emnist.BALANCED, mnist_variants.CLOTHES)] == [26, 47, 10]
    assert "".join(emnist.BALANCED) == string.digits + string.ascii_uppercase + "abdefghnqrt"
