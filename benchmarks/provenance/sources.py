"""The source code that a model or a feature pipeline can reach, as a hash."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.common.bounded_reading import read_file
from benchmarks.common.paths import ROOT

PACKAGES = ("features", "models")
INSTALLED = {"site-packages", "dist-packages"}
SPECS = {"Param", "ModelSpec", "FeaturePipeline"}
WORDS = {"help", "summary"}


@dataclass(frozen=True)
class Import:
    """The name of a module, or of something in it; ``level`` dots stand before it, as in ``from ..x import y``."""

    name: str
    level: int = 0


@dataclass(frozen=True)
class Source:
    """What of a file counts: a hash of its code, and what that imports, inside functions too."""

    digest: str
    imports: tuple[Import, ...]


@cache
def source_hash(module: str) -> str:
    """Return a hash of a module of the suite and of all that it imports, directly or not; see ``file_hash``."""
    path = ROOT.joinpath(*module.split("."))
    return file_hash(path / "__init__.py" if path.is_dir() else path.with_suffix(".py"))


def file_hash(path: Path) -> str:
    """Return a hash of a file and of all that it imports, directly or not, from ``features`` and ``models``.

    For a plug-in the files of its own package and those beside it count as well, and of every package its
    ``__init__.py``. What nothing imports does not count, as the modules that join entries into registries.
    Comments, docstrings and layout do not count, nor does what only type checkers run, nor the ``help`` of a ``Param``
    and the ``summary`` of a spec where they are given by these names: they change no number.
    A module whose name is computed when it is imported is not found.
    """
    digests = sorted(source.digest for source in reached_from(path).values())
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()[:16]


def reached_from(path: Path) -> dict[Path, Source]:
    """Return a file and all of the suite's and a plug-in's files that importing and running it can read."""
    sources: dict[Path, Source] = {}
    waiting = [path]
    while waiting:
        path = waiting.pop()
        if path not in sources:
            state = path.stat()
            sources[path] = _parsed(path, state.st_mtime_ns, state.st_size)
            waiting.extend(_packages_of(path))
            waiting.extend(_files(path, sources[path].imports))
    return sources


@cache
def _parsed(path: Path, mtime_ns: int, size: int) -> Source:
    """Return what counts of a file; the other arguments have one that has changed parsed again."""
    content = read_file(path)
    try:
        tree = _Counting().visit(ast.parse(content))
    except (SyntaxError, ValueError, RecursionError):  # compiled, or never imported
        return Source(hashlib.sha256(content).hexdigest(), ())
    return Source(hashlib.sha256(ast.dump(tree).encode()).hexdigest(), tuple(_imports(tree)))


class _Counting(ast.NodeTransformer):
    """Removes from a syntax tree what changes no number."""

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [part for part in node.body if not _is_text(part)]
        if isinstance(node, ast.Call) and _last_name(node.func) in SPECS:
            node.keywords = [keyword for keyword in node.keywords if keyword.arg not in WORDS]
        if isinstance(node, ast.If) and _last_name(node.test) == "TYPE_CHECKING":
            node.body = []
        self.generic_visit(node)
        return node


def _is_text(node: ast.AST) -> bool:
    """Return whether a statement is a docstring, or a text below an attribute that says what it is."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _last_name(node: ast.AST) -> str:
    """Return ``b`` of the expressions ``b`` and ``a.b``."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _imports(tree: ast.AST) -> Iterator[Import]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = f"{node.module}." if node.module else ""
            yield from (Import(module + alias.name, node.level) for alias in node.names)
        elif isinstance(node, ast.Call) and _last_name(node.func) in ("import_module", "__import__") and node.args:
            named = node.args[0]
            if isinstance(named, ast.Constant) and isinstance(named.value, str):
                name = named.value.lstrip(".")
                yield Import(name, len(named.value) - len(name))


def _files(importer: Path, imports: Iterable[Import]) -> Iterator[Path]:
    """Yield the files that imports of one file read: of each name the modules and packages on the way to it."""
    own = _own_folders(importer)
    for imported in imports:
        package = imported.name.partition(".")[0]
        if imported.level:
            folders = [importer.parents[imported.level - 1]]
        else:
            folders = [ROOT] if package in PACKAGES else [folder for folder, name in own if name in ("", package)]
        for folder in folders:
            for part in imported.name.split("."):
                yield from (path for path in (folder / f"{part}.py", folder / part / "__init__.py") if path.is_file())
                folder = folder / part


def _own_folders(importer: Path) -> list[tuple[Path, str]]:
    """Return the folders that hold a plug-in's own modules, and the one package that is its own, or "" for all."""
    if any(ROOT / package in importer.parents for package in PACKAGES):
        return []
    packages = _packages_of(importer)
    top = packages[-1].parent if packages else importer
    if INSTALLED & set(top.parent.parts):  # other distributions lie there too
        return [(top.parent, top.stem)]
    return [(folder, "") for folder in dict.fromkeys([importer.parent, top.parent])]


def _packages_of(path: Path) -> list[Path]:
    """Return the ``__init__.py`` of each package that a file is in, the innermost first; a checkout is none."""
    found = []
    for folder in path.parents:
        if folder == ROOT or not (init := folder / "__init__.py").is_file():
            break
        found.append(init)
    return found
