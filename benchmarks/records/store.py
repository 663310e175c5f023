"""Results on disk: one JSON file and one predictions file a trial, written whole or not at all."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from benchmarks.common.atomic_files import PART_PREFIX, copy_whole, write_whole, writing
from benchmarks.common.errors import BenchError
from benchmarks.common.unreadable import UNREADABLE
from benchmarks.records.feature_maps import packed, unpacked
from benchmarks.records.trial import TEST, Predictions, TrialResult
from benchmarks.records.trial_file import DamagedFileError, decode_result, encode_result

RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
NONE_FURTHER: Mapping[str, Predictions] = MappingProxyType({})
FileState = tuple[int, int, int]


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
        path = self.folder / "trials" / f"{key}.json"
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
    ) -> None:
        """Store a result with its ``predictions`` of the test set and those of ``further`` evaluation sets by name.

        ``model`` is the folder of its fitted model where that is to be saved. The JSON file comes last and goes
        first: with it there, the rest is there.
        """
        record = self.folder / "trials" / f"{result.trial.key}.json"
        arrays = self.folder / "predictions" / f"{result.trial.key}.npz"
        maps = self.folder / "feature_maps" / f"{result.trial.key}.npz"
        with self.locked():
            for path in (record, arrays, maps):
                path.unlink(missing_ok=True)
            shutil.rmtree(self.model_folder(result.trial.key), ignore_errors=True)
            if predictions:
                write_whole(arrays, _packed({TEST: predictions, **further}))
            if predictions and predictions.feature_maps:
                write_whole(maps, packed(predictions.feature_maps))
            if model:
                copy_whole(model, self.model_folder(result.trial.key))
            write_whole(record, encode_result(result))

    def model_folder(self, key: str) -> Path:
        """Return where the fitted model of a trial is saved; it is there whole, or not at all."""
        return self.folder / "models" / key

    def predictions(self, key: str, evaluation_set: str = TEST) -> Predictions | None:
        """Return what a trial predicted for an evaluation set; None if it is not stored."""
        import numpy as np

        try:
            path = self.folder / "predictions" / f"{key}.npz"
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                labels, probabilities = (array_name(name, evaluation_set) for name in ("y_pred", "y_prob"))
                return Predictions(
                    arrays[labels].astype(np.int64),
                    arrays.get(probabilities),
                    unpacked(self.folder / "feature_maps" / f"{key}.npz") if evaluation_set == TEST else None,
                )
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
        """Delete what benches that were killed while writing left behind."""
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


def state_of(path: Path) -> FileState:
    """Return what tells a file that was replaced from the one before: raises OSError without one."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def array_name(name: str, evaluation_set: str) -> str:
    """Return the name of an array in a file of predictions: ``y_pred``, ``y_pred@shifted``."""
    return name if evaluation_set == TEST else f"{name}@{evaluation_set}"


def _decoded(content: bytes, key: str) -> TrialResult | DamagedFileError:
    try:
        result = decode_result(content)
    except DamagedFileError as error:
        return error
    return result if result.trial.key == key else DamagedFileError(f"it holds the trial {result.trial.key}")


def _packed(predictions: Mapping[str, Predictions]) -> bytes:
    """Return predictions by evaluation set as an npz file.

    Labels have the smallest type that holds them, probabilities are float16.
    """
    import numpy as np

    arrays = {}
    for evaluation_set, of_set in predictions.items():
        smallest = np.min_scalar_type(int(of_set.labels.max(initial=0)))
        arrays[array_name("y_pred", evaluation_set)] = of_set.labels.astype(smallest)
        if of_set.probabilities is not None:
            arrays[array_name("y_prob", evaluation_set)] = of_set.probabilities.astype(np.float16)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()
