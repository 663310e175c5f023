from __future__ import annotations

import ast
from pathlib import Path

import pytest

from benchmarks.catalog.catalog import load_catalog
from benchmarks.provenance import fingerprint as inputs
from benchmarks.provenance.fingerprint import inputs_of, source_hash
from benchmarks.records.trial import Trial


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one model, one helper it imports, and one feature."""
    monkeypatch.setattr(inputs, "ROOT", tmp_path)
    source_hash.cache_clear()
    for name, text in {
        "models/family_x.py": "from models.helper_x import help\ndef build(c):\n    'Says.'\n    return help()\n",
        "models/helper_x.py": "def help():\n    return 1\n",
        "models/other_x.py": "y = 1\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def hash_after(checkout: Path, name: str, old: str, new: str) -> str:
    path = checkout / "models" / f"{name}.py"
    path.write_text(path.read_text().replace(old, new))
    source_hash.cache_clear()
    return source_hash("models.family_x")


def test_code_counts_and_words_about_it_do_not(checkout: Path) -> None:
    before = source_hash("models.family_x")
    assert hash_after(checkout, "family_x", "'Says.'", "'Says more.'  # really") == before
    assert hash_after(checkout, "other_x", "1", "2") == before
    changed_helper = hash_after(checkout, "helper_x", "return 1", "return 2")
    assert changed_helper != before
    assert hash_after(checkout, "family_x", "help()", "help(), 1") not in (before, changed_helper)


def test_every_file_of_a_package_counts_however_it_is_imported(tmp_path: Path) -> None:
    for name, text in {
        "mine/__init__.py": "",
        "mine/nets/__init__.py": "",
        "mine/nets/model.py": "from mine.layers import layer\nfrom .near import near\n",
        "mine/nets/near.py": "def near(): return 1\n",
        "mine/layers.py": "def layer(): return 1\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    hashes = set()
    for changed in ("", "mine/layers.py", "mine/nets/near.py"):
        if changed:
            (tmp_path / changed).write_text("def changed(): return 2\n")
        source_hash.cache_clear()
        hashes.add(source_hash(str(tmp_path / "mine/nets/model.py")))
    assert len(hashes) == 3


def test_hashing_leaves_no_docstring_and_no_empty_body() -> None:
    tree = inputs._without_docstrings(ast.parse('"x"\nclass A:\n    "y"\n    def f(self):\n        "z"\n'))
    assert ast.unparse(tree).split() == ["class", "A:", "def", "f(self):", "pass"]


def test_every_model_and_feature_of_the_suite_has_inputs() -> None:
    catalog = load_catalog()
    files = {inputs._home(pipeline.build) for pipeline in catalog.features.values()}
    for model in catalog.models.values():
        codes = {inputs_of(Trial(model.name, name, "digits"), catalog, "d").code for name in catalog.features}
        assert len(codes) == len(files)  # pipelines of one file share their code
    first = inputs_of(Trial("knn", "pixels", "digits"), catalog, "d")
    assert first == inputs_of(Trial("knn", "pixels", "digits", 3), catalog, "d")
    assert first.changed_since(inputs_of(Trial("knn", "pixels", "digits"), catalog, "e")) == ["data"]
    assert first.changed_since(inputs_of(Trial("logistic", "pixels", "digits"), catalog, "d"))[0] == "code"
