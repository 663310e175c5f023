"""A column of a table that says which part each row is of: ``split`` of many, ``Usage`` of FER2013."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.labels import are_missing
from benchmarks.datasets.readers.parts import part_of_folder
from benchmarks.datasets.readers.raw_images import RawDataset, RawSplit, joined, selected, shown

SAY_YES = {"is_train": "train", "is_training": "train", "is_training_image": "train", "is_test": "test"}
SPLIT_COLUMNS = ("split", "splits", "subset", "usage", "set", "partition", "phase", "part", *SAY_YES, "fold")
YES, NO = ("1", "true", "yes"), ("0", "false", "no")
OF_FER = {"publictest": "validation", "privatetest": "test"}
MAX_SHOWN = 20  # characters of a value


def split_column(names: Sequence[str]) -> int | None:
    """Return the place of the column that says the part, in a heading in lower case; None without one."""
    return next((names.index(name) for name in SPLIT_COLUMNS if name in names), None)


def parts_of_rows(values: Sequence[object], column: str, path: str) -> tuple[list[str] | None, tuple[str, ...]]:
    """Return the part of each row by its value in a column, and notes; None if no value is the name of a part.

    Raises ``BenchError`` if only some are.
    """
    texts = [str(value).strip() for value in values]
    known = {text: _part_of_value(text, column) for text in dict.fromkeys(texts)}
    unknown = [f"'{shown(text)[:MAX_SHOWN]}'" for text, part in known.items() if not part]
    if len(unknown) == len(known):
        held = ", ".join(unknown[:3]) + ("…" if len(unknown) > 3 else "")
        return None, (f"CAREFUL: column '{column}' of {path} is passed over: {held} name no parts",)
    if unknown:
        raise BenchError(
            f"{path}: column '{column}' has {unknown[0]}, which names no part, beside others that do; write train, "
            "validation or test in its place, or remove these lines"
        )
    parts = [known[text] or "" for text in texts]
    counted = ", ".join(f"{n:,} {part}" for part, n in Counter(parts).items())
    return parts, (f"parts: by column '{column}' of {path} ({counted})",)


def told_rows(parts: Sequence[str], labels: Sequence[object], path: str) -> tuple[list[bool], tuple[str, ...]]:
    """Return which rows are not of a test or validation part without any label, and a note on each such part."""
    of_part: dict[str, list[object]] = {}
    for part, label in zip(parts, labels, strict=True):
        of_part.setdefault(part, []).append(label)
    untold = {part: len(found) for part, found in of_part.items() if part != "train" and are_missing(found)}
    notes = [f"passed over: {n:,} {part} images of {path} without labels" for part, n in untold.items()]
    return [part not in untold for part in parts], tuple(notes)


def _part_of_value(value: str, column: str) -> str | None:
    if yes := SAY_YES.get(column):
        other = "test" if yes == "train" else "train"
        return yes if value.lower() in YES else other if value.lower() in NO else None
    return OF_FER.get(value.lower()) or part_of_folder(value)


def add_rows(splits: dict[str, RawSplit], split: RawSplit, part: str, parts: Sequence[str] | None) -> None:
    """Add the rows of a table to those of the part that each is of; without ``parts`` all are of one."""
    for name in dict.fromkeys(parts or (part,)):
        rows = selected(split, [i for i, of in enumerate(parts) if of == name]) if parts else split
        splits[name] = joined([splits[name], rows]) if name in splits else rows


def of_parts(
    splits: Mapping[str, RawSplit], name: str, checksums: tuple[tuple[str, str], ...], notes: Sequence[str]
) -> RawDataset:
    """Return the data of these parts; a single one is all there is. Raises ``BenchError`` without a training part."""
    parts = splits if len(splits) > 1 else dict(zip(["train"], splits.values(), strict=False))
    if "train" not in parts:
        raise BenchError(f"{name}: none of its rows are for training ({', '.join(parts)} only)")
    return RawDataset(parts["train"], parts.get("test"), checksums, tuple(notes), parts.get("validation"))
