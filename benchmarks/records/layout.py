"""Where the files of a run on one dataset are: for each trial a record, and the other files that it makes valid.

The other files have two names. A new result takes those that the stored one does not use; so the old one stays whole
until the new record is renamed, and from then on the new one is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from benchmarks.common.atomic_files import remove
from benchmarks.records.trial import TrialResult

PREDICTIONS, FEATURE_MAPS, MODELS = "predictions", "feature_maps", "models"
KINDS_OF_PARTS = (PREDICTIONS, FEATURE_MAPS, MODELS)

Slot = Literal[0, 1]
SLOTS = ("", "~2")  # what the two names of a trial's other files end in; no key ends like the second
FREE_SLOT: Mapping[Slot, Slot] = {0: 1, 1: 0}

FileState = tuple[int, int, int]


class Parts(NamedTuple):
    """The files of a trial beside its record."""

    predictions: Path
    feature_maps: Path
    model: Path

    def delete(self) -> None:
        """Delete those that are there; raises OSError."""
        for path in self:
            remove(path)


def record_path(folder: Path, key: str) -> Path:
    """Return where the record of a trial is."""
    return folder / "trials" / f"{key}.json"


def keys_in(folder: Path) -> list[str]:
    """Return the keys of all trials that have a record, sorted."""
    return sorted(path.stem for path in folder.glob("trials/*.json"))


def parts_of(folder: Path, result: TrialResult) -> Parts:
    """Return where the other files of a result are."""
    name = f"{result.trial.key}{SLOTS[result.slot]}"
    return Parts(
        folder / PREDICTIONS / f"{name}.npz",
        folder / FEATURE_MAPS / f"{name}.npz",
        folder / MODELS / name,
    )


def key_of_part(part: Path) -> str:
    """Return the key of the trial that a file beside the records would belong to."""
    return part.name.removesuffix(".npz").removesuffix(SLOTS[1])


def state_of(path: Path) -> FileState:
    """Return what tells a file that was replaced from the one before: raises OSError without one."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def state_or_none(path: Path) -> FileState | None:
    """Return the state of a file; None without one."""
    try:
        return state_of(path)
    except OSError:
        return None
