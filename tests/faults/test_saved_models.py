"""A saved model, or what its threshold is chosen on, of which a part is missing: one line, or all as it was."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np
import pytest

from benchmarks.common.errors import BenchError
from benchmarks.common.signatures import SIGNATURE, is_own, sign
from benchmarks.datasets.spec import Preparation
from benchmarks.inference.saved_model import SavedModel, find_saved_model
from benchmarks.inference.thresholds import thresholds_of
from benchmarks.records.saved_models import (
    Fitted,
    TrainingData,
    plugins_of,
    read_saved_model,
    read_training_data,
    write_saved_model,
    write_training_data,
)
from features.registry import FEATURES
from tests.cli_helpers import copied_dataset
from tests.many_rows import store_many_rows

X = np.arange(8, dtype=np.float32).reshape(4, 2)
DAMAGES = ("missing", "empty", "half", "other bytes", "a folder")


def damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    path.unlink()
    if how == "a folder":
        path.mkdir()
    elif how != "missing":
        path.write_bytes({"empty": b"", "half": content[: len(content) // 2], "other bytes": b"\0{" * 100}[how])


def damaged_copies(whole: Path, place: Path) -> Iterator[tuple[str, Path]]:
    """Yield a copy of a folder for each file in it and each damage, and in words what was done."""
    for path in sorted(path for path in whole.rglob("*") if path.is_file()):
        for how in DAMAGES:
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(whole, place)
            name = path.relative_to(whole)
            damage(place / name, how)
            yield f"{name}: {how}", place


class Nearest:
    """A model that pickles."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> Self:
        self.X, self.y = X, y
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        found: np.ndarray = self.y[((X[:, None] - self.X) ** 2).sum(axis=2).argmin(axis=1)]
        return found


class OfItsOwnFormat(Nearest):
    """A model that writes two files, and is not whole without one of them."""

    def save(self, folder: Path) -> None:
        for name in ("X", "y"):
            np.save(folder / f"{name}.npy", getattr(self, name))

    @classmethod
    def load(cls, folder: Path) -> Self:
        return cls().fit(*(np.load(folder / f"{name}.npy") for name in ("X", "y")))


@pytest.mark.parametrize("kind", ["pickled", "of its own format"])
def test_a_saved_model_that_lacks_a_part_is_one_line(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    place = tmp_path / "model"
    model = (Nearest() if kind == "pickled" else OfItsOwnFormat()).fit(X, np.arange(4))
    write_saved_model(Fitted(model, FEATURES["pixels"].build(), (28, 28)), (), place)
    write_training_data(TrainingData(("0", "1"), Preparation(), "hash"), place)
    sign(place)
    endings: Counter[str] = Counter()
    for done, folder in damaged_copies(place, tmp_path / "damaged"):
        assert not is_own(folder), done
        try:
            plugins_of(folder), read_training_data(folder)
            assert (read_saved_model(folder).model.predict(X) == np.arange(4)).all(), done
        except BenchError as error:
            assert "\n" not in str(error) and "--keep-models --force" in str(error), done
            endings["one line"] += 1
        else:
            assert done.startswith(SIGNATURE), f"{done}: read all the same"
            endings["whole"] += 1
    print(f"{endings.total()} damaged files of a saved model, {kind}: {dict(endings)}")


def test_a_threshold_is_chosen_on_whole_predictions_or_not_at_all(tmp_path: Path) -> None:
    store = store_many_rows(tmp_path, 2, 60)
    (store.folder / "models" / "model-0@pixels-s0").mkdir(parents=True)
    copied_dataset(store.folder, "digits-validation")
    saved = find_saved_model(tmp_path, "local", "model-0", "digits")
    whole = tmp_path / "local" / "digits-validation"
    expected = thresholds_of([saved], 0.2)
    assert expected.of_row
    endings: Counter[str] = Counter()
    kept = whole.rename(tmp_path / "whole")
    for done, _ in damaged_copies(kept, whole):
        try:
            assert thresholds_of([SavedModel(saved.store, saved.result)], 0.2) == expected, done
            endings["whole"] += 1
        except BenchError as error:
            assert "\n" not in str(error) and str(error), done
            assert "model-0" in done or "dataset.json" in done, f"{done}: {error}"
            endings["one line"] += 1
    assert endings["one line"] >= 2 * len(DAMAGES)
    print(f"{endings.total()} damaged files beside a threshold: {dict(endings)}")
