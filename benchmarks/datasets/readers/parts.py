"""The parts of a dataset, by the names of files and folders: train, validation, test."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.archives.data_path import DataPath

WORDS = {
    "train": ("train", "training", "trn"),
    "validation": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing", "tst", "t10k"),
}
KIND_WORDS = ("set", "data", "images", "img", "imgs", "split")  # training_set, test-images
COMPRESSED = (".gz", ".bz2")
# train-00000-of-00002; on other branches of Hugging Face train/0000
SHARD = re.compile(r"(?P<part>.+)-(?P<number>\d{5})-of-(?P<total>\d{5})\b.*")
SUBMISSION = "submission"
MAX_NAMED = 5


@dataclass(frozen=True)
class Parts:
    """The files of each part: several are shards of one table. ``notes``: remarks for the user."""

    train: tuple[DataPath, ...]
    validation: tuple[DataPath, ...] = ()
    test: tuple[DataPath, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[DataPath, ...]:
        return (*self.train, *self.validation, *self.test)


def words_of(name: str) -> list[str]:
    """Return the words of a file name in lower case: ``mnistTest_28`` is mnist, test, 28."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+\d*[a-z]*|[A-Z]+(?![a-z])|\d+", name)]


def part_of_folder(name: str) -> str | None:
    """Return the part that a folder of this name holds, as ``Training`` or ``test_set``; None for a class."""
    words = [word.rstrip("0123456789") for word in words_of(name)]
    words = [word for word in words if word and word not in KIND_WORDS]
    found = {part for part, names in WORDS.items() if words and words[0] in names}
    return found.pop() if len(words) == 1 and found else None


def part_of_file(name: str) -> str | None:
    """Return the part that a file holds by a word of its name; None if there is none, or several."""
    found = {
        part
        for word in words_of(name)
        for part, names in WORDS.items()
        if word in names or (part != "validation" and word.startswith(part))
    }
    return found.pop() if len(found) == 1 else None


def part_of_table(path: DataPath, folder: DataPath) -> str | None:
    """Return the part of a table in a folder, or in the folder of a part in that."""
    return part_of_folder(path.parent.name) if path.parent != folder else part_of_file(path.name)


def without_packed_twins(files: Sequence[DataPath]) -> list[DataPath]:
    """Return the files without those that are there unpacked too, as torchvision leaves them."""
    names = {path.name for path in files}
    return [path for path in files if not (path.suffix in COMPRESSED and path.name.removesuffix(path.suffix) in names)]


def choose_parts(files: Sequence[DataPath], folder: DataPath) -> Parts:
    """Return the part of each table in a folder; raises ``BenchError`` if that is not certain.

    A single table, or the only one whose name says nothing, is the training part.
    """
    tables = [path for path in without_packed_twins(sorted(files)) if SUBMISSION not in path.name.lower()]
    passed_over = [path.name for path in files if SUBMISSION in path.name.lower()]
    parts: dict[str, list[DataPath]] = {"train": [], "validation": [], "test": []}
    for path in tables:
        part = part_of_table(path, folder)
        parts[part if part and len(tables) > 1 else "train"].append(path)
    notes = [f"passed over: {name}" for name in passed_over]
    for part, found in parts.items():
        notes += check_shards(part, found, folder)
    if not parts["train"]:
        raise BenchError(f"{folder} has no table for training ({_names(tables)}); name one with 'train'")
    return Parts(tuple(parts["train"]), tuple(parts["validation"]), tuple(parts["test"]), tuple(notes))


def check_shards(part: str, found: Sequence[DataPath], folder: DataPath) -> list[str]:
    """Return a note if shards are missing; raise ``BenchError`` for several files that are not shards of one table."""
    shards = [SHARD.fullmatch(path.name) for path in found]
    totals = {(shard["part"], int(shard["total"])) for shard in shards if shard}
    if None in shards or len(totals) > 1:
        if len(found) > 1 and not all(path.name.partition(".")[0].isdecimal() for path in found):
            raise BenchError(
                f"{folder}: several tables ({_names(found)}) for {part}; "
                "pass the path of one, or leave two with 'train' and 'test' in their names"
            )
        return []
    missing = [total - len(found) for _, total in totals if total != len(found)]
    return [f"CAREFUL: {part}: {missing[0]} of its shards are not there" for _ in missing]


def _names(files: Sequence[DataPath]) -> str:
    return ", ".join(path.name for path in files[:MAX_NAMED]) + ("…" if len(files) > MAX_NAMED else "")


def read_note(paths: Sequence[DataPath]) -> tuple[str, ...]:
    """Return a note on which of several files were read."""
    return (f"read: {_names(paths)}",) if len(paths) > 1 else ()
