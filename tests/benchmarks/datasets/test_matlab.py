""".mat files: as EMNIST, SVHN and USPS are distributed, of every version, and damaged ones."""

from __future__ import annotations

import io
import struct
import sys
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.readers.matlab import variables as mat
from benchmarks.datasets.readers.matlab.variables import MatError, read_variables
from benchmarks.datasets.spec import Images, ReadingOptions
from benchmarks.datasets.user_data import open_path
from tests.benchmarks.datasets.helpers import error_message
from tests.benchmarks.datasets.sample_files import some_images, write_npz
from tests.benchmarks.datasets.test_user_data_formats import whole

TRAIN, TEST = some_images(), some_images(15, seed=1)
Write = Callable[[Path, Mapping[str, Any]], Path]


def opened(path: Path, **reading: Any) -> Images:
    return open_path(str(path), PreprocessingOptions(reading=ReadingOptions(**reading)))


def version_5(path: Path, values: Mapping[str, Any], compressed: bool = True) -> Path:
    savemat(path, dict(values), do_compression=compressed)
    return path


def version_7_3(path: Path, values: Mapping[str, Any]) -> Path:
    """Write a file as MATLAB does: HDF5 after 512 bytes, the axes in reverse order."""
    import h5py

    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in values.items():
            file[name] = np.asarray(value).T
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64")
    return path


def version_4(path: Path, values: Mapping[str, Any]) -> Path:
    savemat(path, {name: np.asarray(value, np.float64) for name, value in values.items()}, format="4")
    return path


VERSIONS: dict[str, Write] = {
    "5": lambda path, values: version_5(path, values, compressed=False),
    "7": version_5,
    "7.3": version_7_3,
}


@pytest.mark.parametrize("version", VERSIONS)
def test_arrays_with_the_images_first_or_last_are_read(version: str, tmp_path: Path) -> None:
    expected = opened(write_npz(tmp_path / "d.npz", TRAIN, TEST))
    values = {"train_x": TRAIN[0], "train_y": TRAIN[1], "test_x": np.moveaxis(TEST[0], 0, -1), "test_y": [TEST[1]]}
    images = opened(VERSIONS[version](tmp_path / "d.mat", values))
    assert whole(images) == whole(expected)
    np.testing.assert_array_equal(images.test.images, expected.test.images)


def test_version_4_is_read(tmp_path: Path) -> None:
    path = version_4(tmp_path / "d.mat", {"X": TRAIN[0].reshape(36, -1), "y": TRAIN[1]})
    assert whole(opened(path)) == whole(opened(write_npz(tmp_path / "d.npz", TRAIN)))


def emnist(root: Path, name: str, first: int) -> Path:
    def part(arrays: Any) -> dict[str, Any]:
        columns = arrays[0].swapaxes(1, 2).reshape(len(arrays[0]), -1)
        return {"images": columns, "labels": arrays[1][:, None] + first, "writers": arrays[1][:, None]}

    mapping = np.array([[i + first, 65 + i, 97 + i] for i in range(3)])
    return version_5(root / name, {"dataset": {"train": part(TRAIN), "test": part(TEST), "mapping": mapping}})


@pytest.mark.parametrize("name", ["emnist-letters.mat", "letters.mat"])
def test_emnist_is_set_upright_and_its_letters_are_named(name: str, tmp_path: Path) -> None:
    expected = opened(write_npz(tmp_path / "d.npz", TRAIN, TEST))
    images = opened(emnist(tmp_path, name, 1))
    assert images.class_names == ("A", "B", "C")
    np.testing.assert_array_equal(images.test.images, expected.test.images)
    assert [note for note in images.notes if "rows and columns are exchanged" in note]


def street_view(arrays: Any) -> dict[str, Any]:
    images = np.zeros((len(arrays[0]), 32, 32, 3), np.uint8)
    images[:, 10:22, 10:22] = arrays[0][..., None]
    return {"X": np.moveaxis(images, 0, -1), "y": np.where(arrays[1] == 0, 10, arrays[1])[:, None].astype(np.uint8)}


def test_street_view_house_numbers_have_0_in_place_of_10(tmp_path: Path) -> None:
    version_5(tmp_path / "train_32x32.mat", street_view(TRAIN))
    version_5(tmp_path / "test_32x32.mat", street_view(TEST))
    images = opened(tmp_path)
    assert images.class_names == ("0", "1", "2") and len(images.test) == 15 and images.n_trainable == 36
    assert "labels: 10 is named 0, as the digit is in SVHN" in images.notes
    np.testing.assert_array_equal(images.test.labels, TEST[1])


def test_ten_is_a_class_of_other_files(tmp_path: Path) -> None:
    path = version_5(tmp_path / "d.mat", {"X": TRAIN[0], "y": np.where(TRAIN[1] == 0, 10, TRAIN[1])})
    assert opened(path).class_names == ("1", "2", "10")


def test_usps_with_ones_for_labels(tmp_path: Path) -> None:
    def part(arrays: Any) -> list[Any]:
        ones = np.where(np.arange(3)[:, None] == arrays[1], 1.0, -1.0)
        return [(arrays[0].reshape(len(arrays[0]), -1) / 127.5 - 1).T, ones]

    parts = [*part(TRAIN), *part(TEST)]
    names = ("train_patterns", "train_labels", "test_patterns", "test_labels")
    parts[2][0, 0] = 1.0  # the values of both parts are exactly -1 to 1
    parts[0][0, 0] = 1.0
    images = opened(version_5(tmp_path / "usps_resampled.mat", dict(zip(names, parts, strict=True))))
    assert images.class_names == ("0", "1", "2") and len(images.test) == 15
    np.testing.assert_array_equal(images.test.labels, TEST[1])
    assert "pixels: -1 to 1 are scaled to 0 to 1" in images.notes


