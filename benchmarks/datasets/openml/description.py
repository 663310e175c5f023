"""What OpenML says of a data set: where its file is, its checksum, and its columns."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.common.errors import BenchError
from benchmarks.datasets.sources.checked_files import find_or_fetch
from benchmarks.datasets.sources.download import RemoteFile
from benchmarks.datasets.spec import DataPlaces

API = "https://www.openml.org/api/v1/json/data/"
FOLDER = "openml"
MAX_SHOWN = 5
ADDRESS = re.compile(r"https?://[^\s\"'<>\\]+/")
FILE_NAME = re.compile(r"[A-Za-z0-9][\w.+-]{0,99}")
MD5 = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Description:
    """A data set of OpenML. ``passed_over``: columns that number the rows, or that its authors exclude."""

    number: int
    title: str
    file: RemoteFile
    label_column: str
    passed_over: tuple[str, ...]


def describe(name: str, places: DataPlaces) -> Description:
    """Return the description of a data set by its number or its name, cached once fetched. Raises ``BenchError``."""
    number = int(name) if name.isdecimal() and name.isascii() and len(name) < 10 else _number_of(name, places)
    found = _fetched(RemoteFile(str(number), "", (API,)), places, f"{FOLDER}/descriptions")
    told = found.get("data_set_description")
    if not isinstance(told, dict):
        raise BenchError(f"openml:{number}: its description is not readable; delete it and run again")
    address, _, file_name = str(told.get("url", "")).rpartition("/")
    md5 = str(told.get("md5_checksum", ""))
    if str(told.get("format", "")).lower() != "arff":
        raise BenchError(f"openml:{number} is a {str(told.get('format'))[:20]} file; only dense ARFF is read")
    if not (ADDRESS.fullmatch(f"{address}/") and FILE_NAME.fullmatch(file_name) and MD5.fullmatch(md5)):
        raise BenchError(f"openml:{number}: its description has no address and MD5 of a file")
    return Description(
        number,
        f"{str(told.get('name', '?'))[:60]}, version {str(told.get('version', '?'))[:10]}",
        RemoteFile(file_name, "", (f"{address}/",), f"md5:{md5}"),
        str(told.get("default_target_attribute") or ""),
        tuple(column for key in ("row_id_attribute", "ignore_attribute") for column in _listed(told.get(key))),
    )


def _number_of(name: str, places: DataPlaces) -> int:
    """Return the number of the only active data set of a name; raises ``BenchError`` where there are several."""
    mirror = f"{API}list/data_name/{quote(name, safe='')}/"
    try:
        found = _fetched(RemoteFile("active", "", (f"{mirror}status/",)), places, f"{FOLDER}/names/{_as_folder(name)}")
        numbers = [int(one["did"]) for one in found["data"]["dataset"]]
    except (KeyError, TypeError, ValueError) as error:
        raise BenchError(f"openml:{name[:40]}: OpenML's answer is not readable") from error
    if len(numbers) != 1:
        several = ", ".join(f"openml:{number}" for number in numbers[:MAX_SHOWN])
        raise BenchError(f"openml:{name[:40]} has {len(numbers)} versions: pass one of {several}")
    return numbers[0]


def _as_folder(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", name)[:60].lstrip(".") or "_"


def _fetched(file: RemoteFile, places: DataPlaces, folder: str) -> Mapping[str, Any]:
    path = find_or_fetch(file, places, folder)
    return _read(path)


def _read(path: Path) -> Mapping[str, Any]:
    from benchmarks.common.bounded_reading import read_file

    try:
        found = json.loads(read_file(path))
    except (OSError, ValueError, RecursionError) as error:
        raise BenchError(f"{path} is not readable ({str(error)[:80]}); delete it and run again") from error
    if not isinstance(found, dict):
        raise BenchError(f"{path} is no answer of OpenML; delete it and run again")
    return found


def _listed(value: object) -> list[str]:
    """Return the names in a text with commas, or in a list of them."""
    texts = value if isinstance(value, list) else [value]
    return [name.strip() for text in texts if isinstance(text, str) for name in text.split(",") if name.strip()]
