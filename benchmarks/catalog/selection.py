"""Names and globs from the command line → the list of trials."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.catalog.catalog import Catalog
from benchmarks.catalog.quick import QUICK, ROWS
from benchmarks.catalog.tuned_settings import TunedSettings, tuned_on
from benchmarks.common.errors import BenchError, check_case
from benchmarks.records.trial import TUNED, Trial
from features.naming import UnknownNameError
from models.spec import ModelSpec, Setting

ITEM = re.compile(r"(?P<name>[^\[\],@]+)(\[(?P<settings>[^\[\]]*)\])?(@(?P<features>[^\[\],@]+))?")


@dataclass(frozen=True)
class Choice:
    """What was asked for. ``models``: names and globs with commas, as ``knn``, ``svm*`` or ``knn[k=1]@hog``.

    ``features``: for those without an @; None means each model's own. ``train_sizes`` of (): all images.

    ``tuned``: what studies have found, for ``name[tuned=STUDY]``.
    ``quick`` among ``models`` stands for the rows that are fitted within seconds.
    """

    models: str = "all"
    features: str | None = None
    n_seeds: int = 1
    train_sizes: tuple[int, ...] = ()
    tuned: tuple[TunedSettings, ...] = ()


@dataclass(frozen=True)
class Item:
    """One item of ``Choice.models``: a name or a glob, what is in its brackets, and the pipelines that it names."""

    name: str
    settings: str
    features: str | None


@dataclass(frozen=True)
class ResolvedRow:
    """A model with its settings on one pipeline; ``study``: which is to have found them."""

    model: ModelSpec
    features: str
    params: Mapping[str, Setting]
    study: str = ""


def resolve(choice: Choice, catalog: Catalog) -> list[ResolvedRow]:
    """Return what the names of a choice stand for; raises ``BenchError`` or ``UnknownNameError``."""
    return [row for item in _items(choice.models) for row in _rows(item, choice.features, catalog)]


def plan(choice: Choice, catalog: Catalog, dataset: str, n_trainable: int) -> list[Trial]:
    """Return the trials of a choice on one dataset, each once.

    A model that is not stochastic gets one seed, unless it is trained on a subset, which the seed draws.
    Raises ``BenchError`` or ``UnknownNameError`` for what cannot be run.
    """
    sizes = [_train_size(size, n_trainable) for size in choice.train_sizes] or [None]
    trials: dict[str, Trial] = {}
    for row in resolve(choice, catalog):
        for size in sizes:
            for seed in range(choice.n_seeds if row.model.stochastic or size else 1):
                trial = Trial(row.model.name, row.features, dataset, seed, size, row.params, row.study)
                trials[trial.key] = _with_tuned_settings(trial, row, choice) if row.study else trial
    return list(trials.values())


def _with_tuned_settings(trial: Trial, row: ResolvedRow, choice: Choice) -> Trial:
    """Return a trial with the settings that a study on the same data found; raises ``BenchError``."""
    found = tuned_on(trial, choice.tuned)
    params, defaults = {}, row.model.defaults_on(row.features)
    for name, value in found.settings.items():
        fault = row.model.settings[name].fault_of(value) if name in row.model.settings else "is no setting any more"
        if fault:
            raise BenchError(f"{trial.label}: {row.model.name}[{name}] {fault}; tune it again")
        if value != defaults[name]:
            params[name] = value
    return replace(trial, params=params)


def _sound(models: Sequence[ModelSpec], catalog: Catalog) -> Sequence[ModelSpec]:
    """Return the models; raises ``BenchError`` if a spec has a fault, as a catalog that is checked may hold."""
    if faults := [fault for model in models for fault in catalog.faults_of(model)]:
        raise BenchError("; ".join(faults))
    return models


def row_name(text: str, catalog: Catalog) -> str:
    """Return the name that a row is stored under: settings typed and in order, without those at their defaults.

    ``svm-rbf[gamma=0.02,C=1]@hog`` is stored as ``svm-rbf[C=1.0]@hog``. What is no such name is returned as it is.
    """
    try:
        (item,) = _items(text)
        model = catalog.models[item.name]
        params = _settings(model, item.features or model.features[0], item.settings)
    except (BenchError, UnknownNameError, ValueError):
        return text
    label = Trial(item.name, item.features or "", "", params=params).label
    return f"{label}@{item.features}" if item.features else label


def _items(text: str) -> list[Item]:
    """Split ``a,b[x=1,y=2],c@hog`` into its items."""
    items: list[Item] = []
    position = 0
    while position <= len(text):
        found = ITEM.match(text, position)
        if not found or text[found.end() : found.end() + 1] not in ("", ","):
            raise BenchError(
                f"--models '{text}' cannot be read; write names with commas, as svm-rbf[C=1,gamma=0.02],knn@hog"
            )
        features = found["features"]
        items.append(Item(found["name"].strip(), found["settings"] or "", features and features.strip()))
        position = found.end() + 1
    return items


def _rows(item: Item, features: str | None, catalog: Catalog) -> list[ResolvedRow]:
    """Return the rows that one item stands for; ``features``: where it names none."""
    name, features = item.name, item.features or features
    check_case(catalog.models.kind, name, catalog.models)
    quick = name == QUICK and name not in catalog.models
    models = [catalog.models[model] for model in dict(ROWS)] if quick else catalog.models.matching(name)
    rows = [
        ResolvedRow(model, pipeline, *_settings_or_study(model, pipeline, item.settings))
        for model in _sound(models, catalog)
        for pipeline in _pipelines(features, model, catalog)
        if not quick or (model.name, pipeline) in ROWS
    ]
    if not rows:
        raise BenchError(f"--models {name}: none of these rows is on {features}")
    return rows


def _pipelines(names: str | None, model: ModelSpec, catalog: Catalog) -> list[str]:
    if names is None:
        return [catalog.features[name].name for name in model.features]
    patterns = [pattern.strip() for pattern in names.split(",")]
    for pattern in patterns:
        check_case(catalog.features.kind, pattern, catalog.features)
    return [entry.name for pattern in patterns for entry in catalog.features.matching(pattern)]


def _settings_or_study(model: ModelSpec, features: str, text: str) -> tuple[dict[str, Setting], str]:
    """Return the settings in the brackets, or the name of the study that found them."""
    name, is_given, study = (part.strip() for part in text.partition("="))
    return ({}, study) if name == TUNED and is_given and "," not in study else (_settings(model, features, text), "")


def _settings(model: ModelSpec, features: str, text: str) -> dict[str, Setting]:
    """Return the settings in the brackets, checked, without those equal to their defaults."""
    defaults = model.defaults_on(features)
    given: dict[str, Setting] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = (text.strip() for text in part.partition("="))
        if name not in model.settings:
            raise BenchError(f"{model.name} has no setting '{name}'; it has: {', '.join(defaults) or 'none'}")
        if name in given:
            raise BenchError(f"{model.name}[{name}] is given twice")
        param = model.settings[name]
        try:
            given[name] = param.check(read_setting(value, type(param.default)))
        except ValueError as error:
            raise BenchError(f"{model.name}[{name}] {error}") from None
    return {name: value for name, value in given.items() if value != defaults[name]}


def read_setting(text: str, kind: type[Setting]) -> Setting:
    """Return the value that a text stands for; the text itself if it stands for none of that kind."""
    if kind is bool:
        return {"": True, "true": True, "false": False}.get(text.lower(), text)
    try:
        return kind(text)
    except ValueError:
        return text


def _train_size(size: int, n_trainable: int) -> int | None:
    if size > n_trainable:
        raise BenchError(f"--train-size {size} is more than the {n_trainable:,} training images")
    return None if size == n_trainable else size