def test_usps_with_an_axis_for_the_digits(tmp_path: Path) -> None:
    data = np.random.default_rng(0).integers(0, 256, (256, 6, 10), np.uint8)
    images = opened(version_5(tmp_path / "usps_all.mat", {"data": data}))
    assert images.class_names == tuple("0123456789") and images.n_trainable + len(images.test) == 60


def test_an_array_for_each_class(tmp_path: Path) -> None:
    values = {
        f"{part}{i}": a[0][a[1] == i].reshape(-1, 144)
        for part, a in (("train", TRAIN), ("test", TEST))
        for i in range(3)
    }
    images = opened(version_5(tmp_path / "mnist_all.mat", values))
    assert (images.n_trainable, len(images.test)) == (36, 15) and images.class_names == ("0", "1", "2")


def test_labels_may_be_text(tmp_path: Path) -> None:
    words = np.array(["one", "three", "two"])[TRAIN[1]]
    for name, labels in (("rows", words), ("cells", words.astype(object))):
        path = version_5(tmp_path / f"{name}.mat", {"images": TRAIN[0], "labels": labels})
        assert opened(path).class_names == ("one", "three", "two"), name


def test_labels_that_are_not_utf_8_are_refused(tmp_path: Path) -> None:
    """They would be one class: what cannot be decoded has one character in its place."""
    names = np.array(["alpha", "betaQ", "betaZ"])[TRAIN[1]]
    content = written({"x": TRAIN[0], "y": names}).replace(b"Q", b"\xe9").replace(b"Z", b"\xe8")
    (tmp_path / "d.mat").write_bytes(content)
    assert "not a valid class name" in error_message(lambda: opened(tmp_path / "d.mat"))


def test_what_is_not_used_is_named(tmp_path: Path) -> None:
    images = opened(version_5(tmp_path / "d.mat", {"x": TRAIN[0], "y": TRAIN[1], "writers": TRAIN[1]}))
    assert "passed over: arrays writers of d.mat" in images.notes


def test_version_7_3_without_h5py_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = version_7_3(tmp_path / "d.mat", {"x": TRAIN[0], "y": TRAIN[1]})
    monkeypatch.setitem(sys.modules, "h5py", None)
    message = error_message(lambda: opened(path))
    assert "save it with -v7" in message and "pip install h5py" in message


def test_other_files_are_not_reached_through_version_7_3(tmp_path: Path) -> None:
    import h5py

    (tmp_path / "secret").write_bytes(bytes(36 * 144))
    path = version_7_3(tmp_path / "d.mat", {"y": TRAIN[1]})
    other = version_7_3(tmp_path / "other.mat", {"x": TRAIN[0]})
    with h5py.File(path, "r+") as file:
        file.create_dataset("x", (144, 36), "u1", external=[(str(tmp_path / "secret"), 0, 36 * 144)])
        file["images"] = h5py.ExternalLink(str(other), "/x")
    assert "has no x_train" in error_message(lambda: opened(path))


def written(values: Mapping[str, Any], compressed: bool = False) -> bytes:
    buffer = io.BytesIO()
    savemat(buffer, dict(values), do_compression=compressed)
    return buffer.getvalue()


PLAIN = written({"x": TRAIN[0].reshape(36, -1), "y": TRAIN[1]})


def bomb() -> bytes:
    body = zlib.compress(bytes(4 << 20))
    return PLAIN[:128] + struct.pack("<2I", mat.COMPRESSED, len(body)) + body


REFUSED = {
    "empty": (b"", "does not begin as one"),
    "text": (b"a" * 300, "does not begin as one"),
    "truncated": (PLAIN[:-900], "cut short"),
    "truncated, compressed": (written({"x": TRAIN[0]}, compressed=True)[:-50], "cut short"),
    "other size": (PLAIN.replace(struct.pack("<2i", 36, 144), struct.pack("<2i", 1 << 30, 144)), "has 5184 bytes"),
    "negative size": (PLAIN.replace(struct.pack("<2i", 36, 144), struct.pack("<2i", -36, 144)), "impossible shape"),
    "bomb": (bomb(), "MiB uncompressed"),
    "version 4, truncated": (struct.pack("<5I", 0, 10, 1 << 30, 0, 2) + b"x\0", "cut short"),
    "version 4, unknown": (struct.pack("<5I", 77, 1, 1, 0, 2) + b"x\0" + bytes(8), "does not begin as one"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_damaged_files_are_refused(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mat, "LARGEST", 1 << 20)
    content, expected = REFUSED[case]
    with pytest.raises(MatError, match=expected):
        read_variables(content)
    (tmp_path / "d.mat").write_bytes(content)
    assert "d.mat is not a readable .mat file" in error_message(lambda: opened(tmp_path / "d.mat"))


def test_a_broken_file_of_version_7_3_is_refused(tmp_path: Path) -> None:
    path = version_7_3(tmp_path / "d.mat", {"x": TRAIN[0], "y": TRAIN[1]})
    path.write_bytes(path.read_bytes()[:1500])
    assert "d.mat is not a readable .mat file" in error_message(lambda: opened(path))


def test_options_of_tables_are_refused(tmp_path: Path) -> None:
    path = version_5(tmp_path / "d.mat", {"x": TRAIN[0], "y": TRAIN[1]})
    assert "are for tables" in error_message(lambda: opened(path, label_column="y"))
