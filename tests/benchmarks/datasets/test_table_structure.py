"""Tables whose structure has to be found: headings, label columns, index columns, the order of columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.cli.arguments import shape
from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.readers.tables.table_columns import is_deduplicated, is_heading
from benchmarks.datasets.spec import Images, ReadingOptions
from benchmarks.datasets.user_data import open_path
from tests.benchmarks.datasets.helpers import error_message
from tests.benchmarks.datasets.sample_files import some_images, write_folder, write_idx, write_npz
from tests.benchmarks.datasets.test_user_data_formats import whole

IMAGES, LABELS = some_images()
TEST_IMAGES, TEST_LABELS = some_images(12, seed=1)
N_PIXELS = 144
NAMES = [f"pixel{i}" for i in range(N_PIXELS)]
AS_TEXT = sorted(range(N_PIXELS), key=lambda i: NAMES[i])  # pixel0, pixel1, pixel10, …
FLAT, TEST_FLAT = IMAGES.reshape(len(IMAGES), -1), TEST_IMAGES.reshape(len(TEST_IMAGES), -1)

Rows = Sequence[Sequence[object]]


def write(path: Path, rows: Rows, heading: Sequence[object] | None = None) -> Path:
    lines = [",".join(map(str, row)) for row in ([heading, *rows] if heading else rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def labelled(flat: np.ndarray = FLAT, labels: Sequence[object] = tuple(LABELS)) -> list[list[object]]:
    return [[label, *row] for label, row in zip(labels, flat.tolist(), strict=True)]


def opened(path: Path, **options: object) -> Images:
    return open_path(str(path), PreprocessingOptions(reading=ReadingOptions(**options)))  # type: ignore[arg-type]


@pytest.fixture
def expected(tmp_path: Path) -> set[bytes]:
    """The images and labels of the training table."""
    (tmp_path / "expected").mkdir()
    return whole(opened(write(tmp_path / "expected" / "data.csv", labelled(), ["label", *NAMES])))


HEADINGS: dict[str, list[object]] = {
    "pandas' numbers": list(range(N_PIXELS + 1)),
    "numbers from one": list(range(1, N_PIXELS + 2)),
    "label and numbers": ["label", *range(N_PIXELS)],
    "upper case": ["Label", *(name.upper() for name in NAMES)],
    "decimal numbers": [f"{i}.0" for i in range(N_PIXELS + 1)],
    "rows and columns": ["label", *(f"{i // 12 + 1}x{i % 12 + 1}" for i in range(N_PIXELS))],
    "rows.columns": ["label", *(f"{i // 12 + 1}.{i % 12 + 1:02}" for i in range(N_PIXELS))],
    "ascending numbers": ["class", *range(5, 5 + 2 * N_PIXELS, 2)],
}


@pytest.mark.parametrize("heading", HEADINGS.values(), ids=list(HEADINGS))
def test_a_heading_is_not_an_image(heading: list[object], tmp_path: Path, expected: set[bytes]) -> None:
    assert whole(opened(write(tmp_path / "data.csv", labelled(), heading))) == expected


def test_without_a_heading_the_first_line_is_an_image(tmp_path: Path, expected: set[bytes]) -> None:
    assert whole(opened(write(tmp_path / "data.csv", labelled()))) == expected
    words = [["a", "b", "c"][label] for label in LABELS]
    assert opened(write(tmp_path / "words.csv", labelled(labels=words))).class_names == ("a", "b", "c")


def test_no_heading_makes_a_line_that_counts_an_image(tmp_path: Path) -> None:
    gradient = np.vstack([np.arange(1, N_PIXELS + 1), FLAT])
    path = write(tmp_path / "data.csv", labelled(gradient, [0, *LABELS]))
    assert len(whole(opened(path))) == len(LABELS)
    assert len(whole(opened(path, heading=False))) == len(LABELS) + 1


def test_an_image_that_pandas_took_for_a_heading_is_counted(tmp_path: Path, expected: set[bytes]) -> None:
    zeros = ["0", *(f"0.{i}" for i in range(1, N_PIXELS))]
    images = opened(write(tmp_path / "data.csv", labelled(), ["5", *zeros]))
    assert whole(images) == expected
    assert [note for note in images.notes if "line 1 of data.csv is an image that pandas took" in note]


@given(st.lists(st.integers(0, 255), min_size=9, max_size=60), st.sampled_from(["A", "7", "label"]))
def test_a_line_of_pixels_is_no_heading(pixels: list[int], label: str) -> None:
    if pixels != sorted(pixels) and len(set(pixels)) < len(pixels):
        assert not is_heading([label, *map(str, pixels)])


@given(st.lists(st.integers(0, 9), min_size=4, max_size=60))
def test_what_pandas_makes_of_repeated_names_is_found(values: list[int]) -> None:
    seen: dict[int, int] = {}
    names = []
    for value in values:
        names.append(f"{value}.{seen[value]}" if value in seen else str(value))
        seen[value] = seen.get(value, 0) + 1
    assert is_deduplicated(names) == (len(seen) < len(values))


INDEXES: dict[str, tuple[object, ...]] = {
    "no name": ("",),
    "unnamed": ("Unnamed: 0",),
    "twice": ("Unnamed: 0.1", "Unnamed: 0"),
    "parquet": ("__index_level_0__",),
    "id": ("Id",),
}


@pytest.mark.parametrize("names", INDEXES.values(), ids=list(INDEXES))
@pytest.mark.parametrize("in_order", [True, False])
def test_index_columns_are_passed_over(
    names: tuple[object, ...], in_order: bool, tmp_path: Path, expected: set[bytes]
) -> None:
    numbers = range(len(LABELS)) if in_order else np.random.default_rng(0).permutation(1000)
    rows = [[*[i] * len(names), *row] for i, row in zip(numbers, labelled(), strict=False)]
    images = opened(write(tmp_path / "data.csv", rows, [*names, "label", *NAMES]))
    assert whole(images) == expected
    assert [note for note in images.notes if note.startswith("passed over: column '") and "data.csv" in note]


@pytest.mark.parametrize("heading", [False, True])
def test_a_first_column_that_numbers_the_rows_is_no_label(heading: bool, tmp_path: Path, expected: set[bytes]) -> None:
    rows = [[i, *row] for i, row in enumerate(labelled(), 1)]
    images = opened(write(tmp_path / "data.csv", rows, ["", *range(N_PIXELS + 1)] if heading else None))
    assert whole(images) == expected
    assert [note for note in images.notes if note.startswith("passed over: column")]


@pytest.mark.parametrize("first", ["constant", "varied", "of its own"])
@pytest.mark.parametrize("heading", [None, range(N_PIXELS + 1)], ids=["no heading", "numbers"])
def test_a_label_in_the_last_column_is_asked_for(
    first: str, heading: range | None, tmp_path: Path, expected: set[bytes]
) -> None:
    flat = FLAT.copy()
    if first == "varied":
        flat[:, :3] = (np.arange(len(flat)) % 6 * 5)[:, None]
    if first == "of its own":
        flat[:, 0] = np.arange(len(flat)) % 6 * 5
    path = write(
        tmp_path / "data.csv", [[*row, label] for row, label in zip(flat.tolist(), LABELS, strict=True)], heading
    )
    message = error_message(lambda: opened(path))
    assert str(path) in message and "--label-column last" in message
    found = opened(path, label_column="last")
    assert found.class_names == ("0", "1", "2")
    assert first != "constant" or whole(found) == expected


@pytest.mark.parametrize("labels", [[3, 5, 7], ["x", "y", "z"], [1, 2, 3]], ids=str)
@pytest.mark.parametrize("varied", [False, True])
def test_labels_of_any_kind_in_the_last_column_are_asked_for(
    labels: list[object], varied: bool, tmp_path: Path
) -> None:
    flat = FLAT.copy()
    if varied:
        flat[:, :4] = np.random.default_rng(0).integers(2, 9, (len(flat), 4)) * 3
    rows = [[*row, labels[label]] for row, label in zip(flat.tolist(), LABELS, strict=True)]
    path = write(tmp_path / "data.csv", rows)
    assert "--label-column" in error_message(lambda: opened(path))
    assert set(opened(path, label_column="last").class_names) == set(map(str, labels))


def test_options_are_refused_where_they_mean_nothing(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "folder", IMAGES, LABELS)
    arrays = write_npz(tmp_path / "d.npz", (IMAGES, LABELS))
    idx = write_idx(tmp_path / "idx", (IMAGES, LABELS))
    for path, options in (
        (folder, {"label_column": "x"}),
        (folder, {"shape": (12, 12)}),
        (idx, {"shape": (12, 12)}),
        (arrays, {"heading": False}),
        (arrays, {"label_column": "first"}),
    ):
        message = error_message(lambda path=path, options=options: opened(path, **options))  # type: ignore[misc]
        assert str(path) in message and "--" in message


def test_a_label_column_can_be_named(tmp_path: Path, expected: set[bytes]) -> None:
    rows = [[*row[:5], row[0], *row[5:]] for row in labelled()]
    path = write(tmp_path / "data.csv", [row[1:] for row in rows], [*NAMES[:4], "Kind", *NAMES[4:]])
    assert "--label-column NAME" in error_message(lambda: opened(path))
    assert whole(opened(path, label_column="kind")) == expected
    message = error_message(lambda: opened(path, label_column="sort"))
    assert "no column 'sort'" in message and "pixel0" in message
    nameless = write(tmp_path / "nameless.csv", labelled())
    assert "takes first or last" in error_message(lambda: opened(nameless, label_column="kind"))


@pytest.mark.parametrize(
    "words",
    [["4E00", "4E01", "5E74"], ["1E2", "1E3", "12"], ["1_0", "10", "0x0A"], ["1e-3", "2e-3", ".5"], ["007", "7", "07"]],
    ids="-".join,
)
def test_labels_that_only_look_like_numbers_are_words(words: list[str], tmp_path: Path) -> None:
    path = write(tmp_path / "data.csv", labelled(labels=[words[label] for label in LABELS]), ["label", *NAMES])
    assert set(opened(path).class_names) == set(words)


def test_decimal_labels_are_numbers(tmp_path: Path) -> None:
    np.savetxt(tmp_path / "saved.csv", np.c_[LABELS, FLAT], delimiter=",")
    assert opened(tmp_path / "saved.csv").class_names == ("0", "1", "2")


def test_a_pixel_with_an_underscore_is_no_number(tmp_path: Path) -> None:
    rows = labelled()
    rows[3][70] = "1_0"
    assert "line 5 has a pixel that is not a number" in error_message(
        lambda: opened(write(tmp_path / "data.csv", rows, ["label", *NAMES]))
    )


def two_tables(root: Path, train: Sequence[int], test: Sequence[int], test_names: Sequence[object] | None) -> Path:
    """Write a training table and a test table with their columns in these orders."""
    root.mkdir()
    write(root / "Train.csv", labelled(FLAT[:, train]), ["label", *(NAMES[i] for i in train)])
    heading = ["label", *test_names] if test_names else None
    write(root / "Test.csv", labelled(TEST_FLAT[:, test], TEST_LABELS.tolist()), heading)
    return root


NATURAL = list(range(N_PIXELS))
SHUFFLED = np.random.default_rng(0).permutation(N_PIXELS).tolist()


@pytest.mark.parametrize("train", [NATURAL, AS_TEXT, SHUFFLED], ids=["natural", "as text", "shuffled"])
@pytest.mark.parametrize("test", [NATURAL, AS_TEXT, SHUFFLED], ids=["natural", "as text", "shuffled"])
def test_columns_are_matched_by_their_names(train: list[int], test: list[int], tmp_path: Path) -> None:
    plain = opened(two_tables(tmp_path / "plain", NATURAL, NATURAL, NAMES))
    other = opened(two_tables(tmp_path / "other", train, test, [NAMES[i] for i in test]))
    assert whole(other) == whole(plain)
    np.testing.assert_array_equal(other.test.images, plain.test.images)


BY_ROW = [(row, column) for row in range(12) for column in range(12)]


@pytest.mark.parametrize("shown", ["x{column}y{row}", "pixel_{row}_{column}", "{row}x{column}"])
def test_names_with_row_and_column_are_read_in_the_order_of_the_file_or_refused(
    shown: str, tmp_path: Path, expected: set[bytes]
) -> None:
    names = [shown.format(row=row, column=column) for row, column in BY_ROW]
    in_order = write(tmp_path / "a.csv", labelled(), ["label", *names])
    assert whole(opened(in_order)) == expected
    as_text = sorted(range(N_PIXELS), key=lambda i: names[i])
    path = write(tmp_path / "b.csv", labelled(FLAT[:, as_text]), ["label", *(names[i] for i in as_text)])
    assert "give --no-transpose if they have, --transpose if the column is first" in error_message(lambda: opened(path))
    assert whole(opened(path, transpose=shown.startswith("x"))) == expected


def test_names_that_sorting_leaves_in_order_are_read(tmp_path: Path) -> None:
    small = IMAGES[:, 2:10, 2:10]
    names = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]
    rows = labelled(small.reshape(len(small), -1))
    named, plain = write(tmp_path / "a.csv", rows, ["label", *names]), write(tmp_path / "b.csv", rows)
    assert whole(opened(named)) == whole(opened(plain))


def test_columns_of_x_and_y_that_count_x_first_are_refused(tmp_path: Path, expected: set[bytes]) -> None:
    names = [f"x{column}y{row}" for column, row in BY_ROW]
    path = write(tmp_path / "a.csv", labelled(IMAGES.swapaxes(1, 2).reshape(len(IMAGES), -1)), ["label", *names])
    assert "have the number of the row first is not certain" in error_message(lambda: opened(path))
    assert whole(opened(path, transpose=True)) == expected


def test_columns_without_numbers_are_matched_in_the_order_of_the_training_table(tmp_path: Path) -> None:
    names = ["x" + "".join("abcdefghij"[int(figure)] for figure in str(i)) for i in range(N_PIXELS)]
    write(tmp_path / "train.csv", labelled(), ["label", *names])
    write(
        tmp_path / "test.csv",
        labelled(TEST_FLAT[:, SHUFFLED], TEST_LABELS.tolist()),
        ["label", *(names[i] for i in SHUFFLED)],
    )
    plain = opened(two_tables(tmp_path / "plain", NATURAL, NATURAL, NAMES))
    np.testing.assert_array_equal(opened(tmp_path).test.images, plain.test.images)


def test_other_columns_are_refused(tmp_path: Path) -> None:
    path = two_tables(tmp_path / "data", NATURAL, NATURAL, [*NAMES[:-1], "pixel999"])
    message = error_message(lambda: opened(path))
    assert "Test.csv has other columns than" in message and "'pixel999'" in message


def test_a_table_without_a_heading_is_not_matched_to_one_in_another_order(tmp_path: Path) -> None:
    message = error_message(lambda: opened(two_tables(tmp_path / "data", AS_TEXT, AS_TEXT, None)))
    assert "only one has a heading" in message
    assert opened(two_tables(tmp_path / "natural", NATURAL, NATURAL, None)).class_names == ("0", "1", "2")


@pytest.mark.parametrize("heading", [NAMES, None, ["ImageId", *NAMES]], ids=["names", "none", "with an id"])
def test_a_test_table_without_labels_is_counted_and_passed_over(
    heading: list[str] | None, tmp_path: Path, expected: set[bytes]
) -> None:
    (tmp_path / "d").mkdir()
    write(tmp_path / "d" / "train.csv", labelled(), ["label", *NAMES] if heading else None)
    rows = [[i, *row] if heading and len(heading) > N_PIXELS else row for i, row in enumerate(TEST_FLAT.tolist())]
    write(tmp_path / "d" / "test.csv", rows, heading)
    write(tmp_path / "d" / "sample_submission.csv", [[1, 0]], ["ImageId", "Label"])
    images = opened(tmp_path / "d")
    assert whole(images) == expected
    assert "passed over: test.csv, 12 images without labels" in images.notes
    assert "passed over: sample_submission.csv" in images.notes


def test_a_row_of_pixels_that_is_no_square_has_a_shape(tmp_path: Path) -> None:
    wide = np.hstack([FLAT, FLAT])
    path = write(tmp_path / "data.csv", labelled(wide), ["label", *(f"p{i}" for i in range(2 * N_PIXELS))])
    assert "288 pixels per image, which is not a square; give --shape" in error_message(lambda: opened(path))
    assert opened(path, shape=(12, 24)).image_shape == (28, 28)
    assert "--shape 9x9 has 81" in error_message(lambda: opened(path, shape=(9, 9)))


def test_options_are_stored_as_they_are_written(tmp_path: Path) -> None:
    wide = np.hstack([FLAT, FLAT])
    path = write(tmp_path / "data.csv", labelled(wide))
    found = opened(path, label_column="first", heading=False, transpose=True, shape=(12, 24))
    assert found.reading == ("--label-column", "first", "--no-heading", "--transpose", "--shape", "12x24")
    assert opened(path, shape=(12, 24), transpose=False).reading == ("--no-transpose", "--shape", "12x24")


@pytest.mark.parametrize(
    ("text", "expected"), [("28x28", (28, 28)), ("3X28×28", (3, 28, 28)), ("28x0", None), ("28", None), ("ax2", None)]
)
def test_a_shape_on_the_command_line(text: str, expected: tuple[int, ...] | None) -> None:
    if expected:
        assert shape(text) == expected
    else:
        assert f"--shape '{text}'" in error_message(lambda: shape(text))
