"""Data sets of OpenML and scikit-learn by name; OpenML is a server on loopback."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.common.errors import BenchError
from benchmarks.datasets.opening import open_dataset
from benchmarks.datasets.openml import description
from benchmarks.datasets.openml.arff import as_csv
from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.registry import DATASETS
from benchmarks.datasets.sources import transfer
from benchmarks.datasets.sources.download import DownloadError
from benchmarks.datasets.spec import DataPlaces, Dataset, Images, ReadingOptions
from features.naming import Registry
from tests.benchmarks.datasets.helpers import error_message
from tests.benchmarks.datasets.loopback import Mirrors, Response
from tests.benchmarks.datasets.sample_files import some_images, write_csv, write_folder
from tests.benchmarks.datasets.test_user_data_formats import whole

TRAIN = some_images()
WORDS = ("ankle boot", "T-shirt/top", "trouser")


def arff(label: str = "class", words: tuple[str, ...] = ("0", "1", "2"), row_id: bool = False) -> bytes:
    """Return a table with the label last, as OpenML's are."""
    quoted = [f"'{word}'" if " " in word else word for word in words]
    lines = ["% of the tests", "@RELATION 'small images'", ""]
    lines += ["@ATTRIBUTE 'row id' integer"] * row_id
    lines += [f"@ATTRIBUTE pixel{i + 1} real" for i in range(144)]
    lines += [f"@attribute {label} {{{','.join(quoted)}}}", "@DATA"]
    for i, (image, number) in enumerate(zip(*TRAIN, strict=True)):
        pixels = [str(i)] * row_id + [str(value) for value in image.ravel().tolist()]
        lines.append(",".join([*pixels, quoted[number]]))
    return "\n".join(lines).encode() + b"\n"


def serve(mirrors: Mirrors, monkeypatch: pytest.MonkeyPatch, content: bytes, **changed: Any) -> None:
    """Serve number 7, named small."""
    monkeypatch.setattr(description, "API", mirrors.url("api"))
    told = {
        **{"id": "7", "name": "small", "version": "1", "format": "ARFF", "default_target_attribute": "class"},
        **{"url": f"{mirrors.url('files')}7/small.arff", "md5_checksum": hashlib.md5(content).hexdigest()},
        **changed,
    }
    mirrors.serve("api", "7", Response(json.dumps({"data_set_description": told}).encode()))
    mirrors.serve("files", "7/small.arff", Response(content))


def opened(places: DataPlaces, name: str = "openml:7", **reading: Any) -> Images:
    return open_dataset(DATASETS, name, places, PreprocessingOptions(reading=ReadingOptions(**reading)))[1]


