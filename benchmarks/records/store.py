"""Results on disk: for each trial a record, a JSON file, and its other files, which the record makes valid.

The other files have two names. A new result takes those that the stored one does not use; so the old one stays whole
until the new record is renamed, and from then on the new one is.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

from benchmarks.common.atomic_files import PART_PREFIX, copy_whole, remove, write_all, write_json, write_whole, writing
from benchmarks.common.bounded_reading import read_file
from benchmarks.common.errors import BenchError
from benchmarks.datasets.preprocessing.audit import Audit
from benchmarks.datasets.spec import Images
from benchmarks.records.consistency import fault_of_labels, fault_of_predictions
from benchmarks.records.dataset_file import DATASET_FILE, DatasetRecord, stored_dataset
from benchmarks.records.feature_maps import packed, read_feature_maps
from benchmarks.records.predictions_file import packed_predictions, read_predictions
from benchmarks.records.trial import TEST, Predictions, TrialResult
from benchmarks.records.trial_file import DamagedFileError, decode_result, encode_result

RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
NONE_FURTHER: Mapping[str, Predictions] = MappingProxyType({})
NOT_MEASURED = ("skipped", "interrupted")
LARGEST_LOG = 1 << 20  # bytes
PREDICTIONS, FEATURE_MAPS, MODELS = "predictions", "feature_maps", "models"

Slot = Literal[0, 1]
SLOTS = ("", "~2")  # what the two names of a trial's other files end in; no key ends like the second
FREE_SLOT: Mapping[Slot, Slot] = {0: 1, 1: 0}

FileState = tuple[int, int, int]


class Stored(NamedTuple):
    """A result and what it predicted for each evaluation set, which agree."""

    result: TrialResult
    predictions: Mapping[str, Predictions]


class Damaged(NamedTuple):
    """A stored file that is left out, and why."""

    file: str
    why: str


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
        self._judge: tuple[FileState | None, DatasetRecord | Exception] | None = None
        self._agreed: dict[str, tuple[TrialResult, list[FileState | None]]] = {}

    def load(self, key: str) -> TrialResult | None:
        """Return the stored result of a trial; None without one, or if a file of it is damaged or contradicts it."""
        found = self._checked(key)
        return found if isinstance(found, TrialResult) else None

    def damage(self, key: str) -> str:
        """Return why the stored result of a trial is none that ``load`` returns; empty if nothing is damaged."""
        found = self._checked(key)
        return str(found) if isinstance(found, DamagedFileError) else ""

    def damaged(self) -> dict[str, str]:
        """Return the names of the records that ``load`` leaves out, and why."""
        return {f"{key}.json": why for key in self._keys() if (why := self.damage(key))}

    def load_all(self) -> list[TrialResult]:
        """Return every result in the folder that ``load`` returns, in the order of their keys."""
        return [result for key in self._keys() if (result := self.load(key))]

    def records(self) -> list[TrialResult]:
        """Return every record, without a look at the other files: quick, for what needs no scores."""
        found = (self._record_of(key) for key in self._keys())
        return [record for record in found if isinstance(record, TrialResult)]

    def stored(self) -> Iterator[Stored | Damaged]:
        """Return all that is stored of each trial, in the order of their keys, or which file is damaged and why."""
        for key in self._keys():
            found = self._whole(key)
            if isinstance(found, DamagedFileError):
                yield Damaged(f"{key}.json", str(found))
            elif found:
                yield from self._with_feature_maps(found)

    def _with_feature_maps(self, found: Stored) -> Iterator[Stored | Damaged]:
        path = self._parts(found.result).feature_maps
        try:
            predictions = {
                **found.predictions,
                TEST: replace(found.predictions[TEST], feature_maps=read_feature_maps(path)),
            }
            yield Stored(found.result, predictions)
        except (FileNotFoundError, KeyError):
            yield found
        except DamagedFileError as error:
            yield found
            yield Damaged(f"{FEATURE_MAPS}/{path.name}", str(error))

    def _keys(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("trials/*.json"))

    def _record_of(self, key: str) -> TrialResult | DamagedFileError | None:
        """Return what a trial's record holds; a file that has not changed since it was last read is not read again."""
        path = self._record(key)
        try:
            state = state_of(path)
            if key not in self._known or self._known[key][0] != state:
                self._known[key] = state, _decoded(read_file(path), key)
        except FileNotFoundError:
            return DamagedFileError("it is a link to nothing") if path.is_symlink() else None
        except OSError as error:
            return DamagedFileError(error.strerror or str(error))
        return self._known[key][1]

    def _checked(self, key: str) -> TrialResult | DamagedFileError | None:
        """Return a record that its other files do not contradict; they are read again where one has changed."""
        record = self._record_of(key)
        if not isinstance(record, TrialResult) or not record.ok:
            return record
        states = [_state_or_none(path) for path in (self._parts(record).predictions, self.folder / DATASET_FILE)]
        known = self._agreed.get(key)
        if known is None or known[0] is not record or known[1] != states:
            found = self._whole(key)
            if not isinstance(found, Stored):
                return found
            self._agreed[key] = found.result, states
        return self._agreed[key][0]

    def _dataset(self) -> DatasetRecord | Exception:
        state = _state_or_none(self.folder / DATASET_FILE)
        if self._judge is None or self._judge[0] != state:
            self._judge = state, stored_dataset(self.folder)
        return self._judge[1]

    def _whole(self, key: str) -> Stored | DamagedFileError | None:
        """Return all of a trial but its feature maps, if nothing contradicts anything."""
        while True:
            record = self._record_of(key)
            if not isinstance(record, TrialResult):
                return record
            found = _checked_predictions(record, self._parts(record).predictions, self._dataset())
            # a bench may have replaced the result in the meantime
            if self._record_of(key) is record:
                return found

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
            before, good = self._record_of(key), self.load(key)
            if good and outlives(good, result):
                return False
            new = replace(result, slot=FREE_SLOT[before.slot] if isinstance(before, TrialResult) else 0)
            self._write_parts(self._parts(new), predictions, model, further)
            write_whole(self._record(key), encode_result(new))
            with contextlib.suppress(OSError):  # what stays is harmless, and tidy deletes it
                self._parts(replace(new, slot=FREE_SLOT[new.slot])).delete()
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

    def _parts(self, result: TrialResult) -> Parts:
        """Return where the other files of a result are."""
        name = f"{result.trial.key}{SLOTS[result.slot]}"
        return Parts(
            self.folder / PREDICTIONS / f"{name}.npz",
            self.folder / FEATURE_MAPS / f"{name}.npz",
            self.folder / MODELS / name,
        )

    def model_folder(self, result: TrialResult) -> Path:
        """Return where the fitted model of a trial is saved; it is there whole, or not at all."""
        return self._parts(result).model

    def predictions(self, key: str, evaluation_set: str = TEST) -> Predictions | None:
        """Return what a trial predicted for an evaluation set; None if it is not stored."""
        found = self._whole(key)
        if not isinstance(found, Stored):
            return None
        whole = [one for one in self._with_feature_maps(found) if isinstance(one, Stored)]
        return whole[0].predictions.get(evaluation_set)

    def save_log(self, key: str, output: bytes) -> None:
        """Store what a trial's worker printed, of very much its beginning and its end; a silent one has no log."""
        path = self.folder / "logs" / f"{key}.log"
        with self.locked():
            if output:
                write_whole(path, head_and_tail(output))
            else:
                with writing(path):
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
        found = self._record_of(key)
        if isinstance(found, TrialResult):
            return part in self._parts(found)
        return found is not None


