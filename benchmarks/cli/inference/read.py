"""``bench.py read``: a saved model reads numbers of several digits in image files."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cli.inference.loading import load_predictor, run_with_models
from benchmarks.cli.inference.quiet import without_notices
from benchmarks.common.errors import BenchError
from benchmarks.common.suggestions import bench_command
from benchmarks.datasets.readers.image_file import read_image
from benchmarks.inference.reading.marked import marked
from benchmarks.inference.reading.number import ReadNumber, cut, read_numbers
from benchmarks.inference.saved_model import saved_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def read(options: Namespace) -> int:
    """Print the number in each file, in their order."""
    if options.boxes and len(options.images) > 1:
        raise BenchError("--boxes writes one picture; give one image")
    pictures = [read_image(path) for path in options.images]
    run = options.run or run_with_models(options.results_dir, options.dataset)
    if run is None:
        raise BenchError(f"no model is saved; run: {bench_command('--models', 'quick', '--keep-models')}")
    row = options.row or saved_rows(options.results_dir, run, options.dataset)[0].row
    predictor = load_predictor(options, run, row)
    with without_notices():
        numbers = read_numbers(predictor, cut(pictures, options.polarity)).images
    for path, number in zip(options.images, numbers, strict=True):
        if not number.digits:
            raise BenchError(f"{path}: nothing is drawn there")
    if options.boxes:
        _write_boxes(options.boxes, pictures[0], numbers[0])
    if options.json:
        saved = predictor.saved
        about = {"run": saved.store.run, "dataset": saved.store.dataset, "trial": saved.result.trial.key}
        print(json.dumps({**about, "images": _by_file(options.images, numbers)}, indent=1))
    else:
        print("\n".join(_line(path, number) for path, number in zip(options.images, numbers, strict=True)))
    return 0


def _line(path: Path, read_number: ReadNumber) -> str:
    doubtful = read_number.least_certain
    if doubtful is None or doubtful.probability is None:
        return f"{path}: {read_number.number}"
    return f"{path}: {read_number.number}  (least certain: {doubtful.label}, {doubtful.probability:.1%})"


def _by_file(paths: Sequence[Path], numbers: Sequence[ReadNumber]) -> list[dict[str, object]]:
    return [
        {"image": str(path), "number": one.number, "digits": [vars(digit) for digit in one.digits]}
        for path, one in zip(paths, numbers, strict=True)
    ]


def _write_boxes(path: Path, picture: NDArray[np.uint8], read_number: ReadNumber) -> None:
    try:
        marked(picture, read_number.digits).save(path)
    except (OSError, ValueError) as error:  # ValueError: Pillow knows no format of that name
        why = getattr(error, "strerror", None) or error
        raise BenchError(f"{path} cannot be written ({why}); give --boxes another name, as boxes.png") from error
