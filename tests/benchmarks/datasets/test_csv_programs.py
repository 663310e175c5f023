"""CSV files as programs write them: Excel's delimiters, decimal commas and encodings."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.spec import Images
from benchmarks.datasets.user_data import open_path
from tests.benchmarks.datasets.helpers import error_message
from tests.benchmarks.datasets.sample_files import csv_text, some_images
from tests.benchmarks.datasets.test_user_data_formats import whole

TRAIN = some_images()
NAMES = ("é", "ñ", "ü")
LABELS = [NAMES[label] for label in TRAIN[1]]


def opened(path: Path) -> Images:
    return open_path(str(path), PreprocessingOptions())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_delimiter_encoding_and_end_of_lines(encoding: str, delimiter: str, end: str, tmp_path: Path) -> None:
    text = csv_text(TRAIN[0], LABELS).replace(",", delimiter).replace("\n", end)
    path = tmp_path / ("d.tsv" if delimiter == "\t" else "d.csv")
    path.write_bytes(text.encode(encoding))
    whole = tmp_path / "whole.csv"
    whole.write_text(csv_text(TRAIN[0], LABELS), encoding="utf-8")
    images = opened(path)
    assert images.class_names == NAMES and (images.train.images == opened(whole).train.images).all()


@pytest.mark.parametrize("header", [True, False])
def test_decimal_commas(header: bool, tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    text = csv_text((TRAIN[0] / 255).round(4), LABELS, header)
    path.write_text(text.replace(",", ";").replace(".", ","), encoding="utf-8")
    assert opened(path).train.images.max() == 255


def test_semicolons_in_labels_are_no_delimiters(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text(csv_text(TRAIN[0], ["a;b", "a;c", "d"] * 12, header=False), encoding="utf-8")
    assert opened(path).class_names == ("a;b", "a;c", "d")


def test_another_encoding_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_bytes(csv_text(TRAIN[0], LABELS).encode("latin-1"))
    assert "save it as UTF-8" in error_message(lambda: opened(path))


@pytest.mark.parametrize("told", ["sep=;", '"sep=;"', "sep=|"])
@pytest.mark.parametrize("header", [True, False])
def test_a_first_line_that_tells_excel_the_delimiter(told: str, header: bool, tmp_path: Path) -> None:
    delimiter = told.strip('"')[-1]
    text = csv_text(*TRAIN, header=header)
    (tmp_path / "a.csv").write_text(f"{told}\n{text.replace(',', delimiter)}")
    (tmp_path / "b.csv").write_text(text)
    assert whole(opened(tmp_path / "a.csv")) == whole(opened(tmp_path / "b.csv"))
    (tmp_path / "a.csv").write_text(f"{told}\n{text.replace(',', delimiter)}1{delimiter}2\n")
    assert f"line {38 + header} has 2 fields" in error_message(lambda: opened(tmp_path / "a.csv"))
