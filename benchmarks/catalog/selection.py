"""Names and globs from the command line → the list of trials."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from benchmarks.catalog.catalog import Catalog
from benchmarks.common.errors import BenchError
from benchmarks.records.trial import Trial
from features.naming import Entry, Registry
from models.registry import MODELS
from models.spec import ModelSpec, Setting

ITEM = re.compile(r"(?P<name>[^\[\],]+)(\[(?P<settings>[^\[\]]*)\])?")


@dataclass(frozen=True)
class Choice:
    """What was asked for. ``features`` of None means each model's own; ``train_sizes`` of () all images."""

    models: str = "all"
    features: str | None = None
    n_seeds: int = 1
    train_sizes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """A model with its settings on one pipeline."""

    model: ModelSpec
    features: str
    params: Mapping[str, Setting]


def wanted(choice: Choice, catalog: Catalog) -> list[Wanted]:
    """Return what the names of a choice stand for; raises ``BenchError`` or ``UnknownNameError``."""
    return [
        Wanted(model, features, _settings(model, features, given))
        for name, given in _items(choice.models)
        for model in match(catalog.models, name)
        for features in _pipelines(choice.features, model, catalog)
    ]


def plan(choice: Choice, catalog: Catalog, dataset: str, n_learnable: int) -> list[Trial]:
    """Return the trials of a choice on one dataset, each once.

    A model that is not stochastic gets one seed, unless it learns from a subset, which the seed draws.
    Raises ``BenchError`` or ``UnknownNameError`` for what cannot be run.
    """
    sizes = [_train_size(size, n_learnable) for size in choice.train_sizes] or [None]
    trials: dict[str, Trial] = {}
    for row in wanted(choice, catalog):
        for size in sizes:
            for seed in range(choice.n_seeds if row.model.stochastic or size else 1):
                trial = Trial(row.model.name, row.features, dataset, seed, size, row.params)
                trials[trial.key] = trial
    return list(trials.values())


def match(registry: Registry[Entry], pattern: str) -> list[Entry]:
    """Return the entries that a name, a glob or ``all`` stands for; raises ``UnknownNameError`` for none."""
    if pattern == "all":
        return list(registry.values())
    if "*" not in pattern and "?" not in pattern:
        return [registry[pattern]]
    found = [entry for name, entry in registry.items() if fnmatchcase(name, pattern)]
    if not found:
        raise registry.unknown(pattern)
    return found


def _items(text: str) -> list[tuple[str, str]]:
    """Split ``a,b[x=1,y=2]`` into names and what stands in their brackets."""
    items, position = [], 0
    while position <= len(text):
        found = ITEM.match(text, position)
        if not found or text[found.end() : found.end() + 1] not in ("", ","):
            raise BenchError(
                f"--models '{text}' cannot be read; write names with commas, as svm-rbf[C=1,gamma=0.02],knn"
            )
        items.append((found["name"].strip(), found["settings"] or ""))
        position = found.end() + 1
    return items


def _pipelines(names: str | None, model: ModelSpec, catalog: Catalog) -> list[str]:
    if names is None:
        return [catalog.features[name].name for name in model.features]
    return [entry.name for pattern in names.split(",") for entry in match(catalog.features, pattern.strip())]


def _settings(model: ModelSpec, features: str, text: str) -> dict[str, Setting]:
    """Return the settings in the brackets, typed as their defaults are, without those equal to them."""
    defaults = model.defaults_on(features)
    given = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = part.partition("=")
        if name not in defaults:
            raise BenchError(f"{model.name} has no setting '{name}'; it has: {', '.join(defaults) or 'none'}")
        given[name] = _typed(value, defaults, name, model.name)
        number = given[name]
        if model.name in MODELS and not isinstance(number, str) and not 0 <= number < math.inf:
            # counts, sizes, rates and shares all; a setting of a plug-in may mean something by it
            raise BenchError(f"{model.name}[{name}] should be a number of 0 or more, not {value}")
    return {name: value for name, value in given.items() if value != defaults[name]}


def _typed(text: str, defaults: Mapping[str, Setting], name: str, model: str) -> Setting:
    kind = type(defaults[name])
    if kind is bool:
        if text.lower() not in ("", "true", "false"):
            raise BenchError(f"{model}[{name}] is true or false, not '{text}'")
        return text.lower() != "false"
    try:
        return kind(text)
    except ValueError:
        expected = {int: "a whole number", float: "a number"}.get(kind, "text")
        raise BenchError(f"{model}[{name}] should be {expected}, not '{text}'") from None


def _train_size(size: int, n_learnable: int) -> int | None:
    if size > n_learnable:
        raise BenchError(f"--train-size {size} is more than the {n_learnable:,} images there are to learn from")
    return None if size == n_learnable else size


def parse_sizes(text: str) -> Sequence[int]:
    """Read ``100,1000`` from the command line."""
    try:
        sizes = [int(part) for part in text.split(",")]
    except ValueError:
        sizes = []
    if not sizes or min(sizes) < 1:
        raise BenchError(f"--train-size '{text}' should be whole numbers above 0, with commas between them")
    return sizes
