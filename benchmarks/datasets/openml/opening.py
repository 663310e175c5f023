"""``openml:554`` on the command line → images."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.common.errors import BenchError
from benchmarks.datasets.emnist_files import upright
from benchmarks.datasets.openml.arff import as_csv
from benchmarks.datasets.openml.description import FOLDER, describe
from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions, preprocess
from benchmarks.datasets.readers.archives.archive import Archive, ArchivePath
from benchmarks.datasets.readers.parts import Parts
from benchmarks.datasets.readers.tables.pixel_table import read_csv
from benchmarks.datasets.sources.checked_files import find_or_fetch
from benchmarks.datasets.sources.download import read_verified
from benchmarks.datasets.spec import OPENML, DataPlaces, Images


def open_openml(name: str, places: DataPlaces, options: PreprocessingOptions) -> Images:
    """Return the images of a data set, a row of pixels each, preprocessed as user data. Raises ``BenchError``."""
    wanted = name.removeprefix(OPENML).strip()
    if not wanted:
        raise BenchError("openml: should be followed by the number or the name of a data set, as openml:554")
    found = describe(wanted, places)
    source = f"{OPENML}{found.number}"
    content = read_verified(find_or_fetch(found.file, places, f"{FOLDER}/{found.number}"), found.file)
    table = Archive(Path(source))
    table.add(found.file.name, partial(as_csv, content, found.passed_over, source))
    reading = replace(options.reading, label_column=options.reading.label_column or found.label_column or None)
    path = ArchivePath(table) / found.file.name
    raw, notes = upright(read_csv(Parts((path,)), reading), path, reading)
    noted = replace(raw, notes=(f"OpenML: {found.title}", *notes, *raw.notes))
    return replace(preprocess(noted, source, options), source=source)
