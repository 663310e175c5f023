"""Which columns of a table hold labels, pixels, or neither. Whatever is not certain is refused."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.common.errors import BenchError
from benchmarks.datasets.spec import ReadingOptions

# the first one present is the label, ignoring case
LABEL_COLUMNS = (
    *("label", "labels", "class", "target", "y"),
    *("fine_label", "digit", "letter", "character", "coarse_label"),
)
INDEX_COLUMNS = ("", "index", "idx", "id", "image_id", "imageid", "row", "row_id", "level_0")
INDEX_PREFIXES = ("unnamed:", "__index_level_")
FIRST, LAST = "first", "last"  # values of --label-column for tables without a heading
FEWEST_COUNTED = 4  # fields that count up, for a line to be a heading of numbers
FEWEST_ASCENDING = 16  # fields that ascend with gaps
FEWEST_ROWS = 10  # that a column has to number to be an index
ALIKE = 0.5  # share of common values from which a column resembles the one beside it
MAX_LABELS = 1_000
MAX_SHOWN = 40  # characters of a name in a message


@dataclass(frozen=True)
class Columns:
    """The places of the columns of a table.

    ``names``: the heading, in lower case; empty without one. ``label``: None where no column holds labels.
    ``pixels``: in the order of the image. ``index``: passed over.
    """

    names: tuple[str, ...]
    label: int | None
    pixels: tuple[int, ...]
    index: tuple[int, ...] = ()

    @property
    def pixel_names(self) -> tuple[str, ...]:
        return tuple(self.names[i] for i in self.pixels) if self.names else ()

    @property
    def reordered(self) -> bool:
        """Whether the pixels are in another order than in the file, or the label is not before them."""
        return list(self.pixels) != sorted(self.pixels) or (self.label or 0) > min(self.pixels, default=0)


def is_number(text: str) -> bool:
    """Return whether a text is a number, without underscores."""
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def is_heading(row: Sequence[str]) -> bool:
    """Return whether the first line of a table is a heading, which may consist of numbers, as pandas writes them."""
    numbers = [field for field in row if is_number(field)]
    return 2 * len(numbers) < len(row) or _counts(numbers) or is_deduplicated(numbers) or _names_label(row)


def _names_label(row: Sequence[str]) -> bool:
    """Return whether a line has the name of a label column, and no value twice: names as 1.1, 1.2, …, 28.28."""
    named = any(field.strip().lower() in LABEL_COLUMNS for field in row)
    return named and len(set(row)) == len(row) >= FEWEST_ASCENDING


def _counts(fields: Sequence[str]) -> bool:
    """Return whether numbers are consecutive, in any order, or many of them ascend."""
    values = [float(field) for field in fields]
    if len(values) < FEWEST_COUNTED or not all(value.is_integer() for value in values):
        return False
    ascending = all(a < b for a, b in pairwise(values))
    distinct = set(values)
    consecutive = len(distinct) == len(values) == max(distinct) - min(distinct) + 1
    return consecutive or (ascending and len(values) >= FEWEST_ASCENDING)


def is_deduplicated(fields: Sequence[str]) -> bool:
    """Return whether a line is an image that pandas took for a heading: it makes 0, 0, 0 into 0, 0.1, 0.2."""
    seen: Counter[str] = Counter()
    for field in fields:
        base, _, repetition = field.partition(".")
        if not base.isdecimal() or repetition != (str(seen[base]) if seen[base] else ""):
            return False
        seen[base] += 1
    return len(fields) >= FEWEST_COUNTED and max(seen.values()) > 1


def named_columns(names: Sequence[str], options: ReadingOptions, path: str) -> Columns:
    """Return the columns of a table with a heading; ``label`` is None if no column has the name of one."""
    lower = tuple(name.strip().lower() for name in names)
    label = named_label(lower, options, path)
    index = tuple(i for i, name in enumerate(lower) if i != label and is_index(name))
    pixels = [i for i in range(len(lower)) if i != label and i not in index]
    return Columns(lower, label, _natural_order(lower, pixels), index)


def named_label(
    names: Sequence[str], options: ReadingOptions, path: str, known: Sequence[str] = LABEL_COLUMNS
) -> int | None:
    """Return the place of the label in a heading in lower case; None if no column has one of the known names."""
    wanted = options.label_column
    if wanted is None:
        return next((names.index(name) for name in known if name in names), None)
    if wanted.strip().lower() in names:
        return names.index(wanted.strip().lower())
    places = [i for i, name in enumerate(names) if not is_index(name)]
    if places and wanted in (FIRST, LAST):
        return places[0 if wanted == FIRST else -1]
    raise BenchError(f"{path} has no column '{wanted[:MAX_SHOWN]}' (it has: {shown_names(names)}); see --label-column")


def is_index(name: str) -> bool:
    """Return whether a column of this name in lower case numbers the rows."""
    return name in INDEX_COLUMNS or name.startswith(INDEX_PREFIXES)


def _natural_order(names: Sequence[str], places: Sequence[int]) -> tuple[int, ...]:
    """Return the places in the order of the numbers in their names, where the names differ in nothing else.

    Names of several numbers, as 1x10, may give the column first: they are ordered only if they were sorted as text.
    """
    here = [names[i] for i in places]
    numbers = [tuple(map(int, re.findall(r"\d+", name))) for name in here]
    templates = {re.sub(r"\d+", "#", name) for name in here}
    if len(templates) != 1 or len(set(numbers)) != len(numbers) or not numbers[0]:
        return tuple(places)
    if len(numbers[0]) > 1 and here != sorted(here):
        return tuple(places)
    return tuple(places[i] for i in sorted(range(len(places)), key=lambda i: numbers[i]))


def shown_names(names: Sequence[str]) -> str:
    """Return the first names of a heading for a message."""
    return ", ".join(name[:MAX_SHOWN] for name in names[:3]) + ("…" if len(names) > 3 else "")


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
    return Columns(names, label, _natural_order(names, pixels) if names else tuple(pixels), index)


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


def matched(columns: Columns, path: str, train: Columns, train_path: str) -> Columns:
    """Return the columns of a further part in the order of the training part; raises ``BenchError`` if they differ."""
    if bool(columns.names) != bool(train.names):
        if columns.reordered or train.reordered:
            raise BenchError(f"{path} and {train_path}: only one has a heading, and its columns are in another order")
        return columns
    ours, theirs = columns.pixel_names, train.pixel_names
    if ours == theirs:
        return columns
    if len(set(ours)) != len(ours) or set(ours) != set(theirs):
        unknown = next((name for name in ours if name not in theirs), f"{len(ours)} columns of pixels")
        raise BenchError(
            f"{path} has other columns than {train_path} ('{unknown[:MAX_SHOWN]}'); give both the same heading"
        )
    place = dict(zip(ours, columns.pixels, strict=True))
    return Columns(columns.names, columns.label, tuple(place[name] for name in theirs), columns.index)


def is_unlabelled(names: tuple[str, ...], n_columns: int, train: Columns) -> bool:
    """Return whether a table has the pixels of the training part and no labels."""
    if not names or not train.names:
        return n_columns == len(train.pixels)
    columns = {name for name in names if not is_index(name)}
    return columns == set(train.pixel_names)


def index_note(columns: Columns, path: str) -> tuple[str, ...]:
    """Return a note on the columns that are passed over."""
    if not columns.index:
        return ()
    named = [f"'{columns.names[i]}'" if columns.names else "the first" for i in columns.index]
    return (f"passed over: column {', '.join(named)} of {path}, which is no pixel",)
