"""Fitted models in files. Most pickle; one that does not may bring ``save`` and ``load`` of its own.

``model.save(folder)`` writes into an empty folder, and ``load(folder)``, a class method of the same
class, returns what predicts as that model did. Reading either runs code: read what you wrote yourself.
"""

from __future__ import annotations

import contextlib
import json
import pkgutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.common.bounded_reading import read_file
from benchmarks.common.errors import BenchError, one_line
from benchmarks.common.signatures import SIGNATURE
from benchmarks.datasets.spec import Preparation
from features.spec import Transformer
from models.spec import Estimator

MODEL, TRANSFORMER, ABOUT = "model.joblib", "transformer.joblib", "about.json"
DATA = "data.json"
OWN_FOLDER, OWN_CLASS = "model", "class.txt"
DEEPEST, MOST_FILES, LARGEST = 20, 10_000, 8 << 30


@dataclass(frozen=True)
class Fitted:
    """A fitted model, the fitted pipeline that computes its features, and the shape of images that it expects."""

    model: Estimator
    transformer: Transformer
    image_shape: tuple[int, ...]


@dataclass(frozen=True)
class TrainingData:
    """What a model was trained on: how images were prepared, and what its numbers for classes mean."""

    class_names: tuple[str, ...]
    preparation: Preparation
    data_hash: str


def saves_itself(model: Any) -> bool:
    """Return whether the model's class brings ``save`` and ``load``."""
    return callable(getattr(model, "save", None)) and callable(getattr(type(model), "load", None))


def write_model(model: Any, folder: Path) -> None:
    """Write a fitted model into ``folder``, which exists; raises whatever pickling or the model's ``save`` raises."""
    import joblib

    if saves_itself(model):
        (folder / OWN_FOLDER).mkdir()
        model.save(folder / OWN_FOLDER)
        (folder / OWN_CLASS).write_text(f"{type(model).__module__}:{type(model).__qualname__}", encoding="utf-8")
    else:
        joblib.dump(model, folder / MODEL)


def read_model(folder: Path) -> Estimator:
    """Return the model that ``write_model`` wrote; raises whatever unpickling or its ``load`` raises."""
    import joblib

    if (folder / OWN_CLASS).exists():
        found = pkgutil.resolve_name(_text(folder / OWN_CLASS))
        loaded: Estimator = found.load(folder / OWN_FOLDER)
        return loaded
    unpickled: Estimator = joblib.load(folder / MODEL)
    return unpickled


def write_saved_model(fitted: Fitted, plugins: Sequence[str], folder: Path) -> None:
    """Write all that predicting needs into a new folder; raises whatever ``write_model`` raises."""
    import joblib

    folder.mkdir()
    write_model(fitted.model, folder)
    joblib.dump(fitted.transformer, folder / TRANSFORMER)
    about = {"image_shape": fitted.image_shape, "plugins": list(plugins)}
    (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")


def fault_of_folder(folder: Path) -> str:
    """Return why a folder that a worker left is no saved model to keep; empty if it is one. Raises OSError."""
    waiting, n_entries, n_bytes = [(folder, 1)], 0, 0
    while waiting:
        place, depth = waiting.pop()
        if depth > DEEPEST or not stat.S_ISDIR(place.lstat().st_mode):
            return f"it holds folders in folders, more than {DEEPEST} deep" if depth > DEEPEST else "it is no folder"
        for path in place.iterdir():
            status = path.lstat()
            n_entries, n_bytes = n_entries + 1, n_bytes + status.st_size
            if stat.S_ISDIR(status.st_mode):
                waiting.append((path, depth + 1))
            elif not stat.S_ISREG(status.st_mode):
                return f"it holds {path.name!r}, which is neither a file nor a folder"
            if n_entries > MOST_FILES or n_bytes > LARGEST:
                return f"it is larger than {MOST_FILES} files or {LARGEST >> 30} GiB"
    return "it holds what the bench writes" if any((folder / name).exists() for name in (DATA, SIGNATURE)) else ""


def code_in(folder: Path) -> str:
    """Say what reading a saved model would run. Raises ``BenchError`` if it is damaged."""
    pickles = [name for name in (MODEL, TRANSFORMER) if (folder / name).exists()]
    what = [f"{' and '.join(pickles)} (pickles, which can do anything)"] if pickles else []
    with _reading(folder):
        if (folder / OWN_CLASS).exists():
            what.append(f"{one_line(_text(folder / OWN_CLASS))}.load")
    what += [f"the plug-in {one_line(str(path))}" for path in plugins_of(folder)]
    return ", ".join(what)


def _text(path: Path) -> str:
    return read_file(path).decode("utf-8")


def write_training_data(data: TrainingData, folder: Path) -> None:
    """Write what a saved model was trained on beside it: another run may prepare the same images differently."""
    (folder / DATA).write_text(json.dumps(asdict(data)), encoding="utf-8")


def read_training_data(folder: Path) -> TrainingData | None:
    """Return what a saved model was trained on; None for one of before that was stored. Raises ``BenchError``."""
    with _reading(folder):
        # one that was signed had it: without it, images would be prepared as another model's
        if not (folder / DATA).exists() and not (folder / SIGNATURE).exists():
            return None
        return msgspec.json.decode(_text(folder / DATA), type=TrainingData)


def plugins_of(folder: Path) -> list[Path]:
    """Return the plug-in files that a saved model's classes are in; raises ``BenchError`` if it is damaged."""
    with _reading(folder):
        return [Path(path) for path in json.loads(_text(folder / ABOUT))["plugins"]]


def read_saved_model(folder: Path) -> Fitted:
    """Return a saved model; the plug-ins it comes from must be loaded. Raises ``BenchError``."""
    import joblib

    with _reading(folder):
        about = json.loads(_text(folder / ABOUT))
        return Fitted(read_model(folder), joblib.load(folder / TRANSFORMER), tuple(about["image_shape"]))


@contextlib.contextmanager
def _reading(folder: Path) -> Iterator[None]:
    """Say of whatever a damaged file or a model's own code raises what to do about it."""
    try:
        yield
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        again = "it is damaged, or its code or a library changed; run the trial again with --keep-models --force"
        raise BenchError(f"the model in {folder} cannot be read ({why}); {again}") from error