def store_dataset(store: ResultStore, images: Images, findings: Audit) -> None:
    """Store what the results are judged by: the audit and the labels of the evaluation sets.

    Further evaluation sets that earlier runs used stay, as long as the data are the same.
    """
    further = {name: tuple(split.labels.tolist()) for name, split in images.further.items()}
    with store.locked():
        before = stored_dataset(store.folder)
        if isinstance(before, DatasetRecord) and before.data_hash == findings.data_hash:
            further = {**before.evaluation_labels, **further}
        stored = {**asdict(findings), "test_labels": images.test.labels.tolist(), "evaluation_labels": further}
        write_json(store.folder / DATASET_FILE, stored)


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


def head_and_tail(output: bytes) -> bytes:
    """Return an output of more than 1 MiB without its middle: 1 MiB, and a line that says what is missing."""
    if len(output) <= LARGEST_LOG:
        return output
    half = LARGEST_LOG // 2
    return b"%b\n... %d bytes left out ...\n%b" % (output[:half], len(output) - 2 * half, output[-half:])


def _decoded(content: bytes, key: str) -> TrialResult | DamagedFileError:
    try:
        result = decode_result(content)
    except DamagedFileError as error:
        return error
    return result if result.trial.key == key else DamagedFileError(f"it holds the trial {result.trial.key}")


def _state_or_none(path: Path) -> FileState | None:
    try:
        return state_of(path)
    except OSError:
        return None


def _checked_predictions(
    record: TrialResult, path: Path, dataset: DatasetRecord | Exception
) -> Stored | DamagedFileError:
    """Return a record with its predictions, if they agree with each other and with the labels of the same data."""
    if not record.ok:
        return Stored(record, {})
    try:
        predictions = read_predictions(path, record.evaluation)
    except FileNotFoundError:
        return DamagedFileError("its predictions are not there")
    except DamagedFileError as error:
        return DamagedFileError(f"its predictions cannot be read: {error}")
    for name, scores in record.evaluation.items():
        fault = fault_of_predictions(scores, predictions[name])
        if not fault and isinstance(dataset, DatasetRecord) and dataset.judges(record.inputs, name):
            fault = fault_of_labels(scores, predictions[name], dataset.truth_of(name), dataset.class_names)
        if fault:
            return DamagedFileError(fault if name == TEST else f"{fault}, on the evaluation set {name}")
    return Stored(record, predictions)
