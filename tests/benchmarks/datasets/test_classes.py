"""Labels in several spellings are joined with a note; classes that may be one, or none, are pointed out."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from benchmarks.datasets.preprocessing.classes import similar_note
from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.spec import Images
from benchmarks.datasets.user_data import open_path
from tests.benchmarks.datasets.sample_files import some_images, write_csv, write_npz

TRAIN = some_images()


def notes_of(path: Path) -> tuple[Images, str]:
    images = open_path(str(path), PreprocessingOptions())
    return images, "\n".join(images.notes)


@pytest.mark.parametrize("suffix", ["csv", "npz"])
def test_spaces_and_unicode_forms_are_joined_with_a_note(suffix: str, tmp_path: Path) -> None:
    spelled = ["é", unicodedata.normalize("NFD", "é"), "b", " b ", "c", "c  d", "c d", "e", "e"] * 4
    path = tmp_path / f"d.{suffix}"
    if suffix == "csv":
        write_csv(path, TRAIN[0], spelled)
    else:
        write_npz(path, (TRAIN[0], spelled))
    images, notes = notes_of(path)
    assert images.class_names == ("b", "c", "c d", "e", "é")
    assert r"labels: ' b ' as 'b', 'c  d' as 'c d', 'e\u0301' as '\xe9' are read, which differ only in spaces" in notes


def test_one_spelling_of_each_is_not_worth_a_note(tmp_path: Path) -> None:
    images, notes = notes_of(write_csv(tmp_path / "d.csv", TRAIN[0], [" a", " b", " c"] * 12))
    assert images.class_names == ("a", "b", "c") and "labels" not in notes


def test_spaces_beside_numbers_are_no_other_spelling(tmp_path: Path) -> None:
    images, notes = notes_of(write_csv(tmp_path / "d.csv", TRAIN[0], ["0", " 0", "1", "1 ", "2", "2.0"] * 6))
    assert images.class_names == ("0", "1", "2") and "labels" not in notes


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("Cat", "cat", "dog"), "'Cat' and 'cat' are different classes"),
        (("1", "01", "2"), "'1' and '01' are different classes"),
        (("a", "A", "b"), ""),  # of EMNIST
        (("0", "00"), "'0' and '00'"),
        (("N/A", "a", "b"), "class 'N/A' may stand for a missing label"),
        (("?", "none", "x"), "class '?', 'none' may stand"),
        (tuple(f"{word}{i}" for i in range(9) for word in ("aa", "AA")), "and 4 more are different classes"),
    ],
)
def test_classes_that_may_be_one_or_none_are_pointed_out(names: tuple[str, ...], said: str) -> None:
    notes = similar_note(names)
    assert len(notes) == bool(said) and said in "".join(notes)
    assert all(note.startswith("CAREFUL: ") for note in notes)
