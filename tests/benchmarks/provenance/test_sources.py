"""Which code counts for a stored result: all that its model and its features can reach, and no words about it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.catalog.catalog import Catalog, load_catalog
from benchmarks.catalog.selection import Choice, plan
from benchmarks.common.paths import ROOT
from benchmarks.provenance import sources
from benchmarks.provenance.fingerprint import inputs_of
from benchmarks.provenance.sources import reached_from, source_hash

MODULES = sorted(path.relative_to(ROOT).as_posix() for name in sources.PACKAGES for path in (ROOT / name).rglob("*.py"))
REGISTRIES = {"models/registry.py", "features/registry.py"}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder that stands for the root of the suite."""
    monkeypatch.setattr(sources, "ROOT", tmp_path)
    source_hash.cache_clear()
    yield tmp_path
    source_hash.cache_clear()


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def names_reached(root: Path, start: str) -> set[str]:
    return {path.relative_to(root).as_posix() for path in reached_from(root / start)} - {start}


CODE = """\
'''What it is.'''
from typing import TYPE_CHECKING
import typing
from models.spec import ModelSpec, Param

if TYPE_CHECKING:
    from models.unread import Type
if typing.TYPE_CHECKING:
    import models.unread
else:
    read = 1

SIZE = 3
'''Of what.'''

class Model:
    '''What it does.'''
    def fit(self):
        '''Says.'''
        return SIZE  # why

MODELS = (ModelSpec(name='m', summary='a model', settings={'k': Param(3, 1, help='neighbours')}),)
"""


def hash_of(checkout: Path, text: str) -> str:
    write(checkout, {"models/family.py": text, "models/unread.py": "Type = int"})
    source_hash.cache_clear()
    return source_hash("models.family")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("'''What it is.'''", "'''What it was.'''"),
        ("'''Of what.'''", ""),
        ("'''What it does.'''", "'''What it did.'''"),
        ("'''Says.'''", "'''Says more.'''"),
        ("# why", "# why not"),
        ("SIZE = 3\n", "SIZE = (\n    3\n)\n\n\n"),
        ("from models.unread import Type", "from models.unread import Type as Other"),
        ("summary='a model'", "summary='the model'"),
        ("help='neighbours'", "help='how many neighbours'"),
    ],
)
def test_words_and_what_does_not_run_do_not_count(checkout: Path, old: str, new: str) -> None:
    assert CODE.count(old) == 1
    assert hash_of(checkout, CODE) == hash_of(checkout, CODE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SIZE = 3", "SIZE = 4"),
        ("return SIZE", "return -SIZE"),
        ("Param(3, 1,", "Param(4, 1,"),
        ("name='m'", "name='n'"),
        ("read = 1", "read = 2"),
        ("'''Says.'''", "print('''Says.''')"),
    ],
)
def test_code_counts(checkout: Path, old: str, new: str) -> None:
    assert CODE.count(old) == 1
    assert hash_of(checkout, CODE) != hash_of(checkout, CODE.replace(old, new))


@pytest.mark.parametrize(
    "line",
    [
        "import models.nets.helper",
        "import models.nets.helper as h",
        "from models.nets import helper",
        "from models.nets.helper import help",
        "from .nets import helper",
        "from .nets.helper import *",
        "def f():\n    from models.nets.helper import help",
        "import importlib\nimportlib.import_module('models.nets.helper')",
        "from importlib import import_module\nimport_module('.nets.helper', __package__)",
        "__import__('models.nets.helper')",
    ],
)
def test_an_import_is_followed_however_it_is_written(checkout: Path, line: str) -> None:
    write(
        checkout,
        {
            "models/__init__.py": "",
            "models/family.py": line,
            "models/nets/__init__.py": "",
            "models/nets/helper.py": "from . import near",
            "models/nets/near.py": "from ..far import far",
            "models/far.py": "",
            "models/other.py": "",
        },
    )
    assert names_reached(checkout, "models/family.py") == {
        *("models/__init__.py", "models/nets/__init__.py", "models/nets/helper.py", "models/nets/near.py"),
        "models/far.py",
    }


