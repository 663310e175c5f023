"""The structure of the code: imports, sizes of folders, use of the clock, contents of the wheel."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("features", "models", "benchmarks")
MOST_MODULES = 12
LIBRARIES = {"numpy", "scipy", "sklearn", "sklearnex", "skimage", "xgboost", "tensorflow", "keras", "pandas", "torch"}
# what is copied into a user's folder is no part of the suite
COPIED = ROOT / "benchmarks" / "catalog" / "templates" / "my_model.py"

Graph = dict[str, set[str]]


@cache
def sources() -> dict[str, Path]:
    """Return every module of the suite by its name."""
    paths = [ROOT / "bench.py", *(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))]
    return {module_name(path): path for path in paths if path != COPIED}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported_names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def module_graph() -> Graph:
    """Return which modules of the suite each one imports."""
    modules = sources()

    def of_suite(name: str) -> str | None:
        return next((one for one in (name, name.rpartition(".")[0]) if one in modules), None)

    return {
        module: {found for name in imported_names(path) if (found := of_suite(name))} - {module}
        for module, path in modules.items()
    }


def folder_of(module: str) -> str:
    return module if sources()[module].name == "__init__.py" else module.rpartition(".")[0]


def folder_graph(modules: Graph) -> Graph:
    """Return which folders each folder imports from; a folder and those inside it are one room."""
    graph: Graph = {}
    for module, imported in modules.items():
        here = folder_of(module)
        for there in map(folder_of, imported):
            if not f"{there}.".startswith(f"{here}.") and not f"{here}.".startswith(f"{there}."):
                graph.setdefault(here, set()).add(there)
    return graph


def test_modules_have_no_import_cycle() -> None:
    TopologicalSorter(module_graph()).prepare()


def test_folders_have_no_import_cycle() -> None:
    TopologicalSorter(folder_graph(module_graph())).prepare()


def test_the_top_level_folders_import_downwards_only() -> None:
    floors = (*PACKAGES, "bench")
    for module, imported in module_graph().items():
        floor = floors.index(module.partition(".")[0])
        assert all(floors.index(name.partition(".")[0]) <= floor for name in imported), module


def test_no_folder_holds_more_than_a_dozen_modules() -> None:
    counts = Counter(path.parent for path in sources().values() if path.name != "__init__.py")
    assert {folder: n for folder, n in counts.items() if n > MOST_MODULES} == {}


def test_every_folder_says_what_it_holds() -> None:
    for folder in {path.parent for path in sources().values()} - {ROOT}:
        docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
        assert docstring and docstring.endswith("."), folder


def test_benchmarks_knows_models_and_features_only_through_registries_and_contracts() -> None:
    allowed = {
        "models.spec",
        "models.registry",
        "features.spec",
        "features.registry",
        "features.naming",
        "features.shift",
        "features.pretrained.weights",
        "features.pretrained.backend",
    }
    for module, imported in module_graph().items():
        # export writes the code of each entry once more, as operators, and so must know it
        if module.startswith("benchmarks.") and not module.startswith("benchmarks.export."):
            reached = {name for name in imported if name.partition(".")[0] in ("models", "features")}
            assert reached <= allowed, module


def test_only_processes_of_their_own_import_plug_ins() -> None:
    importing = {
        "benchmarks.catalog.plugin_process": "benchmarks.catalog.plugins.from_file",
        "benchmarks.conformance.worker": "benchmarks.catalog.catalog.load_catalog",
        "benchmarks.execution.worker.answering": "benchmarks.catalog.catalog.load_catalog",
        # they unpickle a saved model, which needs the code of its plug-in
        "benchmarks.inference.predictor": "benchmarks.catalog.catalog.load_catalog",
        "benchmarks.inference.saved_model": "benchmarks.catalog.catalog.load_catalog",
    }
    allowed = {*importing, "benchmarks.catalog.catalog"}
    own_registries_only = ("benchmarks.studies.", "benchmarks.regression.")
    for module, path in sources().items():
        if {*importing.values()} & {*imported_names(path)} and not module.startswith(own_registries_only):
            assert module in allowed, module


def test_only_one_file_reads_the_clock() -> None:
    readers = [module for module, path in sources().items() if {"time", "time.perf_counter"} & {*imported_names(path)}]
    assert readers == ["benchmarks.common.clock"]


def test_no_file_is_named_after_a_library() -> None:
    assert not {path.stem for path in sources().values()} & LIBRARIES


@pytest.mark.slow
def test_the_wheel_holds_no_top_level_package(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        top_level = {name.split("/")[0] for name in archive.namelist()}
    assert all(name.endswith(".dist-info") for name in top_level)
