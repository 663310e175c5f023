"""Fitted models in files. Most pickle; one that does not may bring ``save`` and ``load`` of its own.

``model.save(folder)`` writes into an empty folder, and ``load(folder)``, a class method of the same
class, returns what predicts as that model did. Reading either runs code: read what you wrote yourself.
"""

from __future__ import annotations

import json
import pickle
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import BenchError
from features.spec import Transformer
from models.spec import Estimator

MODEL, TRANSFORMER, ABOUT = "model.pickle", "transformer.pickle", "about.json"
OWN_FOLDER, OWN_CLASS = "model", "class.txt"


@dataclass(frozen=True)
class Fitted:
    """A model that has learnt, and the fitted pipeline whose features it reads."""

    model: Estimator
    transformer: Transformer


@dataclass(frozen=True)
class About:
    """What must be known to read a kept model: the images it expects, and the plug-in files its classes are in."""

    image_shape: tuple[int, int]
    plugins: tuple[str, ...]


def write_model(model: Estimator, folder: Path) -> None:
    """Write a fitted model into ``folder``, which exists; raises whatever pickling or the model's ``save`` raises."""
    save, load = getattr(model, "save", None), getattr(type(model), "load", None)
    if callable(save) and callable(load):
        (folder / OWN_FOLDER).mkdir()
        save(folder / OWN_FOLDER)
        (folder / OWN_CLASS).write_text(f"{type(model).__module__}:{type(model).__qualname__}", encoding="utf-8")
    else:
        (folder / MODEL).write_bytes(pickle.dumps(model, protocol=5))


def read_model(folder: Path) -> Estimator:
    """Return the model that ``write_model`` wrote; raises whatever unpickling or its ``load`` raises."""
    if (folder / OWN_CLASS).exists():
        found = pkgutil.resolve_name((folder / OWN_CLASS).read_text(encoding="utf-8"))
        loaded: Estimator = found.load(folder / OWN_FOLDER)
        return loaded
    unpickled: Estimator = pickle.loads((folder / MODEL).read_bytes())
    return unpickled


def write_kept(fitted: Fitted, image_shape: tuple[int, int], plugins: Sequence[str], folder: Path) -> None:
    """Write all that predicting needs into a new folder; raises whatever ``write_model`` raises."""
    folder.mkdir()
    write_model(fitted.model, folder)
    (folder / TRANSFORMER).write_bytes(pickle.dumps(fitted.transformer, protocol=5))
    about = {"image_shape": image_shape, "plugins": list(plugins)}
    (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")


def read_about(folder: Path) -> About:
    """Return what is known of a kept model without reading it; raises ``BenchError`` if it is damaged."""
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        height, width = about["image_shape"]
        return About((height, width), tuple(about["plugins"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BenchError(f"{folder} is damaged ({error}); run the trial again with --keep-models --force") from error


def read_kept(folder: Path) -> Fitted:
    """Return a kept model and its transformer; the plug-ins they come from must be loaded. Raises ``BenchError``."""
    try:
        return Fitted(read_model(folder), pickle.loads((folder / TRANSFORMER).read_bytes()))
    except Exception as error:  # whatever a model's own code raises
        again = "its code or a library may have changed since; run the trial again with --keep-models --force"
        raise BenchError(f"{folder} cannot be read ({type(error).__name__}: {error}); {again}") from error
