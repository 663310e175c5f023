"""``bench.py list``: what there is, and what is missing. Needs the standard library alone."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.catalog.catalog import Catalog, read_catalog
from benchmarks.common.dependencies import how_to_install, missing_modules
from benchmarks.common.errors import check_case
from benchmarks.common.paths import cache_folder, size_of
from benchmarks.datasets.registry import data_places
from benchmarks.datasets.spec import DataPlaces, Dataset
from features.naming import UnknownNameError, matching
from features.pretrained.weights import Weights
from features.spec import FeaturePipeline
from models.spec import ModelSpec, Param

KINDS = ("models", "features", "datasets")


def list_entries(options: Namespace) -> int:
    """Print what there is, or all that is known of what was named."""
    places = data_places(options.data_dir, cache_folder())
    listing: dict[str, Any] = describe(read_catalog(options.plugins), places, options.name or "all")
    if not options.name:
        listing["feature_cache"] = feature_cache(cache_folder() / "features")
    if options.json:
        import json

        print(json.dumps(listing, indent=1))
    else:
        print(in_full(listing) if options.name else as_text(listing))
    return 0


def describe(catalog: Catalog, places: DataPlaces, pattern: str = "all") -> dict[str, list[dict[str, Any]]]:
    """Return the models, features and datasets that a name or a glob stands for, as plain values.

    Raises ``UnknownNameError`` if there is none.
    """
    found = [set(matching(names, pattern)) for names in (catalog.models, catalog.features, catalog.datasets)]
    if not any(found):
        names = [*catalog.models, *catalog.features, *catalog.datasets]
        check_case("model, feature pipeline or dataset", pattern, names)
        raise UnknownNameError("model, feature pipeline or dataset", pattern, names)
    missing = set(missing_modules(_required(catalog)))
    lacking = {name: [one for one in entry.requires if one in missing] for name, entry in catalog.datasets.items()}
    return {
        "models": [_model(spec, catalog, missing) for name, spec in catalog.models.items() if name in found[0]],
        "features": [
            {
                "name": entry.name,
                "summary": entry.summary,
                "requires": list(entry.requires),
                "missing": [module for module in entry.requires if module in missing],
                "weights": _to_fetch(entry.weights),
            }
            for name, entry in catalog.features.items()
            if name in found[1]
        ],
        "datasets": [
            {
                "name": entry.name,
                "summary": entry.summary,
                "requires": list(entry.requires),
                "missing": lacking[name],
                "available": None if lacking[name] else entry.location(places),
            }
            for name, entry in catalog.datasets.items()
            if name in found[2]
        ],
    }


def feature_cache(folder: Path) -> dict[str, Any]:
    """Return where the feature cache is, and its size."""
    return {"folder": str(folder), "bytes": size_of(folder)}


def as_text(listing: Mapping[str, Any]) -> str:
    """Lay out everything there is for people, a line for each entry."""
    models = (
        (model["name"], model["summary"], "on " + ", ".join(model["features"]), _lacking(model))
        for model in listing["models"]
    )
    features = ((entry["name"], entry["summary"], "", _lacking(entry)) for entry in listing["features"])
    datasets = ((entry["name"], entry["summary"], "", _where(entry)) for entry in listing["datasets"])
    cache = listing["feature_cache"]
    return "\n\n".join(
        [
            _section("MODELS", models),
            _section("FEATURES", features),
            _section("DATASETS", datasets),
            f"FEATURE CACHE\n  {cache['bytes'] / 2**20:,.0f} MiB in {cache['folder']}",
        ]
    )


def in_full(listing: Mapping[str, Any]) -> str:
    """Lay out entries for people with all that is known of each."""
    return "\n\n".join("\n".join(_entry(kind, entry)) for kind in KINDS for entry in listing[kind])


def _entry(kind: str, entry: Mapping[str, Any]) -> Iterator[str]:
    yield f"{entry['name']}: {entry['summary']}"
    if kind == "models":
        yield f"  family: {entry['family']}"
        yield f"  features: {', '.join(entry['features'])}"
    if entry["requires"]:
        yield f"  requires: {', '.join(entry['requires'])}"
    if status := _where(entry) if kind == "datasets" else _lacking(entry):
        yield f"  status: {status}"
    if settings := entry.get("settings"):
        yield _section("  settings:", (_setting(name, setting) for name, setting in settings.items()), "    ")


def _setting(name: str, setting: Mapping[str, Any]) -> tuple[str, ...]:
    others = (f"{value} on {features}" for features, value in setting["default_on"].items())
    defaults = ", ".join([str(setting["default"]), *others])
    return name, f"default {defaults}", setting["allowed"] + ", log scale" * setting["log"], setting["help"]


def _section(title: str, rows: Iterable[Sequence[str]], indent: str = "  ") -> str:
    lines = list(rows)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    body = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in lines)
    return f"\n{indent}".join([title, *body])


def _lacking(entry: Mapping[str, Any]) -> str:
    """Return what an entry of the listing lacks and how to get it; nothing if it lacks nothing."""
    fetched = [f"would fetch {file}, or give --weights FILE" for file in entry["weights"]]
    return "; ".join(filter(None, (how_to_install(entry["missing"]), *fetched)))


def _where(dataset: Mapping[str, Any]) -> str:
    if dataset["missing"]:
        return how_to_install(dataset["missing"])
    return f"available locally ({dataset['available']})" if dataset["available"] else "would be fetched"


def _model(model: ModelSpec, catalog: Catalog, missing: Collection[str]) -> dict[str, Any]:
    pipelines = [catalog.features[name] for name in model.features]
    needed = dict.fromkeys([*model.requires, *(module for pipeline in pipelines for module in pipeline.requires)])
    return {
        "name": model.name,
        "family": model.family,
        "summary": model.summary,
        "features": list(model.features),
        "requires": list(model.requires),
        "settings": {name: _param(name, param, model) for name, param in model.settings.items()},
        "missing": [module for module in needed if module in missing],
        "weights": _to_fetch(model.weights, *(pipeline.weights for pipeline in pipelines)),
    }


def _param(name: str, param: Param, model: ModelSpec) -> dict[str, Any]:
    """Return a setting as plain values; ``default_on`` holds its default on each pipeline where that differs."""
    return {
        "default": param.default,
        "default_on": {features: own[name] for features, own in model.settings_for.items() if name in own},
        "low": param.low,
        "high": param.high,
        "log": param.log,
        "choices": list(param.choices),
        "allowed": param.allowed,
        "help": param.help,
    }


def _to_fetch(*wanted: Weights | None) -> list[str]:
    """Return the files of weights that are not available locally, each with its size."""
    return [f"{weights.file} ({weights.size_mb} MB)" for weights in wanted if weights and not weights.available]


def _required(catalog: Catalog) -> list[str]:
    """Return the modules that any model, pipeline or dataset requires, each once."""
    entries: list[ModelSpec | FeaturePipeline | Dataset] = [
        *catalog.models.values(),
        *catalog.features.values(),
        *catalog.datasets.values(),
    ]
    return list(dict.fromkeys(module for entry in entries for module in entry.requires))
