"""``bench.py read``: a saved model reads numbers of several digits in image files."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.api import Predictor
from benchmarks.cli.inference.loading import load_predictor, run_with_models
from benchmarks.cli.inference.quiet import without_notices
from benchmarks.cli.inference.several_files import OK, UNREADABLE, as_json, name_unreadable
from benchmarks.common.errors import BenchError
from benchmarks.common.suggestions import bench_command
from benchmarks.datasets.readers.image_file import read_image
from benchmarks.datasets.readers.raw_images import shown
from benchmarks.datasets.spec import Polarity
from benchmarks.inference.image_files import files_meant
from benchmarks.inference.reading.atoms import Atoms
from benchmarks.inference.reading.marked import marked
from benchmarks.inference.reading.number import ReadNumber, cut, read_numbers
from benchmarks.inference.saved_model import SavedModel, saved_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def read(options: Namespace) -> int:
    """Print the number in each file, in their order; 2 if one of them cannot be read, or nothing is drawn there."""
    files = files_meant(options.images)
    if options.boxes and len(files) > 1:
        raise BenchError("--boxes writes one picture; give one image")
    pictures, unreadable = _cut(files, options.polarity)
    name_unreadable(unreadable)
    if not pictures:
        return UNREADABLE
    predictor = _load(options)
    with without_notices():
        numbers = read_numbers(predictor, [atoms for _, atoms in pictures]).images
    if options.boxes:
        _write_boxes(options.boxes, files[0], numbers[0])
    read_in = [(shown(str(file)), number) for (file, _), number in zip(pictures, numbers, strict=True)]
    if options.json:
        print(_as_json(predictor.saved, read_in, unreadable))
    else:
        print("\n".join(_line(name, number) for name, number in read_in))
    return UNREADABLE if unreadable else OK


def _cut(files: Sequence[Path], polarity: Polarity | None) -> tuple[list[tuple[Path, Atoms]], dict[str, str]]:
    """Return the files that show digits with what these may consist of, and by name why the others show none."""
    pictures, unreadable = [], {}
    for file in files:
        try:
            picture = read_image(file)
        except BenchError as error:
            unreadable[shown(str(file))] = str(error)
            continue
        try:
            pictures.append((file, _atoms(picture, polarity)))
        except BenchError as error:
            unreadable[shown(str(file))] = f"{file}: {error}"
    return pictures, unreadable


def _atoms(picture: NDArray[np.uint8], polarity: Polarity | None) -> Atoms:
    (atoms,) = cut([picture], polarity)
    if not atoms.boxes:
        raise BenchError("nothing is drawn there")
    return atoms


def _load(options: Namespace) -> Predictor:
    """Return the model that is meant; raises ``BenchError`` if none is saved."""
    run = options.run or run_with_models(options.results_dir, options.dataset)
    if run is None:
        raise BenchError(f"no model is saved; run: {bench_command('--models', 'quick', '--keep-models')}")
    row = options.row or saved_rows(options.results_dir, run, options.dataset)[0].row
    return load_predictor(options, run, row)


def _line(name: str, read_number: ReadNumber) -> str:
    doubtful = read_number.least_certain
    if doubtful is None or doubtful.probability is None:
        return f"{name}: {read_number.number}"
    return f"{name}: {read_number.number}  (least certain: {doubtful.label}, {doubtful.probability:.1%})"


def _as_json(saved: SavedModel, read_in: Sequence[tuple[str, ReadNumber]], unreadable: Mapping[str, str]) -> str:
    images = [
        {"image": name, "number": one.number, "digits": [vars(digit) for digit in one.digits]} for name, one in read_in
    ]
    return as_json(saved, images, unreadable)


def _write_boxes(path: Path, file: Path, read_number: ReadNumber) -> None:
    try:
        marked(read_image(file), read_number.digits).save(path)
    except (OSError, ValueError) as error:  # ValueError: Pillow knows no format of that name
        why = getattr(error, "strerror", None) or error
        raise BenchError(f"{path} cannot be written ({why}); give --boxes another name, as boxes.png") from error
