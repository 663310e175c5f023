"""The rules of the house: who imports whom, who holds a clock, what a wheel may hold."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("features", "models", "benchmarks", "bench")
LIBRARIES = {"numpy", "scipy", "sklearn", "sklearnex", "skimage", "xgboost", "tensorflow", "keras", "pandas", "torch"}


def sources() -> list[Path]:
    folders = ("benchmarks", "models", "features")
    return [ROOT / "bench.py", *(path for folder in folders for path in (ROOT / folder).rglob("*.py"))]


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_the_house_only(path: Path) -> None:
    own_floor = FLOORS.index(path.relative_to(ROOT).parts[0].removesuffix(".py"))
    floors = {module.partition(".")[0] for module in imported_modules(path)} & set(FLOORS)
    assert all(FLOORS.index(floor) <= own_floor for floor in floors)


def test_benchmarks_knows_models_and_features_only_through_registries_and_contracts() -> None:
    allowed = {
        "models.spec",
        "models.registry",
        "features.spec",
        "features.registry",
        "features.naming",
        "features.weights",
        "features.backend",
    }
    for path in (ROOT / "benchmarks").rglob("*.py"):
        reached = {m for m in imported_modules(path) if m.partition(".")[0] in ("models", "features")}
        assert reached <= allowed, path


def test_only_one_file_holds_a_clock() -> None:
    with_clock = [path.name for path in sources() if "time" in set(imported_modules(path))]
    assert with_clock == ["measure.py"]


def test_no_file_is_named_after_a_library() -> None:
    assert not {path.stem for path in sources()} & LIBRARIES


def test_no_file_is_two_things() -> None:
    assert {path.name: n for path in sources() if (n := len(path.read_text().splitlines())) > 300} == {}


@pytest.mark.slow
def test_the_wheel_holds_no_top_level_package(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        top_level = {name.split("/")[0] for name in archive.namelist()}
    assert all(name.endswith(".dist-info") for name in top_level)
