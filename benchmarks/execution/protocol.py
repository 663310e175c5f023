"""What the bench and a worker tell each other, through files in the trial's scratch folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from benchmarks.records.feature_maps import packed, unpacked
from benchmarks.records.trial import Measurement, Predictions, Trial
from benchmarks.records.trial_file import measurement_from, trial_from

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.spec import Setting

REQUEST, ANSWER, PREDICTIONS, PROGRESS = "request.json", "answer.json", "predictions.npz", "progress.jsonl"
FEATURE_MAPS = "feature_maps.npz"
KEPT = "kept"  # the folder of the fitted model, if it was asked for and could be written


@dataclass(frozen=True)
class Request:
    """All that a worker is told. Neither this nor any file it names holds a label of the test split.

    ``launched_at`` is the bench's clock at the start of the process; the clock is the system's, so
    the worker can tell how long it took to come up. ``cache`` is None for no feature cache; ``conditions``
    is what else than the code decides how long features take.
    """

    trial: Trial
    settings: Mapping[str, Setting]
    plugins: tuple[str, ...]
    data: str
    n_classes: int
    pipeline_hash: str
    conditions: str
    cache: str | None
    threads: int
    keep_model: bool
    launched_at: float

    def write(self, folder: Path) -> None:
        (folder / REQUEST).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Request:
        fields = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
        return cls(**{**fields, "trial": trial_from(fields["trial"]), "plugins": tuple(fields["plugins"])})


@dataclass(frozen=True)
class Answer:
    """What a worker says at its end; ``measurement`` and ``predictions`` are there if it is ``ok``.

    ``not_kept``: why the fitted model could not be written, where it was asked for.
    """

    status: Literal["ok", "skipped", "failed", "out-of-memory"]
    reason: str = ""
    measurement: Measurement | None = None
    predictions: Predictions | None = None
    not_kept: str = ""

    def write(self, folder: Path) -> None:
        import numpy as np

        if self.predictions:
            arrays: dict[str, NDArray[Any]] = {"labels": self.predictions.labels}
            if self.predictions.probabilities is not None:
                arrays["probabilities"] = self.predictions.probabilities
            np.savez(folder / PREDICTIONS, allow_pickle=False, **arrays)
            if self.predictions.feature_maps:
                (folder / FEATURE_MAPS).write_bytes(packed(self.predictions.feature_maps))
        body = {
            "status": self.status,
            "reason": self.reason,
            "measurement": self.measurement and asdict(self.measurement),
            "not_kept": self.not_kept,
        }
        part = folder / f"{ANSWER}.part"
        part.write_text(json.dumps(body), encoding="utf-8")
        os.replace(part, folder / ANSWER)

    @classmethod
    def read(cls, folder: Path) -> Answer | None:
        """Return the answer in ``folder``; None if the worker ended without one."""
        import numpy as np

        try:
            body = json.loads((folder / ANSWER).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if body["status"] != "ok":
            return cls(body["status"], body["reason"])
        with np.load(folder / PREDICTIONS, allow_pickle=False) as arrays:
            predictions = Predictions(arrays["labels"], arrays.get("probabilities"), unpacked(folder / FEATURE_MAPS))
        return cls("ok", "", measurement_from(body["measurement"]), predictions, body["not_kept"])


class ProgressWriter:
    """The worker's side of the live display: one line a stage or step."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / PROGRESS).open("a", encoding="utf-8", buffering=1)

    def say(self, stage: str, step: int | None = None, steps: int | None = None, **figures: float) -> None:
        line: dict[str, Any] = {"stage": stage, "step": step, "steps": steps, "figures": figures}
        self._file.write(json.dumps(line) + "\n")


@dataclass(frozen=True)
class Stage:
    """Where a worker is: ``step`` of ``steps`` of ``stage``, with the figures of that step."""

    stage: str
    step: int | None = None
    steps: int | None = None
    figures: Mapping[str, float] | None = None


def latest_stage(folder: Path) -> Stage | None:
    """Return the last whole line of progress; None before the first."""
    try:
        lines = (folder / PROGRESS).read_bytes().split(b"\n")
        return Stage(**json.loads(lines[-2])) if len(lines) > 1 else None
    except (OSError, ValueError, TypeError):
        return None
