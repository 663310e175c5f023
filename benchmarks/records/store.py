"""The folder of a run on one dataset: results are stored in it so that no interruption loses one."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType

from benchmarks.common.atomic_files import PART_PREFIX, as_json, copy_whole, remove, write_all, write_whole, writing
from benchmarks.common.errors import BenchError
from benchmarks.common.file_lock import file_lock
from benchmarks.datasets.preprocessing.audit import Audit
from benchmarks.datasets.spec import Images
from benchmarks.records.dataset_file import DATASET_FILE, DatasetRecord, stored_dataset
from benchmarks.records.feature_maps import packed
from benchmarks.records.layout import FREE_SLOT, KINDS_OF_PARTS, Parts, key_of_part, parts_of, record_path
from benchmarks.records.predictions_file import packed_predictions
from benchmarks.records.stored_results import StoredResults
from benchmarks.records.trial import TEST, Predictions, TrialResult
from benchmarks.records.trial_file import encode_result

RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")
NONE_FURTHER: Mapping[str, Predictions] = MappingProxyType({})
NOT_MEASURED = ("skipped", "interrupted")


class ResultStore(StoredResults):
    """The folder ``results/<run>/<dataset>``, to read and to write.

    Several benches may write to one folder at once: each file is written under another name and
    renamed, and what is made of several files is made under ``locked()``.
    """

    def __init__(self, root: Path, run: str, dataset: str) -> None:
        if not RUN_NAME.fullmatch(run):
            raise BenchError(
                f"--run '{run:.200}' should be a plain name of at most 200 letters, digits, '.', '_' and '-'"
            )
        super().__init__(root / run / dataset)
        self.run = run
        self.dataset = dataset

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
            before, good = self.record_of(key), self.load(key)
            if good and outlives(good, result):
                return False
            new = replace(result, slot=FREE_SLOT[before.slot] if isinstance(before, TrialResult) else 0)
            write_parts(parts_of(self.folder, new), predictions, model, further)
            self._write(record_path(self.folder, key), encode_result(new))
            with contextlib.suppress(OSError):  # what stays is harmless, and tidy deletes it
                parts_of(self.folder, replace(new, slot=FREE_SLOT[new.slot])).delete()
        return True

    def save_dataset(self, images: Images, findings: Audit) -> None:
        """Store what the results are judged by: the audit and the labels of the evaluation sets.

        Further evaluation sets that earlier runs used stay, as long as the data are the same.
        """
        further = {name: tuple(split.labels.tolist()) for name, split in images.further.items()}
        with self.locked():
            before = stored_dataset(self.folder)
            if isinstance(before, DatasetRecord) and before.data_hash == findings.data_hash:
                further = {**before.evaluation_labels, **further}
            stored = {**asdict(findings), "test_labels": images.test.labels.tolist(), "evaluation_labels": further}
            self._write(self.folder / DATASET_FILE, as_json(stored))

    def save_log(self, key: str, output: bytes) -> None:
        """Store what a trial's worker printed; a silent one has no log."""
        path = self.folder / "logs" / f"{key}.log"
        with self.locked():
            if output:
                self._write(path, output)
            else:
                with writing(path):
                    remove(path)

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        """Write a file in place of whatever is there; a folder could not be replaced by renaming."""
        if path.is_dir() and not path.is_symlink():
            with writing(path):
                remove(path)
        write_whole(path, content)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other benches out of this folder for as long as the context lasts."""
        with contextlib.ExitStack() as stack:
            with writing(self.folder):
                self.folder.mkdir(parents=True, exist_ok=True)
                stack.enter_context(file_lock(self.folder / ".lock"))
            yield

    def tidy(self) -> None:
        """Delete what benches that were killed while writing left behind."""
        with self.locked(), writing(self.folder):
            for path in [*self.folder.rglob(f"{PART_PREFIX}*")]:
                remove(path)
            for kind in KINDS_OF_PARTS:
                for path in [*self.folder.glob(f"{kind}/*")]:
                    if not self._may_be_valid(path):
                        remove(path)

    def _may_be_valid(self, part: Path) -> bool:
        """Return whether a record names this file; where the record cannot be read, it may."""
        found = self.record_of(key_of_part(part))
        if isinstance(found, TrialResult):
            return part in parts_of(self.folder, found)
        return found is not None


def write_parts(
    parts: Parts, predictions: Predictions | None, model: Path | None, further: Mapping[str, Predictions]
) -> None:
    """Write the files of a trial beside its record, in place of any that are there."""
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


def outlives(stored: TrialResult, new: TrialResult) -> bool:
    """Return whether a stored result stays: it is ``ok``, and the new one measured nothing or has the same inputs."""
    if not stored.ok or new.ok:
        return False
    # neither the evaluation sets that were asked for, nor another machine of a cluster, make the stored scores wrong
    inputs = replace(new.inputs, evaluation={}, machine=stored.inputs.machine)
    same = not inputs.changed_since(stored.inputs) and new.settings == stored.settings
    return same or new.status in NOT_MEASURED
