"""``--dataset PATH``: user data in any supported format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.common.errors import BenchError
from benchmarks.datasets.emnist_files import upright
from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions, preprocess
from benchmarks.datasets.readers.archives.data_path import DataPath
from benchmarks.datasets.readers.archives.opening import SUFFIXES as ARCHIVES
from benchmarks.datasets.readers.archives.opening import data_path, is_archive
from benchmarks.datasets.readers.folders import images_in, only_folder, subfolders
from benchmarks.datasets.readers.idx_files import IDX_MARKS, image_files, read_idx
from benchmarks.datasets.readers.image_folder import read_folder
from benchmarks.datasets.readers.matlab.mat_file import read_mat
from benchmarks.datasets.readers.npz import NPY, NPZ, read_arrays, read_npz
from benchmarks.datasets.readers.parts import Parts, choose_parts, part_of_folder
from benchmarks.datasets.readers.raw_images import RawDataset, shown, shown_path
from benchmarks.datasets.readers.tables.name_or_folder import tables_to_read
from benchmarks.datasets.readers.tables.named_images import read_named_images
from benchmarks.datasets.readers.tables.parquet import read_parquet
from benchmarks.datasets.readers.tables.pixel_table import read_csv
from benchmarks.datasets.spec import Images, ReadingOptions

KINDS = (
    "a folder of images with a subfolder for each class or a CSV of names and labels, IDX files, .npz, .mat, .csv of "
    "label and pixels, .parquet, "
    "or a zip or tar archive of any of these"
)
CSV = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
TABLES: dict[tuple[str, ...], Callable[[Parts, ReadingOptions], RawDataset]] = {
    CSV: read_csv,
    (".parquet", ".pq"): read_parquet,
    (".mat",): read_mat,
}
MAX_NAMED = 5
INNER = ("raw", "data")  # where torchvision and Hugging Face put the files


def open_path(text: str, options: PreprocessingOptions) -> Images:
    """Return the images at a path, preprocessed and split. Raises ``BenchError`` if they cannot be read."""
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:  # no such user, or no home
        raise BenchError(f"--dataset {text}: there is no such home folder") from error
    try:
        found = data_path(path)
        source, notes = upright(_read(found, options.reading), found, options.reading)
        source = _noted(source, notes)
        return replace(preprocess(source, str(path), options), source=shown_path(path.resolve()))
    except OSError as error:
        raise BenchError(f"{error.filename or path} cannot be read ({error.strerror or error})") from error


def _read(path: DataPath, options: ReadingOptions) -> RawDataset:
    if not path.exists():
        raise BenchError(f"--dataset {path}: there is no such file or folder, and no dataset of that name")
    if path.is_dir():
        return _read_folder(path, options)
    if not path.is_file():
        raise BenchError(f"--dataset {path} is neither a file nor a folder")
    for suffixes, read in TABLES.items():
        if path.name.lower().endswith(suffixes):
            return read(Parts((path,)), options)
    if path.name.lower().endswith(NPZ):
        return read_npz(path, options)
    if any(mark in path.name.lower() for mark in IDX_MARKS):
        return _read_idx(path, options)
    raise BenchError(f"--dataset {path}: unknown format; supported: {KINDS}")


def _read_idx(path: DataPath, options: ReadingOptions) -> RawDataset:
    _check_unused(replace(options, pixel_range=None), path)
    return read_idx(path, options)


def _check_unused(options: ReadingOptions, path: DataPath) -> None:
    """Raise ``BenchError`` for an option on tables or arrays where images are neither."""
    words = replace(options, transpose=None).words()
    if words:
        raise BenchError(f"{words[0]} does not apply to {path}, which is no table and no array of pixels")


def _read_folder(folder: DataPath, options: ReadingOptions) -> RawDataset:
    """Read what a folder contains: IDX files, images and tables that name them, tables, arrays or class folders."""
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")]
    if image_files(folder):
        return _noted(_read_idx(folder, options), _tables_passed_over(files))
    csv_files = [path for path in (*files, *_files_of_parts(folder)) if path.name.lower().endswith(CSV)]
    tables, notes = tables_to_read(folder, csv_files, options)
    if tables:
        _check_unused(replace(options, label_column=None), folder)
        rest = [path for path in files if all(path != table.path for table in tables)]
        return _noted(read_named_images(folder, tables, options), (*notes, *_tables_passed_over(rest)))
    return _noted(_read_tables_or_images(folder, files, options), notes)


def _read_tables_or_images(folder: DataPath, files: Sequence[DataPath], options: ReadingOptions) -> RawDataset:
    """Read tables or arrays among the files of a folder, an archive or folder that is alone in it, or class folders."""
    has_images = _has_class_folders(folder)
    for suffixes, read in TABLES.items():
        here, below = (
            [path for path in some if path.name.lower().endswith(suffixes)] for some in (files, _files_of_parts(folder))
        )
        found = here or below
        if found and not has_images:
            parts = choose_parts(found, folder)
            source = read(parts, options)
            others = _tables_passed_over([path for path in files if path not in found])
            return _noted(source, others)
    arrays = [path for path in files if path.name.lower().endswith((NPZ, NPY))]
    if len(arrays) == 1 and arrays[0].name.lower().endswith(NPZ) and not has_images:
        return read_npz(arrays[0], options)
    if len(arrays) > 1 and not has_images:
        return read_arrays(folder, arrays, options)
    packed = [path for path in folder.iterdir() if is_archive(path.name)] if isinstance(folder, Path) else []
    if len(packed) == 1 and not subfolders(folder):
        return _read(data_path(packed[0]), options)
    if len(packed) > 1 and not subfolders(folder):
        names = ", ".join(sorted(shown(path.name) for path in packed)[:MAX_NAMED])
        raise BenchError(f"{folder} has several archives ({names}); pass one, or unpack them, as into train/ and test/")
    inner = next((folder / name for name in INNER if (folder / name).is_dir()), None)
    if not (inner and not has_images and any(path.is_file() for path in inner.iterdir())):
        inner = only_folder(folder)
    if inner:
        n_beside = sum(1 for _ in images_in(folder))
        beside = (f"passed over: {n_beside:,} images beside {shown(inner.name)}/",) if n_beside else ()
        return _noted(_read_folder(inner, options), (*beside, *_tables_passed_over(files)))
    _check_unused(options, folder)
    return _noted(read_folder(folder), _tables_passed_over(files))


def _files_of_parts(folder: DataPath) -> list[DataPath]:
    """Return the files in train/, test/ and the like."""
    places = [place for place in subfolders(folder) if part_of_folder(place.name)]
    return [path for place in places for path in sorted(place.iterdir()) if path.is_file()]


def _has_class_folders(folder: DataPath) -> bool:
    """Return whether images are in folders below, at one or two levels."""
    return any(
        next(images_in(place), None) or any(next(images_in(inner), None) for inner in subfolders(place))
        for place in subfolders(folder)
    )


def _tables_passed_over(files: Sequence[DataPath]) -> tuple[str, ...]:
    """Return a note on files that could have been the data."""
    suffixes = (*(suffix for suffixes in TABLES for suffix in suffixes), NPZ, NPY, *ARCHIVES)
    names = [path.name for path in files if path.name.lower().endswith(suffixes)]
    return (f"passed over: {', '.join(names[:5])}{'…' if len(names) > 5 else ''}",) if names else ()


def _noted(source: RawDataset, notes: Sequence[str]) -> RawDataset:
    return replace(source, notes=(*notes, *source.notes))
