"""All that can be named on the command line: the suite's own registries and the user's plug-ins."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from benchmarks.datasets.registry import DATASETS
from benchmarks.datasets.spec import Dataset
from benchmarks.errors import BenchError
from features.naming import DuplicateNameError, Registry
from features.registry import FEATURES
from features.spec import FeaturePipeline
from models.registry import MODELS
from models.spec import ModelSpec


@dataclass(frozen=True)
class Catalog:
    """The three registries of a run, and the files that the plug-ins among them came from."""

    models: Registry[ModelSpec]
    features: Registry[FeaturePipeline]
    datasets: Registry[Dataset]
    plugins: tuple[Path, ...] = ()


def load_catalog(plugins: Sequence[Path] = ()) -> Catalog:
    """Return the suite's registries with those of the plug-in files added.

    A plug-in defines any of MODELS, FEATURES and DATASETS, as the suite's own files do. Raises
    ``BenchError`` if a file cannot be loaded, defines none of them, or takes a name that is taken.
    """
    catalog = Catalog(MODELS, FEATURES, DATASETS, tuple(path.resolve() for path in plugins))
    for path in catalog.plugins:
        catalog = _with_plugin(catalog, path, _import_file(path))
    return catalog


def _with_plugin(catalog: Catalog, path: Path, module: ModuleType) -> Catalog:
    models, features, datasets = (getattr(module, name, ()) for name in ("MODELS", "FEATURES", "DATASETS"))
    for kind, entries in (("MODELS", models), ("FEATURES", features), ("DATASETS", datasets)):
        if not isinstance(entries, tuple | list):
            raise BenchError(f"{path}: {kind} is a {type(entries).__name__}; write a tuple: {kind} = (…,)")
    if not (models or features or datasets):
        raise BenchError(f"{path} defines none of MODELS, FEATURES and DATASETS; nothing would be added")
    try:
        extended = Catalog(
            catalog.models.with_more(models),
            catalog.features.with_more(features),
            catalog.datasets.with_more(datasets),
            catalog.plugins,
        )
        faults = [fault for model in models for fault in faults_of(model, extended)]
    except (DuplicateNameError, AttributeError, TypeError) as error:
        raise BenchError(f"{path}: {error}") from error
    if faults:
        raise BenchError(f"{path}: {'; '.join(faults)}")
    return extended


def faults_of(model: ModelSpec, catalog: Catalog) -> list[str]:
    """Return what is wrong with a model's spec, in words."""
    faults = [] if callable(model.build) else ["build is no function"]
    if isinstance(model.features, str) or not model.features:
        faults.append("features should be a tuple of names of pipelines")
    else:
        faults += [f"no feature pipeline is named '{name}'" for name in model.features if name not in catalog.features]
    strange = [name for name, value in model.settings.items() if not isinstance(value, bool | int | float | str)]
    faults += [f"the default of setting '{name}' should be a number, true, false or text" for name in strange]
    return [f"model '{model.name}': {fault}" for fault in faults]


def _import_file(path: Path) -> ModuleType:
    name = f"plugin_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BenchError(f"{path} is no Python file; a plug-in's name ends in .py")
    module = importlib.util.module_from_spec(spec)
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))  # a plug-in may import files beside it
    sys.modules[name] = module  # classes defined in a plug-in pickle by their module's name
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise BenchError(f"{path} cannot be loaded: {type(error).__name__}: {error}") from error
    return module
