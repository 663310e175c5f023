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

LARGEST_PLUGIN = 16 << 20  # bytes of a file
KINDS: dict[str, type[Spec]] = {"MODELS": ModelSpec, "FEATURES": FeaturePipeline, "DATASETS": Dataset}


@dataclass(frozen=True)
class Catalog:
    """The three registries of a run, and the files that the plug-ins among them came from.

    ``code``: of a plug-in's entries by kind and name, where their code is: modules of the suite, and files. ``faults``:
    what is wrong with their specs, where another process has read them. ``origins``: the plug-in files, or words for
    installed packages, that bring them. ``weights``: the files of weights that were
    chosen, by the name of their network.
    """

    models: Registry[ModelSpec]
    features: Registry[FeaturePipeline]
    datasets: Registry[Dataset]
    plugins: tuple[Path, ...] = ()
    code: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    faults: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    origins: Mapping[tuple[str, str], str] = field(default_factory=dict)
    weights: Mapping[str, Path] = field(default_factory=dict)

    def plugins_of(self, *entries: tuple[str, str]) -> tuple[Path, ...]:
        """Return the plug-in files that entries, each a kind and a name, come from: no other one has to be loaded."""
        origins = {self.origins.get(entry) for entry in entries}
        return tuple(path for path in self.plugins if str(path) in origins)

    def faults_of(self, spec: Spec) -> list[str]:
        """Return what is wrong with a spec, in words."""
        from benchmarks.catalog.spec_validation import faults_of

        kind = next(kind for kind, of_kind in KINDS.items() if isinstance(spec, of_kind))
        return [*self.faults.get((kind, spec.name), ())] or faults_of(spec, self.features)


def read_catalog(plugins: Sequence[Path] = (), refuse_faults: bool = True) -> Catalog:
    """Return the suite's registries with those of installed packages and of the plug-in files added.

    A plug-in file defines any of MODELS, FEATURES and DATASETS, as the suite's own files do. Its code is run in another
    process, so that its models can be described but not built. Raises ``BenchError`` if one is missing or cannot be
    loaded, takes a name that is taken, or, with ``refuse_faults``, has a fault in a spec.
    """
    from benchmarks.catalog.plugins import any_offered

    catalog = _with_files(plugins)
    for file in [*([None] if any_offered() else []), *catalog.plugins]:
        from benchmarks.catalog.plugin_reading import read_plugins

        for plugin in read_plugins(file, catalog.features):
            catalog = _with_plugin(catalog, plugin, refuse_faults)
    return catalog


def load_catalog(plugins: Sequence[Path] = (), refuse_faults: bool = True) -> Catalog:
    """Return the same catalog with all plug-ins imported into this process, so that their models can be built.

    For the processes of trials and of checks, and for predicting with a saved model.
    """
    from benchmarks.catalog.plugins import from_file, installed

    catalog = _with_files(plugins)
    for plugin in [*installed(), *map(from_file, catalog.plugins)]:
        catalog = _with_plugin(catalog, plugin, refuse_faults)
    return catalog


def _with_files(plugins: Sequence[Path]) -> Catalog:
    for path in plugins:
        if not path.is_file():
            raise BenchError(f"--plugin {path}: there is no such file")
        if path.stat().st_size > LARGEST_PLUGIN:
            raise BenchError(
                f"--plugin {path}: a file has at most {LARGEST_PLUGIN >> 20} MiB; put data into a package beside it"
            )
    return Catalog(MODELS, FEATURES, DATASETS, tuple(path.resolve() for path in plugins))


def _with_plugin(catalog: Catalog, plugin: Plugin, refuse_faults: bool) -> Catalog:
    from benchmarks.catalog.descriptions import code_of
    from benchmarks.catalog.plugins import check_kind

    for kind, entries in plugin.entries.items():
        check_kind(plugin.origin, kind, entries)
    code = plugin.code or {
        (kind, entry.name): code_of(entry, plugin.module)
        for kind, entries in plugin.entries.items()
        for entry in entries
        if kind != "DATASETS"
    }
    origins = {(kind, entry.name): plugin.origin for kind, entries in plugin.entries.items() for entry in entries}
    try:
        extended = Catalog(
            catalog.models.with_more(plugin.entries.get("MODELS", ())),
            catalog.features.with_more(plugin.entries.get("FEATURES", ())),
            catalog.datasets.with_more(plugin.entries.get("DATASETS", ())),
            catalog.plugins,
            {**catalog.code, **code},
            {**catalog.faults, **plugin.faults},
            {**catalog.origins, **origins},
        )
    except DuplicateNameError as error:
        raise BenchError(f"{plugin.origin}: {error}") from error
    specs = [spec for entries in plugin.entries.values() for spec in entries]
    faults = [fault for spec in specs for fault in extended.faults_of(spec)]
    if faults and refuse_faults:
        raise BenchError(f"{plugin.origin}: {'; '.join(faults)}")
    return extended
