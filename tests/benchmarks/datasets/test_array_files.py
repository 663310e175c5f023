"""Arrays in several files, and under the names that people give them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.spec import Images
from benchmarks.datasets.user_data import open_path
from tests.benchmarks.datasets.helpers import error_message, idx_bytes
from tests.benchmarks.datasets.sample_files import some_images, write_npz

TRAIN, TEST = some_images(), some_images(12, seed=1)
FOUR: tuple[NDArray[Any], ...] = (*TRAIN, *TEST)


def opened(path: Path) -> Images:
    return open_path(str(path), PreprocessingOptions())


def sizes(images: Images) -> tuple[int, int]:
    return images.n_trainable, len(images.test)


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("training_images", "training_labels", "testing_images", "testing_labels"),
        ("train-images", "train-labels", "test-images", "test-labels"),
        ("train_features", "train_targets", "test_features", "test_targets"),
    ],
)
@pytest.mark.parametrize("start", ["", "mine-"])
@pytest.mark.parametrize("suffix", ["npz", "npy"])
def test_an_array_in_each_file(names: tuple[str, ...], start: str, suffix: str, tmp_path: Path) -> None:
    for name, array in zip(names, FOUR, strict=True):
        path = tmp_path / f"{start}{name}.{suffix}"
        if suffix == "npy":
            np.save(path, array)
        else:
            np.savez_compressed(path, array)
    images = opened(tmp_path)
    assert sizes(images) == (36, 12) and images.notes[0].startswith(f"read: {start}")


def test_a_part_in_each_file(tmp_path: Path) -> None:
    for part, arrays in (("train", TRAIN), ("test", TEST)):
        np.savez(tmp_path / f"{part}.npz", images=arrays[0], labels=arrays[1])
    assert sizes(opened(tmp_path)) == (36, 12)


def test_files_of_unknown_parts_are_named(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_npz(tmp_path / f"{name}.npz", TRAIN)
    assert "which part first.npz holds is unknown; name it with 'train' or 'test'" in error_message(
        lambda: opened(tmp_path)
    )


def test_idx_files_alone_in_folders_of_their_names(tmp_path: Path) -> None:
    """So Kaggle unpacks what has no suffix."""
    kinds = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    for name, array in zip(kinds, FOUR, strict=True):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_bytes(idx_bytes(array))
    assert sizes(opened(tmp_path)) == (36, 12)


def test_text_that_is_not_unicode_is_refused(tmp_path: Path) -> None:
    broken = np.frombuffer(np.full(36, 0x110000, np.uint32).tobytes(), "U1")
    np.savez(tmp_path / "d.npz", x=TRAIN[0], y=broken)
    assert "y.npy has text that is not Unicode" in error_message(lambda: opened(tmp_path / "d.npz"))
