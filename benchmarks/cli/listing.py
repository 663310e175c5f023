"""``bench.py list``: what there is, and what is missing. Needs the standard library alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.catalog.catalog import Catalog
from benchmarks.common.dependencies import how_to_install, missing_modules
from benchmarks.datasets.spec import DataPlaces
from benchmarks.execution.worker.feature_cache import FeatureCache
from features.pretrained.weights import Weights
from features.spec import FeaturePipeline
from models.spec import ModelSpec


def describe(catalog: Catalog, places: DataPlaces, features_folder: Path) -> dict[str, Any]:
    """Return everything in the registries, with what each entry lacks, as plain values."""
    return {
        "models": [
            {
                "name": model.name,
                "family": model.family,
                "summary": model.summary,
                "features": list(model.features),
                "settings": dict(model.settings),
                "missing": _missing(model, catalog),
                "weights": _to_fetch(model.weights, *(catalog.features[name].weights for name in model.features)),
            }
            for model in catalog.models.values()
        ],
        "features": [
            {
                "name": entry.name,
                "summary": entry.summary,
                "missing": missing_modules(entry.requires),
                "weights": _to_fetch(entry.weights),
            }
            for entry in catalog.features.values()
        ],
        "datasets": [
            {"name": entry.name, "summary": entry.summary, "location": entry.location(places)}
            for entry in catalog.datasets.values()
        ],
        "feature_cache": {"folder": str(features_folder), "bytes": FeatureCache(features_folder).size_bytes()},
    }


def as_text(listing: Mapping[str, Any]) -> str:
    """Lay the listing out for people."""
    models = (
        (model["name"], model["summary"], "on " + ", ".join(model["features"]), _lacking(model))
        for model in listing["models"]
    )
    features = ((entry["name"], entry["summary"], "", _lacking(entry)) for entry in listing["features"])
    datasets = (
        (
            entry["name"],
            entry["summary"],
            "",
            f"available locally ({entry['location']})" if entry["location"] else "would be downloaded",
        )
        for entry in listing["datasets"]
    )
    cache = listing["feature_cache"]
    return "\n\n".join(
        [
            _section("MODELS", models),
            _section("FEATURES", features),
            _section("DATASETS", datasets),
            f"FEATURE CACHE\n  {cache['bytes'] / 2**20:,.0f} MiB in {cache['folder']}",
        ]
    )


def _section(title: str, rows: Iterable[Sequence[str]]) -> str:
    lines = list(rows)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    body = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in lines)
    return "\n  ".join([title, *body])


def _lacking(entry: Mapping[str, Any]) -> str:
    """Say what an entry of the listing lacks and how it is got; nothing if it lacks nothing."""
    fetched = [f"would fetch {file}, or give --weights FILE" for file in entry["weights"]]
    return "; ".join(filter(None, (how_to_install(entry["missing"]), *fetched)))


def _to_fetch(*wanted: Weights | None) -> list[str]:
    """Return the files of weights that are not available locally, each with its size."""
    return [f"{weights.file} ({weights.size_mb} MB)" for weights in wanted if weights and not weights.at_hand]


def _missing(model: ModelSpec, catalog: Catalog) -> list[str]:
    pipelines: list[FeaturePipeline] = [catalog.features[name] for name in model.features]
    needed = [*model.requires, *(module for pipeline in pipelines for module in pipeline.requires)]
    return missing_modules(list(dict.fromkeys(needed)))
