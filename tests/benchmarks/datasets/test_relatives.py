"""The published relatives of MNIST: small files in their formats, offered on loopback."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import string
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.datasets.registry import DATASETS
from benchmarks.datasets.sources import emnist, idx_relatives, mnist_c, usps
from benchmarks.datasets.sources.download import DownloadError, RemoteFile
from benchmarks.datasets.spec import DataPlaces, Images
from tests.benchmarks.datasets.fakes import fake_mnist, idx_bytes, left_in, refusal
from tests.benchmarks.datasets.loopback import Answer, Mirrors

RELATIVES = (
    *("fashion-mnist", "kmnist", "qmnist"),
    *("emnist-letters", "emnist-balanced", "emnist-digits", "usps", "mnist-c"),
)
Load = Callable[[DataPlaces], Images]


def offered(mirrors: Mirrors, files: tuple[RemoteFile, ...], contents: list[bytes]) -> tuple[RemoteFile, ...]:
    """Have a mirror offer these contents under the names of the files, with their real checksums."""
    return tuple(
        replace(
            file,
            mirrors=(mirrors.offer("there", file.name, Answer(content)),),
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


def a_fashion_mnist(mirrors: Mirrors, spoil: Callable[[bytes], bytes] = bytes) -> Load:
    contents = [gzip.compress(spoil(idx_bytes(array))) for array in fake_mnist()]
    files = offered(mirrors, idx_relatives.FASHION, contents)
    return lambda places: idx_relatives.load_four(places, "fashion-mnist", files, idx_relatives.CLOTHES)


def a_qmnist(mirrors: Mirrors, spoil: Callable[[bytes], bytes] = bytes) -> Load:
    train, labels, test, test_labels = fake_mnist()
    tables = [np.stack([column, *[column * 0 + 7] * 7], axis=1) for column in (labels, test_labels)]
    contents = [idx_bytes(train), integers(tables[0]), idx_bytes(test), integers(tables[1])]
    files = offered(mirrors, idx_relatives.QMNIST, [gzip.compress(spoil(content)) for content in contents])
    return lambda places: idx_relatives.load_qmnist(places, files, n_of_mnist=2)


def an_emnist(mirrors: Mirrors, spoil: Callable[[bytes], bytes] = bytes) -> Load:
    train, labels, test, test_labels = fake_mnist()
    arrays = (train.swapaxes(1, 2), labels + 1, test.swapaxes(1, 2), test_labels + 1)
    members = {
        f"gzip/emnist-letters-{kind}-ubyte.gz": gzip.compress(spoil(idx_bytes(array)))
        for kind, array in zip(emnist.FILES, arrays, strict=True)
    }
    (file,) = offered(mirrors, (emnist.ARCHIVE,), [zipped(members)])
    return lambda places: emnist.load(places, "letters", emnist.LETTERS, file)


def a_usps(mirrors: Mirrors, spoil: Callable[[bytes], bytes] = bytes) -> Load:
    generator = np.random.default_rng(0)
    contents = []
    for n in (30, 12):
        lines = []
        for i in range(n):
            values = generator.uniform(-1, 1, 256).round(3)
            values[0] = 0  # what is 0 need not be written
            pairs = " ".join(f"{k + 1}:{value:g}" for k, value in enumerate(values) if value)
            lines.append(f"{i % 10 + 1} {pairs} ")
        contents.append(bz2.compress(spoil("\n".join(lines).encode() + b"\n")))
    files = offered(mirrors, usps.FILES, contents)
    return lambda places: usps.load(places, files)


def an_mnist_c(mirrors: Mirrors, spoil: Callable[[bytes], bytes] = bytes) -> Load:
    train, labels, test, test_labels = fake_mnist(n_test=30)
    members: dict[str, bytes] = {}
    for turn, corruption in enumerate((mnist_c.CLEAN, *mnist_c.CORRUPTIONS)):
        images = test.copy()
        images[:, 0, 0] = turn  # the corruption that an image is under
        of_kind = {"train_images": train[..., None], "train_labels": labels.astype("int64")}
        of_kind |= {"test_images": images[..., None], "test_labels": test_labels.astype("int64")}
        members |= {f"mnist_c/{corruption}/{name}.npy": spoil(npy(array)) for name, array in of_kind.items()}
    (file,) = offered(mirrors, (mnist_c.ARCHIVE,), [zipped(members)])
    return lambda places: mnist_c.load(places, file)


FAKES = {
    "fashion-mnist": a_fashion_mnist,
    "qmnist": a_qmnist,
    "emnist": an_emnist,
    "usps": a_usps,
    "mnist-c": an_mnist_c,
}


@pytest.mark.parametrize("name", FAKES)
def test_files_of_its_format_are_fetched_verified_and_split(name: str, mirrors: Mirrors, places: DataPlaces) -> None:
    load = FAKES[name](mirrors)
    images = load(places)
    assert (len(images.train), len(images.validation)) == (25, 5)
    assert images.image_shape == (28, 28)
    assert images.train.labels.dtype == np.int64 and images.train.images.dtype == np.uint8
    asked = len(mirrors.asked)
    again = load(places)
    assert len(mirrors.asked) == asked
    np.testing.assert_array_equal(again.train.images, images.train.images)


@pytest.mark.parametrize("name", FAKES)
@pytest.mark.parametrize(
    "spoil", [lambda content: content[:20], lambda content: b"?" + content[1:]], ids=["cut short", "wrong magic"]
)
def test_a_mirror_with_other_files_of_the_right_checksum_is_refused_in_one_line(
    name: str, spoil: Callable[[bytes], bytes], mirrors: Mirrors, places: DataPlaces
) -> None:
    refusal(lambda: FAKES[name](mirrors, spoil)(places))


@pytest.mark.parametrize("name", FAKES)
def test_a_damaged_download_is_not_kept(name: str, mirrors: Mirrors, places: DataPlaces) -> None:
    load = FAKES[name](mirrors)
    for path, answer in mirrors.answers.items():
        mirrors.answers[path] = replace(answer, body=answer.body[:-1] + b"?")
    assert "what it sent is damaged" in refusal(lambda: load(places), DownloadError)
    assert [path for path in left_in(places.cache) if path.is_file()] == []


@pytest.mark.parametrize("name", FAKES)
def test_a_damaged_file_at_hand_is_refused(name: str, mirrors: Mirrors, places: DataPlaces) -> None:
    load = FAKES[name](mirrors)
    load(places)
    path = next(path for path in left_in(places.cache) if path.is_file())
    path.write_bytes(path.read_bytes()[:-1])
    assert f"{path} is damaged" in refusal(lambda: load(places))


def test_qmnist_is_tested_on_the_digits_that_mnist_does_not_have(mirrors: Mirrors, places: DataPlaces) -> None:
    images = a_qmnist(mirrors)(places)
    np.testing.assert_array_equal(images.test.images, fake_mnist()[2][2:])
    np.testing.assert_array_equal(images.test.labels, fake_mnist()[3][2:])


def test_letters_of_emnist_stand_upright_and_begin_at_a(mirrors: Mirrors, places: DataPlaces) -> None:
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


def test_pixels_of_usps_are_of_the_whole_range(mirrors: Mirrors, places: DataPlaces) -> None:
    images = a_usps(mirrors)(places)
    assert sorted(set(images.test.labels.tolist())) == list(range(10))
    assert images.test.images[:, 0, 0].max() < 190 and images.test.images.min() < 5


def test_every_relative_is_registered_with_mirrors_and_a_checksum() -> None:
    assert set(RELATIVES) <= set(DATASETS)
    files = (
        *(*idx_relatives.FASHION, *idx_relatives.KUZUSHIJI, *idx_relatives.QMNIST),
        *(emnist.ARCHIVE, *usps.FILES, mnist_c.ARCHIVE),
    )
    lengths = {"md5": 32, "sha256": 64}
    for file in files:
        kind, _, digits = file.packed.partition(":")
        assert len(digits) == lengths[kind] and not set(digits) - set("0123456789abcdef")
        assert file.mirrors and all(mirror.endswith("/") for mirror in file.mirrors)
    assert len({file.packed for file in files}) == len(files)


@pytest.mark.parametrize("name", RELATIVES)
def test_at_hand_is_where_the_files_lie(name: str, places: DataPlaces) -> None:
    assert DATASETS[name].at_hand(places) is None


def test_fashion_is_never_taken_for_mnist(mirrors: Mirrors, places: DataPlaces) -> None:
    """Both have files of the same names: each is looked for in a folder of its own name."""
    a_fashion_mnist(mirrors)(places)
    assert DATASETS["fashion-mnist"].at_hand(places) == str(places.cache / "fashion-mnist")
    assert DATASETS["mnist"].at_hand(places) is None


def test_classes_have_the_numbers_that_their_publishers_say() -> None:
    assert [len(names) for names in (emnist.LETTERS, emnist.BALANCED, idx_relatives.CLOTHES)] == [26, 47, 10]
    assert "".join(emnist.BALANCED) == string.digits + string.ascii_uppercase + "abdefghnqrt"