def test_the_files_of_a_plugin_and_of_its_package_count(tmp_path: Path) -> None:
    files = {
        "mine/__init__.py": "",
        "mine/nets/__init__.py": "",
        "mine/nets/model.py": "import numpy\nfrom mine.layers import layer\nfrom .near import near\nimport beside",
        "mine/nets/near.py": "def near(): return 1",
        "mine/layers.py": "def layer(): return 1",
        "mine/unread.py": "",
        "beside.py": "",
        "numpy/__init__.py": "",
    }
    write(tmp_path / "checkout", files)
    beside = {"mine/__init__.py", "mine/nets/__init__.py", "mine/nets/near.py", "mine/layers.py", "beside.py"}
    assert names_reached(tmp_path / "checkout", "mine/nets/model.py") == {*beside, "numpy/__init__.py"}
    # where pip installs, what lies beside a package is none of its own
    write(tmp_path / "site-packages", files)
    assert names_reached(tmp_path / "site-packages", "mine/nets/model.py") == beside - {"beside.py"}


def imported_by(path: Path) -> set[str]:
    """Return the modules of the suite that one imports, from its text, without what only type checkers read."""
    text = re.sub(r"^if TYPE_CHECKING:\n(?:[ ]{4}.*\n|\n)+", "", path.read_text(), flags=re.MULTILINE)
    names = set()
    for module, several, one in re.findall(r"^ *from ([\w.]+) import (?:\(([^)]*)\)|(.*))$", text, re.MULTILINE):
        parts = [name.split("#")[0].split(" as ")[0].strip() for name in (several or one).split(",")]
        names |= {module, *(f"{module}.{part}" for part in parts)}
    files = {f"{name.replace('.', '/')}.py" for name in names} & set(MODULES)
    return files | {f"{folder}/__init__.py" for folder in map(str, path.relative_to(ROOT).parents) if folder != "."}


def reachable(file: str) -> set[str]:
    found, waiting = set(), [file]
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            waiting += imported_by(ROOT / name)
    return found


def file_of(build: Callable[..., object]) -> str:
    return f"{getattr(build, 'func', build).__module__.replace('.', '/')}.py"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def codes(catalog: Catalog) -> dict[str, str]:
    source_hash.cache_clear()
    trials = plan(Choice(), catalog, "digits", 1000)
    return {f"{trial.model}@{trial.features}": inputs_of(trial, catalog, "data").code for trial in trials}


def test_an_edit_of_a_module_changes_exactly_the_rows_that_reach_it(checkout: Path, catalog: Catalog) -> None:
    for package in sources.PACKAGES:
        shutil.copytree(ROOT / package, checkout / package, ignore=shutil.ignore_patterns("__pycache__"))
    before = codes(catalog)
    reached = {
        row: reachable(file_of(catalog.models[row.split("@")[0]].build))
        | reachable(file_of(catalog.features[row.split("@")[1]].build))
        for row in before
    }
    for module in MODULES:
        path = checkout / module
        text = path.read_text()
        path.write_text(text + "# a comment\n")
        assert codes(catalog) == before, module
        path.write_text(text + "EDITED = True\n")
        after = codes(catalog)
        path.write_text(text)
        changed = {row for row in before if after[row] != before[row]}
        assert changed == {row for row in before if module in reached[row]}, module
        assert bool(changed) != (module in REGISTRIES), module


@pytest.mark.parametrize(
    ("module", "rows", "others"),
    [
        ("models/spec.py", {"knn@pixels", "cnn@pixels", "vgg16@vgg16-imagenet"}, set()),
        ("features/naming.py", {"vote@orientation-maps-pca", "cnn-ensemble@pixels"}, {"knn@pixels"}),
        ("features/deskew.py", {"knn@hog", "knn-deskew@deskew", "vote@orientation-maps-pca"}, {"knn@pixels"}),
        ("models/networks/augment.py", {"cnn@pixels", "mlp@pixels"}, {"knn@pixels", "vgg16@vgg16-imagenet"}),
    ],
)
def test_some_rows_that_reach_a_module(catalog: Catalog, module: str, rows: set[str], others: set[str]) -> None:
    def reaches(row: str) -> bool:
        model, features = row.split("@")
        files = (file_of(catalog.models[model].build), file_of(catalog.features[features].build))
        return any(ROOT / module in reached_from(ROOT / file) for file in files)

    assert all(map(reaches, rows)) and not any(map(reaches, others))
