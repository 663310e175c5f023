"""Results on disk: for each trial a record, a JSON file, and its other files, which the record makes valid.

The other files have two names. A new result takes those that the stored one does not use; so the old one stays whole
until the new record is renamed, and from then on the new one is.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

from benchmarks.common.atomic_files import PART_PREFIX, copy_whole, remove, write_all, write_whole, writing
from benchmarks.common.errors import BenchError
from benchmarks.records.feature_maps import packed, unpacked
from benchmarks.records.predictions_file import packed_predictions, unpacked_predictions
from benchmarks.records.trial import TEST, Predictions, TrialResult
from benchmarks.records.trial_file import DamagedFileError, decode_result, encode_result

RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
NONE_FURTHER: Mapping[str, Predictions] = MappingProxyType({})
NOT_MEASURED = ("skipped", "interrupted")
PREDICTIONS, FEATURE_MAPS, MODELS = "predictions", "feature_maps", "models"

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


class ResultStore:
    """The folder ``results/<run>/<dataset>``.

    Several benches may write to one folder at once: each file is written under another name and
    renamed, and what is made of several files is made under ``locked()``.
    """

    def __init__(self, root: Path, run: str, dataset: str) -> None:
        if not RUN_NAME.fullmatch(run):
            raise BenchError(f"--run '{run}' should be a plain name of letters, digits, '.', '_' and '-'")
        self.folder = root / run / dataset
        self.run = run
        self.dataset = dataset
        self._known: dict[str, tuple[FileState, TrialResult | DamagedFileError]] = {}

    def load(self, key: str) -> TrialResult | None:
        """Return the stored result of a trial; None if there is none that can be read."""
        found = self._read(key)
        return found if isinstance(found, TrialResult) else None

    def load_all(self) -> list[TrialResult]:
        """Return every result in the folder, in the order of their keys."""
        return [result for key in self._keys() if (result := self.load(key))]

    def damaged(self) -> dict[str, str]:
        """Return the names of the files in ``trials/`` that cannot be read as results, and why."""
        found = {f"{key}.json": self._read(key) for key in self._keys()}
        return {name: str(error) for name, error in found.items() if isinstance(error, DamagedFileError)}

    def _keys(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("trials/*.json"))

    def _read(self, key: str) -> TrialResult | DamagedFileError | None:
        """Return what a trial's file holds; a file that has not changed since it was last read is not read again."""
        path = self._record(key)
        try:
            state = state_of(path)
            if key not in self._known or self._known[key][0] != state:
                self._known[key] = state, _decoded(path.read_bytes(), key)
        except FileNotFoundError:
            return None
        except OSError as error:
            return DamagedFileError(error.strerror or str(error))
        return self._known[key][1]

    def save(
        self,
        result: TrialResult,
        predictions: Predictions | None,
        model: Path | None = None,
        further: Mapping[str, Predictions] = NONE_FURTHER,
    ) -> bool:
        """Store a result with its ``predictions`` of the test set and those of ``further`` evaluation sets by name.

        ``model`` is the folder of its fitted model where that is to be saved. The other files are written beside those
        of the stored result; renaming the record, which says which are valid, replaces all at once. Returns False,
        and stores nothing, where the stored result outlives this one.
        """
        key = result.trial.key
        with self.locked():
            before = self.load(key)
            if before and outlives(before, result):
                return False
            slot = FREE_SLOT[before.slot] if before else 0
            self._write_parts(self._parts(key, slot), predictions, model, further)
            write_whole(self._record(key), encode_result(replace(result, slot=slot)))
            with contextlib.suppress(OSError):  # what stays is harmless, and tidy deletes it
                self._parts(key, FREE_SLOT[slot]).delete()
        return True

    @staticmethod
    def _write_parts(
        parts: Parts, predictions: Predictions | None, model: Path | None, further: Mapping[str, Predictions]
    ) -> None:
        with writing(parts.predictions):
            parts.delete()  # a bench that was killed before it had written the record may have left some
        files = {}
        if predictions:
            files[parts.predictions] = packed_predictions({TEST: predictions, **further})
        if predictions and predictions.feature_maps:
            files[parts.feature_maps] = packed(predictions.feature_maps)
        write_all(files)
        if model:
            copy_whole(model, parts.model)

    def _record(self, key: str) -> Path:
        return self.folder / "trials" / f"{key}.json"

    def _parts(self, key: str, slot: Slot) -> Parts:
        """Return where the other files of a trial are, in one of their two places."""
        name = f"{key}{SLOTS[slot]}"
        return Parts(
            self.folder / PREDICTIONS / f"{name}.npz",
            self.folder / FEATURE_MAPS / f"{name}.npz",
            self.folder / MODELS / name,
        )

    def model_folder(self, key: str) -> Path:
        """Return where the fitted model of a trial is saved; it is there whole, or not at all."""
        found = self.load(key)
        return self._parts(key, found.slot if found else 0).model

    def predictions(self, key: str, evaluation_set: str = TEST) -> Predictions | None:
        """Return what a trial predicted for an evaluation set; None if it is not stored."""
        while (result := self.load(key)) is not None:
            parts = self._parts(key, result.slot)
            found = unpacked_predictions(parts.predictions, evaluation_set)
            # a bench may have replaced the result in the meantime
            if found is None and self.load(key) is not result:
                continue
            if found and evaluation_set == TEST:
                return replace(found, feature_maps=unpacked(parts.feature_maps))
            return found
        return None

    def save_log(self, key: str, output: bytes) -> None:
        """Keep what a trial's worker printed; a silent one has no log."""
        path = self.folder / "logs" / f"{key}.log"
        with self.locked():
            if output:
                write_whole(path, output)
            else:
                path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other benches out of this folder for as long as the context lasts."""
        from filelock import FileLock

        lock = FileLock(self.folder / ".lock")
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def tidy(self) -> None:
        """Delete what benches that were killed while writing left behind."""
        with self.locked(), writing(self.folder):
            for path in [*self.folder.rglob(f"{PART_PREFIX}*")]:
                remove(path)
            for kind in (PREDICTIONS, FEATURE_MAPS, MODELS):
                for path in [*self.folder.glob(f"{kind}/*")]:
                    if not self._may_be_valid(path):
                        remove(path)

    def _may_be_valid(self, part: Path) -> bool:
        """Return whether a record names this file; where the record cannot be read, it may."""
        name = part.name.removesuffix(".npz")
        key = name.removesuffix(SLOTS[1])
        found = self._read(key)
        if isinstance(found, TrialResult):
            return part in self._parts(key, found.slot)
        return found is not None


def datasets_of(root: Path, run: str) -> list[str]:
    """Return the datasets that a run has results on; raises ``BenchError`` if there are none."""
    names = sorted(path.parent.name for path in (root / run).glob("*/dataset.json"))
    if not names:
        raise BenchError(f"there is no run '{run}' in {root}; 'python bench.py --run {run}' makes one")
    return names


def only_dataset_of(root: Path, run: str) -> str:
    """Return the one dataset that a run has results on; raises ``BenchError`` if there are several or none."""
    names = datasets_of(root, run)
    if len(names) > 1:
        raise BenchError(f"run '{run}' has results on {', '.join(names)}; say which with --dataset NAME")
    return names[0]


def state_of(path: Path) -> FileState:
    """Return what tells a file that was replaced from the one before: raises OSError without one."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def outlives(stored: TrialResult, new: TrialResult) -> bool:
    """Return whether a stored result stays: it is ``ok``, and the new one measured nothing or has the same inputs."""
    if not stored.ok or new.ok:
        return False
    # which further evaluation sets were asked for does not make the stored scores wrong
    same = not replace(new.inputs, evaluation={}).changed_since(stored.inputs) and new.settings == stored.settings
    return same or new.status in NOT_MEASURED


def _decoded(content: bytes, key: str) -> TrialResult | DamagedFileError:
    try:
        result = decode_result(content)
    except DamagedFileError as error:
        return error
    return result if result.trial.key == key else DamagedFileError(f"it holds the trial {result.trial.key}")
