"""Results on disk: one JSON file and one predictions file a trial, written whole or not at all."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.common.atomic_files import PART_PREFIX, copy_whole, write_json, write_whole, writing
from benchmarks.common.errors import BenchError
from benchmarks.common.unreadable import UNREADABLE
from benchmarks.records.feature_maps import packed, unpacked
from benchmarks.records.trial import Predictions, TrialResult
from benchmarks.records.trial_file import from_record, to_record

RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


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

    def load(self, key: str) -> TrialResult | None:
        """Return the stored result of a trial; None if there is none that can be read."""
        try:
            return from_record(json.loads((self.folder / "trials" / f"{key}.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def load_all(self) -> list[TrialResult]:
        """Return every result in the folder, in the order of their keys."""
        return [result for key in self._keys() if (result := self.load(key))]

    def damaged(self) -> list[str]:
        """Return the names of the files in ``trials/`` that cannot be read as results."""
        return [f"{key}.json" for key in self._keys() if not self.load(key)]

    def _keys(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("trials/*.json"))

    def save(self, result: TrialResult, predictions: Predictions | None, model: Path | None = None) -> None:
        """Store a result, with the folder of its fitted ``model`` where that is to be kept.

        The JSON file comes last and goes first: with it there, the rest is there.
        """
        record = self.folder / "trials" / f"{result.trial.key}.json"
        arrays = self.folder / "predictions" / f"{result.trial.key}.npz"
        maps = self.folder / "feature_maps" / f"{result.trial.key}.npz"
        with self.locked():
            for path in (record, arrays, maps):
                path.unlink(missing_ok=True)
            shutil.rmtree(self.model_folder(result.trial.key), ignore_errors=True)
            if predictions:
                write_whole(arrays, _packed(predictions))
            if predictions and predictions.feature_maps:
                write_whole(maps, packed(predictions.feature_maps))
            if model:
                copy_whole(model, self.model_folder(result.trial.key))
            write_json(record, to_record(result))

    def model_folder(self, key: str) -> Path:
        """Return where the fitted model of a trial is kept; it is there whole, or not at all."""
        return self.folder / "models" / key

    def predictions(self, key: str) -> Predictions | None:
        """Return what a trial predicted; None if it is not stored."""
        import numpy as np

        try:
            path = self.folder / "predictions" / f"{key}.npz"
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                labels, probabilities = arrays["y_pred"].astype(np.int64), arrays.get("y_prob")
                return Predictions(labels, probabilities, unpacked(self.folder / "feature_maps" / f"{key}.npz"))
        except UNREADABLE:
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
        """Remove what benches that were killed while writing left behind."""
        with self.locked():
            for path in [*self.folder.rglob(f"{PART_PREFIX}*")]:
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


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


def _packed(predictions: Predictions) -> bytes:
    """Return the predictions as an npz file: labels in the smallest type that holds them, float16 shares."""
    import numpy as np

    arrays = {"y_pred": predictions.labels.astype(np.min_scalar_type(int(predictions.labels.max(initial=0))))}
    if predictions.probabilities is not None:
        arrays["y_prob"] = predictions.probabilities.astype(np.float16)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()
