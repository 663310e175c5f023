"""Which columns of a table without names hold labels, pixels, or neither, by their values."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.tables.table_columns import (
    FIRST,
    LAST,
    MAX_SHOWN,
    Columns,
    is_index,
    is_number,
    natural_order,
)
from benchmarks.datasets.spec import ReadingOptions

FEWEST_ROWS = 10  # that a column has to number to be an index
ALIKE = 0.5  # share of common values from which a column resembles the one beside it
MAX_LABELS = 1_000


def unnamed_columns(
    texts: Mapping[int, Sequence[str]], n_columns: int, options: ReadingOptions, path: str, names: tuple[str, ...] = ()
) -> Columns:
    """Return the columns of a table without names for its columns, or with numbers for ``names``.

    ``texts`` holds the values of the first three columns and the last two. The label is the first column that does
    not number the rows. Raises ``BenchError`` if the values say otherwise.
    """
    index = _unnamed_index(texts, n_columns, options, names)
    first, last = len(index), n_columns - 1
    label = last if options.label_column == LAST else first
    if options.label_column not in (None, FIRST, LAST):
        raise BenchError(
            f"{path} has no heading, so that --label-column takes first or last, not '{options.label_column}'"
        )
    if options.label_column is None and n_columns > first + 2:
        _check_is_first(texts, first, last, path)
    pixels = [i for i in range(n_columns) if i != label and i not in index]
    return Columns(names, label, natural_order(names, pixels, options, path) if names else tuple(pixels), index)


def _unnamed_index(
    texts: Mapping[int, Sequence[str]], n_columns: int, options: ReadingOptions, names: Sequence[str]
) -> tuple[int, ...]:
    """Return the first column if it has the name of an index, or numbers the rows and the rest makes an image."""
    if names and is_index(names[0]):
        return (0,)
    values = list(texts[0])
    numbers_rows = len(values) >= FEWEST_ROWS and any(
        values == [str(i) for i in range(start, start + len(values))] for start in (0, 1)
    )
    return (0,) if numbers_rows and _is_image(n_columns - 2, options) else ()


def _is_image(n_pixels: int, options: ReadingOptions) -> bool:
    return n_pixels == (math.prod(options.shape) if options.shape else math.isqrt(max(n_pixels, 0)) ** 2)


def _check_is_first(texts: Mapping[int, Sequence[str]], first: int, last: int, path: str) -> None:
    """Raise ``BenchError`` if the last column looks like labels, or the first one like pixels."""
    beside = texts[first + 1] if first + 1 < last else ()
    before = texts[last - 1] if last - 1 > first else ()
    if _are_labels(texts[last]) and not _are_alike(texts[last], before):
        why = "the last column looks like labels"
    elif len(set(texts[first])) == 1 < len(set(texts[last])):
        why = f"the first column holds only '{texts[first][0][:MAX_SHOWN]}'"
    elif not _are_labels(texts[first]) and _are_alike(texts[first], beside) and len(set(texts[first])) > 2:
        why = "the first column looks like pixels, as the second"
    else:
        return
    raise BenchError(f"{path} has no named columns, and {why}; give --label-column first or --label-column last")


def _are_labels(values: Sequence[str]) -> bool:
    """Return whether values are at least two classes: words, or all whole numbers from 0 or 1, none of them alone."""
    counted = Counter(values)
    if not 2 <= len(counted) <= MAX_LABELS:
        return False
    if not any(is_number(value) for value in counted):
        return True
    if not all(is_number(value) and float(value).is_integer() for value in counted):
        return False
    numbers = {int(float(value)) for value in counted}
    return min(numbers) in (0, 1) and max(numbers) - min(numbers) + 1 == len(numbers) and min(counted.values()) > 1


def _are_alike(values: Sequence[str], others: Sequence[str]) -> bool:
    one, other = set(values), set(others)
    return len(one & other) > ALIKE * len(one | other)
