"""What a run is asked for: which trials, on which data, within which limits."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_args

from benchmarks.common.errors import BenchError
from benchmarks.common.paths import RESULTS
from benchmarks.datasets.ranges import IMAGE_SIZES
from benchmarks.datasets.spec import Polarity

WHOLE = ("seeds", "threads", "jobs")
NUMBERS = ("timeout", "memory", "max_minutes")
TEXTS = ("models", "features", "dataset", "run", "label_column", "cluster")
FLAGS = (
    *("validation", "centre", "normalise", "heading", "transpose"),
    *("force", "keep_models", "cache", "allow_network", "fresh"),
)
LISTS = {"train_sizes": int, "shape": int, "evaluate": str, "plugins": Path, "weights": Path}
OPTIONAL = (
    *("features", "image_size", "label_column", "transpose", "shape", "pixel_range"),
    *("data_dir", "memory", "max_minutes", "threads", "cluster"),
)
LONGEST_TEXT = 100_000


@dataclass(frozen=True)
class RunConfig:
    """Everything that ``benchmarks.api.run`` takes, which explains each; raises ``BenchError`` for what cannot be.

    ``validation``: score on the validation split, as on the datasets named ``NAME-validation``.
    """

    models: str = "all"
    features: str | None = None
    dataset: str = "auto"
    validation: bool = False
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
    normalise: bool = False
    image_size: int | None = None
    label_column: str | None = None
    heading: bool = True
    transpose: bool | None = None
    shape: Sequence[int] | None = None
    pixel_range: tuple[float, float] | None = None
    timeout: float = 1800.0
    memory: float | None = None
    max_minutes: float | None = None
    threads: int | None = None
    jobs: int = 1
    cluster: str | None = None
    force: bool = False
    keep_models: bool = False
    cache: bool = True
    allow_network: bool = False
    fresh: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None and field.name in OPTIONAL:
                continue
            object.__setattr__(self, field.name, _checked(field.name, value))


def _checked(name: str, value: Any) -> Any:
    """Return a value in its type; raises ``BenchError`` unless it can be one."""
    if name == "image_size":
        return _image_size(value)
    if name == "pixel_range":
        return _pixel_range(value)
    if name in WHOLE:
        return _whole(name, value)
    if name in NUMBERS:
        return _number(name, value)
    if name in LISTS:
        return _list(name, value)
    if name in FLAGS:
        if not isinstance(value, bool):
            raise BenchError(f"{name} should be True or False, not {value!r}")
        return value
    if name == "polarity":
        if value not in get_args(Polarity):
            raise BenchError(f"polarity should be one of {', '.join(get_args(Polarity))}, not {value!r}")
        return value
    return _text(name, value) if name in TEXTS else _path(name, value)


def _whole(name: str, value: Any) -> int:
    try:
        number = 0 if isinstance(value, bool) else operator.index(value)  # NumPy's whole numbers too
    except TypeError:
        number = 0
    if number < 1:
        raise BenchError(f"{name} should be a whole number above 0, not {value!r}")
    return number


def _image_size(value: Any) -> int:
    smallest, largest = IMAGE_SIZES
    number = _whole("image_size", value)
    if not smallest <= number <= largest:
        raise BenchError(f"image_size should be from {smallest} to {largest} pixels, not {number}")
    return number


def _pixel_range(value: Any) -> tuple[float, float]:
    try:
        low, high = map(float, value)
    except (TypeError, ValueError):
        low = high = math.nan
    if not -math.inf < low < high < math.inf:
        raise BenchError(f"pixel_range should be the lowest and the highest value, as 0..4095, not {str(value)[:40]}")
    return low, high


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise BenchError(f"{name} should be a number above 0, not {value!r}")
    return value


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or "\0" in value or len(value) > LONGEST_TEXT:
        raise BenchError(f"{name} should be a text, not {str(value)[:40]!r}")
    return value


def _path(name: str, value: Any) -> Path:
    if not isinstance(value, str | Path) or "\0" in str(value):
        raise BenchError(f"{name} should be a path, not {str(value)[:40]!r}")
    return Path(value)


def _list(name: str, value: Any) -> tuple[Any, ...]:
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise BenchError(f"{name} should be a list, not {value!r}")
    if LISTS[name] is int:
        return tuple(_whole(f"each of {name}", one) for one in value)
    return tuple((_text if LISTS[name] is str else _path)(f"each of {name}", one) for one in value)
