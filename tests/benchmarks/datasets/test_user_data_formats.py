"""Valid user data in every format."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from benchmarks.datasets.opening import is_path
from benchmarks.datasets.preprocessing.normalization import normalize_image
from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.readers.pixel_values import as_given_pixels
from benchmarks.datasets.spec import Images, Split
from benchmarks.datasets.user_data import open_path
from tests.benchmarks.datasets.helpers import error_message
from tests.benchmarks.datasets.sample_files import (
    N_TEST,
    N_TRAIN,
    NAMES,
    csv_text,
    png,
    some_images,
    write_csv,
    write_folder,
    write_idx,
    write_npz,
    write_parquet,
)

DEFAULT = PreprocessingOptions()
TRAIN, TEST = some_images(), some_images(N_TEST, seed=1)
NUMBERS = ("0", "1", "2")


def folder(root: Path) -> Path:
    write_folder(root / "train", *TRAIN)
    write_folder(root / "test", *TEST)
    return root


def tables(root: Path) -> Path:
    root.mkdir()
    write_csv(root / "my_train.csv", *TRAIN)
    write_csv(root / "my_test.csv", *TEST, header=False)
    return root


def parquet(root: Path) -> Path:
    root.mkdir()
    write_parquet(root / "train-00000.parquet", [{"bytes": png(i), "path": "x"} for i in TRAIN[0]], TRAIN[1], NAMES)
    write_parquet(root / "test-00000.parquet", [{"bytes": png(i), "path": "x"} for i in TEST[0]], TEST[1], NAMES)
    return root


WITH_TEST: dict[str, tuple[Callable[[Path], Path], tuple[str, ...]]] = {
    "folder": (folder, NAMES),
    "idx": (lambda root: write_idx(root, TRAIN, TEST), NUMBERS),
    "idx, not gzipped": (lambda root: write_idx(root, TRAIN, TEST, zipped=False), NUMBERS),
    "npz": (lambda root: write_npz(root.with_suffix(".npz"), TRAIN, TEST), NUMBERS),
    "csv": (tables, NUMBERS),
    "parquet": (parquet, NAMES),
}


def whole(images: Images) -> set[bytes]:
    splits = (images.train, images.validation, images.test)
    return {image.tobytes() + bytes([label]) for split in splits for image, label in zip(*pair(split), strict=True)}


def pair(split: Split) -> tuple[NDArray[np.uint8], list[int]]:
    return split.images, split.labels.tolist()


def written_range(root: Path, kind: str, train: NDArray[np.uint8], test: NDArray[np.uint8]) -> Path:
    """Write two parts of integers."""
    root.mkdir()
    if kind == "csv":
        write_csv(root / "train.csv", train, TRAIN[1])
        write_csv(root / "test.csv", test, TEST[1])
    else:
        wide = np.uint8 if kind == "npz of bytes" else np.float64 if kind == "npz of floats" else np.int64
        write_npz(root / "d.npz", (train.astype(wide), TRAIN[1]), (test.astype(wide), TEST[1]))
    return root


@pytest.mark.parametrize("largest", [1, 15, 16])
@pytest.mark.parametrize("kind", ["csv", "npz", "npz of bytes", "npz of floats"])
def test_integers_of_a_small_range_are_scaled(kind: str, largest: int, tmp_path: Path) -> None:
    small = [np.rint(images / 255 * largest).astype(np.uint8) for images, _ in (TRAIN, TEST)]
    assert small[0].max() == largest
    images = open_path(str(written_range(tmp_path / "small", kind, *small)), DEFAULT)
    full = [np.rint(pixels * (255 / largest)).astype(np.uint8) for pixels in small]
    assert whole(images) == whole(open_path(str(written_range(tmp_path / "full", "npz", *full)), DEFAULT))
    notes = [note for note in images.notes if note.startswith("pixels:")]
    assert len(notes) == (kind != "npz of floats" or largest > 1)
    assert all(f"no pixel of any part is above {largest}" in note for note in notes)


def test_integers_given_to_a_model_may_be_0_and_1() -> None:
    ones = np.rint(TEST[0] / 255).astype(np.int64)
    assert (as_given_pixels(ones, "x") == 255 * ones).all()
    assert (as_given_pixels(ones / 255, "x") == ones).all() and (as_given_pixels(17 * ones, "x") == 17 * ones).all()


def test_integers_are_not_scaled_if_one_part_has_more(tmp_path: Path) -> None:
    images = open_path(
        str(written_range(tmp_path / "d", "csv", TRAIN[0], np.rint(TEST[0] / 255).astype(np.uint8))), DEFAULT
    )
    assert not [note for note in images.notes if note.startswith("pixels:")]
    assert images.test.images.max() < 2


BYTES = np.array([b"alpha", b"caf\xe9", b"caf\xe8"])


def test_labels_of_an_npz_that_are_not_utf_8_are_refused(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "d.npz", (TRAIN[0], BYTES[TRAIN[1]]))
    assert "label 1 is b'caf\\xe9', which is not UTF-8" in error_message(lambda: open_path(str(path), DEFAULT))


def test_further_frames_in_parquet_are_counted(tmp_path: Path) -> None:
    frames = [Image.fromarray(image) for image in TRAIN[0][:4]]
    animated = io.BytesIO()
    frames[0].save(animated, "PNG", save_all=True, append_images=frames[1:])
    cells = [animated.getvalue(), *(png(image) for image in TRAIN[0][1:])]
    write_parquet(tmp_path / "d.parquet", cells, TRAIN[1])
    notes = open_path(str(tmp_path / "d.parquet"), DEFAULT).notes
    assert "passed over: 3 images after the first of a file in d.parquet" in notes


@pytest.mark.parametrize("kind", ["binary", "string"])
def test_labels_in_parquet_that_are_not_utf_8_are_refused(kind: str, tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    labels = pyarrow.array(BYTES[TRAIN[1]].tolist(), pyarrow.binary())
    if kind == "string":
        labels = pyarrow.StringArray.from_buffers(len(labels), *labels.buffers()[1:])  # nothing is checked
    table = pyarrow.table({"image": [png(image) for image in TRAIN[0]], "label": labels})
    pyarrow.parquet.write_table(table, tmp_path / "d.parquet")
    assert "not UTF-8" in error_message(lambda: open_path(str(tmp_path / "d.parquet"), DEFAULT))


@pytest.mark.parametrize("kind", WITH_TEST)
def test_every_format_with_a_test_set_gives_the_same_images(kind: str, tmp_path: Path) -> None:
    write, names = WITH_TEST[kind]
    images = open_path(str(write(tmp_path / "data")), DEFAULT)
    assert images.class_names == names
    assert (len(images.train), len(images.validation), len(images.test)) == (30, 6, 12)
    expected = {
        normalize_image(image).tobytes() + bytes([label]) for image, label in zip(TEST[0], TEST[1], strict=True)
    }
    assert {image.tobytes() + bytes([label]) for image, label in zip(*pair(images.test), strict=True)} == expected
    assert images.source == str((tmp_path / "data").with_suffix(".npz" if kind == "npz" else ""))
    assert images.picture is not None and images.picture.startswith(b"\x89PNG")
    assert images.dropped == () and not images.preparation.centred
    assert (kind == "csv") == ("read: my_train.csv, my_test.csv" in images.notes)


WITHOUT_TEST: dict[str, Callable[[Path], Path]] = {
    "folder": lambda root: write_folder(root, *TRAIN, names=NUMBERS),
    "idx": lambda root: write_idx(root, TRAIN),
    "idx file": lambda root: write_idx(root, TRAIN) / "train-images-idx3-ubyte.gz",
    "npz": lambda root: write_npz(root.with_suffix(".npz"), (TRAIN[0].reshape(N_TRAIN, -1), TRAIN[1].reshape(-1, 1))),
    "csv": lambda root: write_csv(root.with_suffix(".csv"), *TRAIN),
    "parquet": lambda root: write_parquet(root.with_suffix(".parquet"), [png(image) for image in TRAIN[0]], TRAIN[1]),
}


@pytest.mark.parametrize("kind", WITHOUT_TEST)
def test_without_a_test_set_a_fixed_stratified_fifth_becomes_one(kind: str, tmp_path: Path) -> None:
    path = str(WITHOUT_TEST[kind](tmp_path / "data"))
    images = open_path(path, DEFAULT)
    assert images.class_names == NUMBERS
    assert np.bincount(images.test.labels).tolist() == [2, 2, 2]
    assert len(images.train) + len(images.validation) == 30
    assert len(whole(images)) == N_TRAIN
    again = open_path(path, DEFAULT)
    np.testing.assert_array_equal(images.test.images, again.test.images)
    assert any("stratified fifth" in note for note in images.notes)


def test_a_gzipped_csv_with_text_labels_and_fractions(tmp_path: Path) -> None:
    path = tmp_path / "data.csv.gz"
    words = [NAMES[label] for label in TRAIN[1]]
    path.write_bytes(gzip.compress(csv_text(np.round(TRAIN[0] / 255, 4), words).encode()))
    assert whole(open_path(str(path), DEFAULT)) == whole(open_path(str(write_folder(tmp_path / "f", *TRAIN)), DEFAULT))


def test_the_label_column_may_be_last_and_labels_may_be_floats(tmp_path: Path) -> None:
    lines = [line.partition(",") for line in csv_text(*TRAIN).splitlines()]
    text = "\n".join(f"{rest},{'class' if i == 0 else label + '.0'}" for i, (label, _, rest) in enumerate(lines))
    (tmp_path / "data.csv").write_text(text)
    assert open_path(str(tmp_path / "data.csv"), DEFAULT).class_names == NUMBERS


def test_parquet_of_pixels(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    columns = {"label": TRAIN[1], **{f"p{i}": TRAIN[0].reshape(N_TRAIN, -1)[:, i] for i in range(144)}}
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "data.parquet")
    images = open_path(str(tmp_path / "data.parquet"), DEFAULT)
    assert whole(images) == whole(open_path(str(write_csv(tmp_path / "data.csv", *TRAIN)), DEFAULT))


def test_without_pyarrow_the_error_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_parquet(tmp_path / "data.parquet", [png(image) for image in TRAIN[0]], TRAIN[1])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "pip install pyarrow" in error_message(lambda: open_path(str(path), DEFAULT))


@pytest.mark.parametrize("inverted", [False, True])
def test_polarity_is_detected_reported_and_normalized(inverted: bool, tmp_path: Path) -> None:
    images, labels = TRAIN
    path = write_npz(tmp_path / "data.npz", (255 - images if inverted else images, labels))
    found = open_path(str(path), DEFAULT)
    assert found.train.images[:, 0, 0].max() == 0
    expected = "dark on light, inverted" if inverted else "light on dark, unchanged"
    assert [note for note in found.notes if expected in note and "36 of 36" in note]


def test_mixed_polarity_gives_a_warning_and_can_be_set(tmp_path: Path) -> None:
    images, labels = TRAIN[0].copy(), TRAIN[1]
    images[:14] = 255 - images[:14]
    path = str(write_npz(tmp_path / "data.npz", (images, labels)))
    found = open_path(path, DEFAULT)
    assert [note for note in found.notes if "CAREFUL: 39% of the training images have the opposite polarity" in note]
    forced = open_path(path, PreprocessingOptions("dark-on-light"))
    assert whole(forced) != whole(found)
    assert [note for note in forced.notes if "set by --polarity" in note]


def test_values_of_another_range_are_warned_of(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "data.npz", (TRAIN[0] // 8, TRAIN[1]))
    assert [note for note in open_path(str(path), DEFAULT).notes if "no pixel is above 31" in note]


def test_centring_is_told_on(tmp_path: Path) -> None:
    images = open_path(str(write_npz(tmp_path / "data.npz", TRAIN)), PreprocessingOptions(centre=True))
    assert images.preparation.centred
    assert images.train.images[:, :3].max() == 0


def test_colour_and_every_size_in_one_folder(tmp_path: Path) -> None:
    images, labels = some_images(side=40)
    root = write_folder(tmp_path / "data", images, labels)
    for i, path in enumerate(sorted(root.rglob("*.png"))):
        size = (10 + 3 * i, 60 - i)
        Image.open(path).convert("RGB").resize(size).save(path.with_suffix(".jpg"))
        path.unlink()
    assert open_path(str(root), DEFAULT).image_shape == (28, 28)


def test_other_files_are_skipped_and_reported(tmp_path: Path) -> None:
    root = write_folder(tmp_path / "data", *TRAIN)
    (root / "alpha" / "notes.txt").write_text("hello")
    (root / "alpha" / ".DS_Store").write_text("hidden")
    (root / "__MACOSX").mkdir()
    notes = open_path(str(root), DEFAULT).notes
    assert [note for note in notes if note == "passed over: 1 files that are not images"]


def test_unused_folders_beside_train_are_reported(tmp_path: Path) -> None:
    root = folder(tmp_path / "data")
    write_folder(root / "sketches", *TEST)
    notes = open_path(str(root), DEFAULT).notes
    assert "passed over: 12 images in sketches/ beside train/" in notes


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    root = write_folder(tmp_path / "data", *TRAIN, names=("boat", "plane", "train"))
    assert open_path(str(root), DEFAULT).class_names == ("boat", "plane", "train")


def test_hundreds_of_numeric_classes_are_sorted(tmp_path: Path) -> None:
    images, labels = some_images(900, 300)
    found = open_path(str(write_npz(tmp_path / "data.npz", (images, labels))), DEFAULT)
    assert found.class_names == tuple(map(str, range(300)))
    assert np.bincount(found.test.labels).tolist() == [1] * 300


def test_a_blank_image_is_dropped_from_training_by_its_name(tmp_path: Path) -> None:
    images = TRAIN[0].copy()
    images[4] = 7
    root = write_folder(tmp_path / "data", images, TRAIN[1])
    found = open_path(str(root), DEFAULT)
    assert found.dropped == (f"{root}/beta/004.png: every pixel is 7",)


def test_changed_data_has_another_hash(tmp_path: Path) -> None:
    from benchmarks.datasets.preprocessing.audit import audit

    root = write_folder(tmp_path / "data", *TRAIN)
    before = audit(open_path(str(root), DEFAULT)).data_hash
    assert audit(open_path(str(root), DEFAULT)).data_hash == before
    (root / "alpha" / "000.png").write_bytes(png(TEST[0][0]))
    assert audit(open_path(str(root), DEFAULT)).data_hash != before


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mnst", False),
        ("letters.npz", True),
        ("no/such", True),
        ("~/letters", True),
        ("emnist-x", False),
        ("", False),
        ("a.zip", True),
    ],
)
def test_names_that_look_like_paths_are_paths(text: str, expected: bool) -> None:
    assert is_path(text) is expected
