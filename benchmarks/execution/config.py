"""What a run is asked for: which trials, on which data, within which limits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common.errors import BenchError
from benchmarks.common.paths import RESULTS
from benchmarks.datasets.spec import Polarity


@dataclass(frozen=True)
class RunConfig:
    """Everything that ``benchmarks.api.run`` takes, which explains each; raises ``BenchError`` for what cannot be."""

    models: str = "all"
    features: str | None = None
    dataset: str = "auto"
    seeds: int = 1
    train_sizes: Sequence[int] = ()
    evaluate: Sequence[str] = ()
    run: str = "local"
    results_dir: Path = RESULTS
    data_dir: Path | None = None
    plugins: Sequence[Path] = ()
    weights: Sequence[Path] = ()
    polarity: Polarity = "auto"
    centre: bool = False
    label_column: str | None = None
    heading: bool = True
    transpose: bool | None = None
    shape: Sequence[int] | None = None
    timeout: float = 1800.0
    memory: float | None = None
    max_minutes: float | None = None
    threads: int | None = None
    jobs: int = 1
    force: bool = False
    keep_models: bool = False
    cache: bool = True

    def __post_init__(self) -> None:
        for name in ("seeds", "threads", "jobs"):
            _check(name, getattr(self, name), whole=True)
        for name in ("timeout", "memory", "max_minutes"):
            _check(name, getattr(self, name), whole=False)
        for side in self.shape or ():
            _check("each side of shape", side, whole=True)
        for size in self.train_sizes:
            _check("each training size", size, whole=True)


def _check(name: str, value: object, whole: bool) -> None:
    """Raise ``BenchError`` unless a value is None or a number above 0."""
    kinds = (int,) if whole else (int, float)
    number = isinstance(value, kinds) and not isinstance(value, bool) and 0 < value < math.inf
    if value is not None and not number:
        raise BenchError(f"{name} should be a {'whole ' if whole else ''}number above 0, not {value!r}")
