"""Which columns of a table hold labels, pixels, or neither. Whatever is not certain is refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.tables.split_column import SPLIT_COLUMNS, split_column
from benchmarks.datasets.spec import ReadingOptions

# the first one present is the label, ignoring case
LABEL_COLUMNS = (
    *("label", "labels", "class", "target", "y"),
    *("fine_label", "digit", "letter", "character", "coarse_label"),
    *("class_id", "classid", "class_name", "category", "breed", "species", "diagnosis", "emotion"),
)
INDEX_COLUMNS = ("", "index", "idx", "id", "image_id", "imageid", "row", "row_id", "level_0")
INDEX_PREFIXES = ("unnamed:", "__index_level_")
BY_COLUMN = re.compile(r"x\W*#.*y\W*#")  # x0y0, x0y1, …: the column is first, unless whoever wrote it calls rows x
FIRST, LAST = "first", "last"  # values of --label-column for tables without a heading
FEWEST_COUNTED = 4  # fields that count up, for a line to be a heading of numbers
FEWEST_ASCENDING = 16  # fields that ascend with gaps
MAX_SHOWN = 40  # characters of a name in a message


@dataclass(frozen=True)
class Columns:
    """The places of the columns of a table.

    ``names``: the heading, in lower case; empty without one. ``label``: None where no column holds labels.
    ``pixels``: in the order of the image. ``index``: passed over. ``split``: says the part of each row.
    """

    names: tuple[str, ...]
    label: int | None
    pixels: tuple[int, ...]
    index: tuple[int, ...] = ()
    split: int | None = None

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
    split = split_column(lower)
    pixels = [i for i in range(len(lower)) if i not in (label, split, *index)]
    return Columns(lower, label, natural_order(lower, pixels, options, path), index, split)


def named_label(names: Sequence[str], options: ReadingOptions, path: str) -> int | None:
    """Return the place of the label in a heading in lower case; None if no column has one of the known names."""
    wanted = options.label_column
    if wanted is None:
        return next((names.index(name) for name in LABEL_COLUMNS if name in names), None)
    if wanted.strip().lower() in names:
        return names.index(wanted.strip().lower())
    places = [i for i, name in enumerate(names) if not is_index(name)]
    if places and wanted in (FIRST, LAST):
        return places[0 if wanted == FIRST else -1]
    raise BenchError(f"{path} has no column '{wanted[:MAX_SHOWN]}' (it has: {shown_names(names)}); see --label-column")


def is_index(name: str) -> bool:
    """Return whether a column of this name in lower case numbers the rows."""
    return name in INDEX_COLUMNS or name.startswith(INDEX_PREFIXES)


def natural_order(names: Sequence[str], places: Sequence[int], options: ReadingOptions, path: str) -> tuple[int, ...]:
    """Return the places in the order of the numbers in their names, where the names differ in nothing else.

    Of names with two numbers, as 1x10, the first may be the row or the column: those are left in the order of the file
    if that says which. Raises ``BenchError`` if it does not, as where names were sorted as text, unless an option does.
    """
    here = [names[i] for i in places]
    numbers = [tuple(map(int, re.findall(r"\d+", name))) for name in here]
    templates = {re.sub(r"\d+", "#", name) for name in here}
    if len(templates) != 1 or len(set(numbers)) != len(numbers) or not numbers[0]:
        return tuple(places)
    ordered = tuple(places[i] for i in sorted(range(len(places)), key=lambda i: numbers[i]))
    if len(numbers[0]) == 1:
        return ordered
    counts_columns = ordered == tuple(places) and BY_COLUMN.search(templates.pop())
    if not counts_columns and (ordered == tuple(places) or here != sorted(here)):
        return tuple(places)
    if options.transpose is None and len({pair[0] for pair in numbers}) > 1:
        raise BenchError(
            f"{path}: whether its columns, as '{here[-1][:MAX_SHOWN]}', have the number of the row first is not "
            "certain; give --no-transpose if they have, --transpose if the column is first"
        )
    return ordered


def shown_names(names: Sequence[str]) -> str:
    """Return the first names of a heading for a message."""
    return ", ".join(name[:MAX_SHOWN] for name in names[:3]) + ("…" if len(names) > 3 else "")


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
    return replace(columns, pixels=tuple(place[name] for name in theirs))


def is_unlabelled(names: tuple[str, ...], n_columns: int, train: Columns) -> bool:
    """Return whether a table has the pixels of the training part and no labels."""
    if not names or not train.names:
        return n_columns == len(train.pixels)
    columns = {name for name in names if not is_index(name) and name not in SPLIT_COLUMNS}
    return columns == set(train.pixel_names)


def index_note(columns: Columns, path: str) -> tuple[str, ...]:
    """Return a note on the columns that are passed over."""
    if not columns.index:
        return ()
    named = [f"'{columns.names[i]}'" if columns.names else "the first" for i in columns.index]
    return (f"passed over: column {', '.join(named)} of {path}, which is no pixel",)
