"""What a stored trial depends on, as hashes: when one differs, the trial is run again."""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from benchmarks.catalog.catalog import Catalog
from benchmarks.common.paths import ROOT
from benchmarks.provenance.environment import current_environment, versions_hash
from benchmarks.records.trial import Inputs, Trial
from features.spec import FeaturePipeline
from models.spec import ModelSpec

# Raise this when a stored figure would mean something else than before: stored trials are then run again.
PROTOCOL = 2
PACKAGES = ("features", "models")
DESCRIBING = {"features.spec", "features.naming", "features.registry", "models.spec", "models.registry"}


def inputs_of(
    trial: Trial, catalog: Catalog, data_hash: str, evaluation_hashes: Mapping[str, str] = MappingProxyType({})
) -> Inputs:
    """Return the hashes of the trial's code, data, library versions, machine and, where it has some, weights.

    ``evaluation_hashes``: of the evaluation sets beside the test split, by name.
    """
    model, pipeline = catalog.models[trial.model], catalog.features[trial.features]
    sources = _sources("MODELS", model, catalog) + _pipeline_code(pipeline, catalog)
    modules = ("numpy", *model.requires, *model.faster_with, *pipeline.requires)
    return Inputs(
        code=_hash(f"protocol {PROTOCOL}\n{sources}"),
        data=data_hash,
        versions=versions_hash(modules),
        machine=current_environment().machine_id,
        weights=" ".join(weights.content for weights in (model.weights, pipeline.weights) if weights),
        evaluation=dict(evaluation_hashes),
    )


def pipeline_hash(name: str, catalog: Catalog) -> str:
    """Return the hash of a feature pipeline's code, of the libraries it leans on, and of its weights."""
    pipeline = catalog.features[name]
    return _pipeline_code(pipeline, catalog) + (pipeline.weights.content if pipeline.weights else "")


def _pipeline_code(pipeline: FeaturePipeline, catalog: Catalog) -> str:
    return _hash(_sources("FEATURES", pipeline, catalog) + versions_hash(("numpy", *pipeline.requires)))


def _sources(kind: str, spec: ModelSpec | FeaturePipeline, catalog: Catalog) -> str:
    """Return the hash of where ``build`` is defined and, if that is another place, of the plug-in that names it."""
    modules = dict.fromkeys([_home(spec.build), catalog.homes.get((kind, spec.name), _home(spec.build))])
    return "".join(map(source_hash, modules))


@cache
def source_hash(module: str) -> str:
    """Return a hash of the module and of all it imports from ``features`` and ``models``.

    Comments, docstrings and layout do not count; the modules that only describe entries do not either.
    """
    sources = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in sources:
            tree = ast.parse(_file_of(name).read_bytes())
            sources[name] = ast.dump(_without_docstrings(tree))
            waiting.extend(_imported(tree, _file_of(name).parent))
    return _hash("\n".join(sources[name] for name in sorted(sources)))


def _home(build: Callable[..., object]) -> str:
    """Return the module that ``build``, or what it is a partial of, is defined in."""
    return getattr(build, "func", build).__module__


def _file_of(module: str) -> Path:
    """Return where a module's source lies: plug-ins are known to Python alone, the suite's own by path."""
    if module.endswith(".py"):
        return Path(module)
    loaded = sys.modules.get(module)
    return Path(loaded.__file__) if loaded and loaded.__file__ else ROOT.joinpath(*module.split(".")).with_suffix(".py")


def _imported(tree: ast.AST, folder: Path) -> Iterator[str]:
    """Yield what is imported anywhere in ``tree``: modules of ``features`` and ``models``, files of its own package."""
    package = folder
    while (package / "__init__.py").exists() and package != ROOT:
        package = package.parent
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.split(".")[0] in PACKAGES:
                if name not in DESCRIBING and _file_of(name).is_file():
                    yield name
                continue
            own = (place / f"{name.replace('.', '/')}.py" for place in (folder, package))
            yield from (str(path) for path in own if path.is_file())


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return tree


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
