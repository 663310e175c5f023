"""What a stored trial depends on, as hashes: when one differs, the trial is run again.

``code`` covers what ``build``, ``fit`` and ``predict`` can reach in ``models``, ``features`` and plug-ins. The code of
``benchmarks`` that a trial's numbers depend on (the worker, measuring, splits, metrics) is covered by ``PROTOCOL``
alone: whoever changes what it computes raises that number.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from benchmarks.catalog.catalog import Catalog
from benchmarks.catalog.descriptions import home_of
from benchmarks.provenance.environment import current_environment, version_of, versions_hash
from benchmarks.provenance.sources import file_hash, source_hash
from benchmarks.records.trial import Inputs, Trial
from features.spec import FeaturePipeline
from models.spec import ModelSpec

# Raise this when a stored figure would mean something else than before: stored trials are then run again.
PROTOCOL = 2


def inputs_of(
    trial: Trial, catalog: Catalog, data_hash: str, evaluation_hashes: Mapping[str, str] = MappingProxyType({})
) -> Inputs:
    """Return the hashes of the trial's code, data, library versions, machine and, where it has some, weights.

    ``evaluation_hashes``: of the evaluation sets beside the test split, by name.
    """
    model, pipeline = catalog.models[trial.model], catalog.features[trial.features]
    sources = _sources("MODELS", model, catalog) + _pipeline_code(pipeline, catalog)
    return Inputs(
        code=_hash(f"protocol {PROTOCOL}\n{sources}"),
        data=data_hash,
        versions=versions_hash(_modules(model, pipeline)),
        machine=current_environment().machine_id,
        weights=" ".join(weights.content for weights in (model.weights, pipeline.weights) if weights),
        evaluation=dict(evaluation_hashes),
    )


def versions_of(trial: Trial, catalog: Catalog) -> dict[str, str | None]:
    """Return the versions of Python and of the libraries that a trial uses, by name; None for a missing one."""
    modules = _modules(catalog.models[trial.model], catalog.features[trial.features])
    return {"Python": platform.python_version(), **{name: version_of(name) for name in modules}}


def pipeline_hash(name: str, catalog: Catalog) -> str:
    """Return the hash of a feature pipeline's code, of the libraries it uses, and of its weights."""
    pipeline = catalog.features[name]
    return _pipeline_code(pipeline, catalog) + (pipeline.weights.content if pipeline.weights else "")


def _modules(model: ModelSpec, pipeline: FeaturePipeline) -> tuple[str, ...]:
    return ("numpy", *model.requires, *model.faster_with, *pipeline.requires)


def _pipeline_code(pipeline: FeaturePipeline, catalog: Catalog) -> str:
    return _hash(_sources("FEATURES", pipeline, catalog) + versions_hash(("numpy", *pipeline.requires)))


def _sources(kind: str, spec: ModelSpec | FeaturePipeline, catalog: Catalog) -> str:
    """Return the hash of where ``build`` is defined and, if that is another place, of the plug-in that names it."""
    own = catalog.code.get((kind, spec.name), (home_of(spec.build),))
    return "".join(file_hash(Path(place)) if place.startswith("/") else source_hash(place) for place in own)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