def test_a_data_set_is_fetched_once_and_read(
    mirrors: Mirrors, places: DataPlaces, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    serve(mirrors, monkeypatch, arff())
    images = opened(places)
    assert whole(images) == whole(open_dataset(DATASETS, str(write_csv(tmp_path / "d.csv", *TRAIN)), places)[1])
    assert images.source == "openml:7" and "OpenML: small, version 1" in images.notes
    n_requests = len(mirrors.requests)
    assert whole(opened(places)) == whole(images) and len(mirrors.requests) == n_requests == 2


def test_names_with_spaces_and_columns_that_are_no_pixels(
    mirrors: Mirrors, places: DataPlaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = arff("kind", WORDS, row_id=True)
    serve(mirrors, monkeypatch, content, default_target_attribute="kind", row_id_attribute="row id")
    assert opened(places).class_names == tuple(sorted(WORDS))


def test_the_label_column_may_be_another(mirrors: Mirrors, places: DataPlaces, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(mirrors, monkeypatch, arff("kind"), default_target_attribute="nothing")
    assert "has no column 'nothing'" in error_message(lambda: opened(places))
    assert opened(places, label_column="kind").class_names == ("0", "1", "2")


def test_a_name_with_one_version_is_found(
    mirrors: Mirrors, places: DataPlaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(mirrors, monkeypatch, arff())
    for name, numbers in (("small", [7]), ("iris", [61, 969])):
        found = {"data": {"dataset": [{"did": number, "name": name} for number in numbers]}}
        mirrors.serve("api", f"list/data_name/{name}/status/active", Response(json.dumps(found).encode()))
    assert opened(places, "openml:small").source == "openml:7"
    assert "pass one of openml:61, openml:969" in error_message(lambda: opened(places, "openml:iris"))


def test_without_a_network_it_is_one_line(places: DataPlaces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(description, "API", "http://127.0.0.1:9/")
    message = error_message(lambda: opened(places, "openml:554"), DownloadError)
    assert "connection refused" in message and "--data-dir" in message


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"format": "Sparse_ARFF"}, "only dense ARFF is read"),
        ({"url": "file:///etc/passwd"}, "no address"),
        ({"url": "https://x/.."}, "no address"),
        ({"md5_checksum": "0" * 32}, "damaged file"),
        ({"md5_checksum": None}, "no address and MD5"),
    ],
)
def test_descriptions_that_cannot_be_used_are_refused(
    changed: dict[str, Any], expected: str, mirrors: Mirrors, places: DataPlaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(mirrors, monkeypatch, arff(), **changed)
    with pytest.raises(BenchError, match=expected):
        opened(places)


def test_answers_that_are_none_are_refused(
    mirrors: Mirrors, places: DataPlaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(mirrors, monkeypatch, b"<html>")
    assert "has no @data" in error_message(lambda: opened(places))
    mirrors.serve("api", "8", Response(b"<html>"))
    assert "is not readable" in error_message(lambda: opened(places, "openml:8"))
    mirrors.serve("api", "9", Response(b'{"data_set_description": 3}'))
    assert "not readable" in error_message(lambda: opened(places, "openml:9"))
    assert "as openml:554" in error_message(lambda: opened(places, "openml:"))


def test_a_download_is_limited(mirrors: Mirrors, places: DataPlaces, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(mirrors, monkeypatch, arff())
    monkeypatch.setattr(transfer, "LARGEST", 5_000)
    assert "more than 0 MiB" in error_message(lambda: opened(places), DownloadError)


def test_sparse_and_ragged_tables_are_refused() -> None:
    header = b"@relation r\n@attribute a real\n@attribute b real\n@data\n"
    assert "sparse" in error_message(lambda: as_csv(header + b"{0 1, 1 2}\n", (), "d"))
    assert "3 fields for 2 attributes" in error_message(lambda: as_csv(header + b"'1',2,3\n", (), "d"))


@pytest.fixture
def digits_alone(tmp_path: Path, places: DataPlaces) -> Registry[Dataset]:
    """A registry of one small data set named digits."""
    _, images = open_dataset(DATASETS, str(write_csv(tmp_path / "d.csv", *TRAIN)), places)
    published = replace(images, source="")
    return Registry("dataset", (Dataset("digits", "small", lambda places: published, lambda places: "here"),))


def test_the_digits_of_scikit_learn_have_a_second_name(places: DataPlaces, digits_alone: Registry[Dataset]) -> None:
    assert open_dataset(digits_alone, "sklearn:digits", places)[0] == "digits"


def test_a_folder_with_the_name_of_a_data_set_is_pointed_out(
    places: DataPlaces, digits_alone: Registry[Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    notices: list[str] = []
    open_dataset(digits_alone, "digits", places, notify=notices.append)
    assert notices == []
    write_folder(tmp_path / "digits", *TRAIN)
    name, images = open_dataset(digits_alone, "digits", places, notify=notices.append)
    assert name == "digits" and not images.source
    assert len(notices) == 1 and "give ./digits" in notices[0]
    _, images = open_dataset(digits_alone, "./digits", places, notify=notices.append)
    assert images.source == str(tmp_path / "digits") and len(notices) == 1
