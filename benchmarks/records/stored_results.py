"""Stored results, read: each record with its other files, as long as nothing contradicts anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from benchmarks.common.bounded_reading import read_file
from benchmarks.records.checks.of_trial import fault_of_data
from benchmarks.records.consistency import fault_of_labels, fault_of_predictions
from benchmarks.records.dataset_file import DATASET_FILE, DatasetRecord, stored_dataset
from benchmarks.records.feature_maps import read_feature_maps
from benchmarks.records.layout import FEATURE_MAPS, FileState, keys_in, parts_of, record_path, state_of, state_or_none
from benchmarks.records.predictions_file import read_predictions
from benchmarks.records.trial import TEST, Predictions, TrialResult
from benchmarks.records.trial_file import DamagedFileError, decode_result


class Stored(NamedTuple):
    """A result and what it predicted for each evaluation set, which agree."""

    result: TrialResult
    predictions: Mapping[str, Predictions]


class Damaged(NamedTuple):
    """A stored file that is left out, and why."""

    file: str
    why: str


class StoredResults:
    """What is stored in a folder ``results/<run>/<dataset>``; a file that has not changed is not read again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
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
        return {f"{key}.json": why for key in keys_in(self.folder) if (why := self.damage(key))}

    def load_all(self) -> list[TrialResult]:
        """Return every result in the folder that ``load`` returns, in the order of their keys."""
        return [result for key in keys_in(self.folder) if (result := self.load(key))]

    def records(self) -> list[TrialResult]:
        """Return every record, without a look at the other files: quick, for what needs no scores."""
        found = (self.record_of(key) for key in keys_in(self.folder))
        return [record for record in found if isinstance(record, TrialResult)]

    def stored(self) -> Iterator[Stored | Damaged]:
        """Return all that is stored of each trial, in the order of their keys, or which file is damaged and why."""
        for key in keys_in(self.folder):
            found = self._whole(key)
            if isinstance(found, DamagedFileError):
                yield Damaged(f"{key}.json", str(found))
            elif found:
                yield from self._with_feature_maps(found)

    def _with_feature_maps(self, found: Stored) -> Iterator[Stored | Damaged]:
        path = parts_of(self.folder, found.result).feature_maps
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

    def predictions(self, key: str, evaluation_set: str = TEST) -> Predictions | None:
        """Return what a trial predicted for an evaluation set; None if it is not stored."""
        found = self._whole(key)
        if not isinstance(found, Stored):
            return None
        whole = [one for one in self._with_feature_maps(found) if isinstance(one, Stored)]
        return whole[0].predictions.get(evaluation_set)

    def model_folder(self, result: TrialResult) -> Path:
        """Return where the fitted model of a trial is saved; it is there whole, or not at all."""
        return parts_of(self.folder, result).model

    def record_of(self, key: str) -> TrialResult | DamagedFileError | None:
        """Return what a trial's record holds; a file that has not changed since it was last read is not read again."""
        path = record_path(self.folder, key)
        try:
            state = state_of(path)
            if key not in self._known or self._known[key][0] != state:
                self._known[key] = state, _decoded(read_file(path), key, self.folder.name)
        except FileNotFoundError:
            return DamagedFileError("it is a link to nothing") if path.is_symlink() else None
        except OSError as error:
            return DamagedFileError(error.strerror or str(error))
        return self._known[key][1]

    def _checked(self, key: str) -> TrialResult | DamagedFileError | None:
        """Return a record that its other files do not contradict; they are read again where one has changed."""
        record = self.record_of(key)
        if not isinstance(record, TrialResult) or not record.ok:
            return record
        states = [
            state_or_none(path) for path in (parts_of(self.folder, record).predictions, self.folder / DATASET_FILE)
        ]
        known = self._agreed.get(key)
        if known is None or known[0] is not record or known[1] != states:
            found = self._whole(key)
            if not isinstance(found, Stored):
                return found
            self._agreed[key] = found.result, states
        return self._agreed[key][0]

    def _dataset(self) -> DatasetRecord | Exception:
        state = state_or_none(self.folder / DATASET_FILE)
        if self._judge is None or self._judge[0] != state:
            self._judge = state, stored_dataset(self.folder)
        return self._judge[1]

    def _whole(self, key: str) -> Stored | DamagedFileError | None:
        """Return all of a trial but its feature maps, if nothing contradicts anything."""
        while True:
            record = self.record_of(key)
            if not isinstance(record, TrialResult):
                return record
            found = _checked_predictions(record, parts_of(self.folder, record).predictions, self._dataset())
            # a bench may have replaced the result in the meantime
            if self.record_of(key) is record:
                return found


def _decoded(content: bytes, key: str, dataset: str) -> TrialResult | DamagedFileError:
    try:
        result = decode_result(content)
    except DamagedFileError as error:
        return error
    if (result.trial.key, result.trial.dataset) != (key, dataset):
        return DamagedFileError(f"it holds the trial {result.trial.key} on {result.trial.dataset}")
    return result


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
    judge = dataset if isinstance(dataset, DatasetRecord) and dataset.judges(record.inputs, TEST) else None
    if judge and (fault := fault_of_data(record, judge)):
        return DamagedFileError(fault)
    for name, scores in record.evaluation.items():
        fault = fault_of_predictions(scores, predictions[name])
        if not fault and isinstance(dataset, DatasetRecord) and dataset.judges(record.inputs, name):
            fault = fault_of_labels(scores, predictions[name], dataset.truth_of(name), dataset.class_names)
        if fault:
            return DamagedFileError(fault if name == TEST else f"{fault}, on the evaluation set {name}")
    return Stored(record, predictions)
