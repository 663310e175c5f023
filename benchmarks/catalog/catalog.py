"""All that can be named on the command line: the suite's own registries and the user's plug-ins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.common.errors import BenchError
from benchmarks.datasets.registry import DATASETS
from benchmarks.datasets.spec import Dataset
from features.naming import DuplicateNameError, Registry
from features.registry import FEATURES
from features.spec import FeaturePipeline
from models.registry import MODELS
from models.spec import ModelSpec

if TYPE_CHECKING:
    from benchmarks.catalog.plugins import Plugin
    from benchmarks.catalog.spec_validation import Spec

SPECS: dict[str, type[Spec]] = {"MODELS": ModelSpec, "FEATURES": FeaturePipeline, "DATASETS": Dataset}


@dataclass(frozen=True)
class Catalog:
    """The three registries of a run, and the files that the plug-ins among them came from.

    ``homes``: the module that a plug-in's spec is written in, by kind and name. ``weights``: the files of weights
    that were chosen, by the name of their network.
    """

    models: Registry[ModelSpec]
    features: Registry[FeaturePipeline]
    datasets: Registry[Dataset]
    plugins: tuple[Path, ...] = ()
    homes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    weights: Mapping[str, Path] = field(default_factory=dict)

    def plugins_of(self, *entries: tuple[str, str]) -> tuple[Path, ...]:
        """Return the plug-in files that entries, each a kind and a name, come from: no other one has to be loaded."""
        from benchmarks.catalog.plugins import module_name

        homes = {self.homes.get(entry) for entry in entries}
        return tuple(path for path in self.plugins if module_name(path) in homes)

    def faults_of(self, spec: Spec) -> list[str]:
        """Return what is wrong with a spec, in words."""
        from benchmarks.catalog.spec_validation import faults_of

        return faults_of(spec, self.features)


def load_catalog(plugins: Sequence[Path] = (), refuse_faults: bool = True) -> Catalog:
    """Return the suite's registries with those of installed packages and of the plug-in files added.

    A plug-in file defines any of MODELS, FEATURES and DATASETS, as the suite's own files do. Raises
    ``BenchError`` if one is missing or cannot be loaded, takes a name that is taken, or, with ``refuse_faults``,
    has a fault in a spec.
    """
    from benchmarks.catalog.plugins import from_file, installed

    for path in plugins:
        if not path.is_file():
            raise BenchError(f"--plugin {path}: there is no such file")
    catalog = Catalog(MODELS, FEATURES, DATASETS, tuple(path.resolve() for path in plugins))
    for plugin in [*installed(), *map(from_file, catalog.plugins)]:
        catalog = _with_plugin(catalog, plugin, refuse_faults)
    return catalog


def _with_plugin(catalog: Catalog, plugin: Plugin, refuse_faults: bool) -> Catalog:
    for kind, entries in plugin.entries.items():
        _check_kind(plugin.origin, kind, entries)
    homes = {(kind, entry.name): plugin.module for kind, entries in plugin.entries.items() for entry in entries}
    try:
        extended = Catalog(
            catalog.models.with_more(plugin.entries.get("MODELS", ())),
            catalog.features.with_more(plugin.entries.get("FEATURES", ())),
            catalog.datasets.with_more(plugin.entries.get("DATASETS", ())),
            catalog.plugins,
            {**catalog.homes, **homes},
        )
    except DuplicateNameError as error:
        raise BenchError(f"{plugin.origin}: {error}") from error
    specs = [spec for entries in plugin.entries.values() for spec in entries]
    faults = [fault for spec in specs for fault in extended.faults_of(spec)]
    if faults and refuse_faults:
        raise BenchError(f"{plugin.origin}: {'; '.join(faults)}")
    return extended


def _check_kind(origin: str, kind: str, entries: object) -> None:
    """Raise ``BenchError`` unless ``entries`` is a tuple of specs of that kind."""
    if not isinstance(entries, tuple | list):
        raise BenchError(f"{origin}: {kind} is a {type(entries).__name__}; write a tuple: {kind} = (…,)")
    wanted = SPECS[kind]
    for entry in entries:
        if not isinstance(entry, wanted):
            raise BenchError(f"{origin}: {kind} holds a {type(entry).__name__}; each entry is a {wanted.__name__}(…)")
        if not isinstance(entry.name, str):
            raise BenchError(f"{origin}: {kind} holds an entry named {entry.name!r}; a name is text")
