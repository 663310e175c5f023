"""A study as values: what it is asked for, and the settings that were tried."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Literal

from benchmarks.common.errors import BenchError
from models.spec import Setting

Sampler = Literal["tpe", "random", "grid", "cma-es"]
State = Literal["running", "complete", "pruned", "failed"]
DEFAULTS = 0  # the number of the attempt with the model's defaults
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True)
class Definition:
    """What all benches that work on a study must agree on. ``space`` and ``bounds`` in the words of the command line.

    ``goals``: what is minimised, the first one deciding which is best. ``train_sizes``: numbers of training images,
    rising; () for all images. ``epochs``: whether networks are stopped by their epochs. ``data``, ``code``: hashes of
    the images, and of the code of model and pipeline.
    """

    name: str
    model: str
    features: str
    dataset: str
    space: tuple[str, ...]
    fixed: Mapping[str, Setting]
    goals: tuple[str, ...]
    bounds: tuple[str, ...] = ()
    train_sizes: tuple[int, ...] = ()
    sampler: Sampler = "tpe"
    seed: int = 0
    hyperband: bool = False
    epochs: bool = False
    data: str = ""
    code: str = ""

    @property
    def row(self) -> str:
        """The model on its pipeline: ``svm-rbf@hog``."""
        return f"{self.model}@{self.features}"

    def check_same(self, stored: Definition) -> None:
        """Raise ``BenchError`` unless the stored study was asked for the same."""
        names = [one.name for one in fields(self) if getattr(self, one.name) != getattr(stored, one.name)]
        if names:
            what = " and ".join(WORDS.get(name, name) for name in names)
            raise BenchError(f"the study '{self.name}' was made with another {what}; choose another --study")


WORDS = {
    "space": "search space",
    "fixed": "choice of fixed settings",
    "bounds": "--within",
    "train_sizes": "--train-size",
    "goals": "--minimise",
    "data": "state of the data",
    "code": "state of the code",
    "epochs": "--prune",
}


@dataclass(frozen=True)
class Attempt:
    """Settings that were asked for, and their results.

    Parameters
    ----------
    settings
        The value of every setting that is searched.
    values
        Of the goals, in their order; None where it is not complete.
    metrics
        Every metric that was measured, by name.
    steps
        The first goal at each smaller training size, or after some epochs.
    owner
        Which bench has it under way, or had.
    generation
        Of CMA-ES, where that asked.
    seconds
        From the start to the end.
    """

    number: int
    settings: Mapping[str, Setting]
    state: State = "running"
    values: tuple[float, ...] | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    steps: Mapping[int, float] = field(default_factory=dict)
    owner: str = ""
    reason: str = ""
    generation: int | None = None
    seconds: float | None = None

    @property
    def is_default(self) -> bool:
        """Whether it has the model's defaults."""
        return self.number == DEFAULTS


def complete(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Return the attempts that have values."""
    return [one for one in attempts if one.state == "complete" and one.values]


def usual_name(model: str, features: str) -> str:
    """Return the name of a row's study, where the user gives none."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", f"{model}-{features}")[:100]


def study_name(text: str) -> str:
    """Return the name of a study; raises ``BenchError`` unless it is a plain one."""
    if not NAME.fullmatch(text):
        raise BenchError(f"--study '{text[:40]}' should be a plain name of letters, digits, '.', '_' and '-'")
    return text
