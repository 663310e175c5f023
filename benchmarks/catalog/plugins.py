"""Entries from outside the suite, imported: plug-in files, and packages that are installed.

The bench's own process imports none of them (``plugin_reading``): only the fenced processes of trials, of checks and of
reading do, and those that predict with a saved model.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from benchmarks.common.errors import BenchError, message_of
from benchmarks.datasets.spec import Dataset
from benchmarks.execution.processes.fencing.refusals import reason_of
from features.spec import FeaturePipeline
from models.spec import ModelSpec

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from benchmarks.catalog.spec_validation import Spec

SPECS: dict[str, type[Spec]] = {"MODELS": ModelSpec, "FEATURES": FeaturePipeline, "DATASETS": Dataset}
GROUPS = {"digitbench.models": "MODELS", "digitbench.features": "FEATURES", "digitbench.datasets": "DATASETS"}
# what Python says of a call without all that it needs
LACKING = re.compile(r"(\w+)\.__init__\(\) missing \d+ required \S+ arguments?: (.*)")


@dataclass(frozen=True)
class Plugin:
    """What one file or one entry point brings: ``entries`` holds what it defines, by kind.

    ``origin`` says where, in words, ``module`` by Python's name, where it is imported in this process. Of one that
    another process has read: the ``code`` of its entries (``descriptions.code_of``) and their ``faults``, by kind and
    name.
    """

    origin: str
    module: str
    entries: Mapping[str, Any]
    code: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    faults: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)


def from_file(path: Path) -> Plugin:
    """Return what a plug-in file defines; raises ``BenchError`` if it cannot be loaded or defines nothing."""
    module = _import_file(path)
    entries = {kind: defined for kind in SPECS if (defined := getattr(module, kind, ()))}
    if not entries:
        raise BenchError(f"{path} defines none of MODELS, FEATURES and DATASETS; nothing would be added")
    return Plugin(str(path), module.__name__, entries)


def installed() -> Iterator[Plugin]:
    """Yield what installed packages offer in the groups ``digitbench.models``, ``.features`` and ``.datasets``.

    An entry point names a tuple, as ``my_package.digits:MODELS``. Raises ``BenchError`` for one that
    cannot be loaded.
    """
    if not any_offered():
        return
    from importlib.metadata import entry_points

    for group, kind in GROUPS.items():
        for point in sorted(entry_points(group=group), key=lambda point: point.name):
            origin = _origin(point)
            try:
                yield Plugin(origin, point.module, {kind: point.load()})
            except (Exception, SystemExit) as error:
                raise BenchError(f"{origin} cannot be loaded: {reason_of(error)}") from error


def any_offered() -> bool:
    """Say whether any package offers something. ``importlib.metadata`` alone would take longer than all of ``list``."""
    folders = [Path(folder) for folder in dict.fromkeys(sys.path) if folder]
    files = (file for folder in folders for file in folder.glob("*-info/entry_points.txt"))
    return any(b"[digitbench." in file.read_bytes() for file in files)


def check_kind(origin: str, kind: str, entries: object) -> None:
    """Raise ``BenchError`` unless ``entries`` is a tuple of specs of that kind."""
    if not isinstance(entries, tuple | list):
        raise BenchError(f"{origin}: {kind} is a {type(entries).__name__}; write a tuple: {kind} = (…,)")
    wanted = SPECS[kind]
    for entry in entries:
        if not isinstance(entry, wanted):
            raise BenchError(f"{origin}: {kind} holds a {type(entry).__name__}; each entry is a {wanted.__name__}(…)")
        if not isinstance(entry.name, str):
            raise BenchError(f"{origin}: {kind} holds an entry named {entry.name!r}; a name is text")


def _origin(point: EntryPoint) -> str:
    package = point.dist.name if point.dist else "?"
    return f"the installed package {package} (its entry point {point.name} = {point.value})"


def _import_file(path: Path) -> ModuleType:
    import hashlib

    stem = re.sub(r"\W", "_", path.stem)  # saved models are loaded by this name, which Python has to accept
    name = f"plugin_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}_{stem}"
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
        raise BenchError(f"{path} cannot be loaded: {_lacking(error) or reason_of(error)}") from error
    return module


def _lacking(error: BaseException) -> str:
    """Return which arguments a spec lacks, and what one is made of, if that is what the error says; else ""."""
    found = LACKING.match(message_of(error)) if isinstance(error, TypeError) else None
    spec = next((spec for spec in SPECS.values() if found and spec.__name__ == found[1]), None)
    if found is None or spec is None:
        return ""
    needed = ", ".join(f"{one.name}=…" for one in fields(spec) if one.default is one.default_factory is MISSING)
    return f"a {found[1]} lacks {found[2].replace(chr(39), '')}; write {found[1]}({needed})"
