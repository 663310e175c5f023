"""What the application serves: models with what is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.inference.thresholds import Thresholds
from benchmarks.serve.model_pool import PooledModel


@dataclass(frozen=True)
class LeaderboardRow:
    """One row as people read it. ``link``: its part of the report; null for a row that failed."""

    name: str
    cells: Mapping[str, str]
    link: str | None


@dataclass(frozen=True)
class LeaderboardTable:
    """The leaderboard of the run that is served."""

    run: str
    dataset: str
    notes: Sequence[str]
    rows: Sequence[LeaderboardRow]


class ServedModel(Protocol):
    """A model: its row, of the names of the model and the features, and its accuracy on the test images.

    ``centred``: whether its training images were scaled and centred, as MNIST's digits.
    """

    @property
    def row(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def features(self) -> str: ...
    @property
    def accuracy(self) -> float | None: ...
    @property
    def centred(self) -> bool: ...


class Served(Protocol):
    """Models on one dataset, the most accurate first, as ``ServedRun`` and ``ServedFiles``.

    ``origin``: where the models are from, in words. ``has_leaderboard``: whether there is one, and a report.
    """

    @property
    def origin(self) -> str: ...
    @property
    def has_leaderboard(self) -> bool: ...
    @property
    def run(self) -> str: ...
    @property
    def dataset(self) -> str: ...
    @property
    def models(self) -> Sequence[ServedModel]: ...
    @property
    def error_rate(self) -> float | None: ...
    @property
    def thresholds(self) -> Thresholds: ...

    def named(self, name: str) -> Sequence[ServedModel]:
        """Return the models that a name stands for: a row, as ``svm-rbf@hog``, or all rows of a model."""

    def pooled(self) -> list[PooledModel]:
        """Return where the models are, and how large."""

    def leaderboard(self) -> LeaderboardTable:
        """Return the leaderboard; raises ``BenchError`` if there is none."""

    def report(self) -> Path:
        """Return report.html; raises ``BenchError`` if there is none."""
