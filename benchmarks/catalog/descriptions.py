"""What a plug-in says of its models, feature pipelines and datasets, as values without any code of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from benchmarks.catalog.spec_validation import Spec
from benchmarks.common.bounded_reading import read_file
from benchmarks.common.errors import BenchError
from features.pretrained.weights import Weights
from features.spec import FeaturePipeline
from models.spec import BuildContext, ModelSpec, Param, Setting

LONGEST_TEXT = 4096  # characters, as the longest path
SUITE = ("features", "models")
Message = TypeVar("Message")


@dataclass(frozen=True)
class EntryDescription:
    """A model, a pipeline or a dataset. ``faults``: what is wrong with its spec; the rest is left out then.

    ``code``: where its build function is, and the plug-in that names it: modules of the suite, and files.
    """

    name: str
    faults: tuple[str, ...] = ()
    summary: str = ""
    requires: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    weights: Weights | None = None
    family: str = ""
    features: tuple[str, ...] = ()
    faster_with: tuple[str, ...] = ()
    settings: dict[str, Param] = field(default_factory=dict)
    settings_for: dict[str, dict[str, Setting]] = field(default_factory=dict)
    stochastic: bool = False


@dataclass(frozen=True)
class PluginDescription:
    """What one file or one entry point brings, by kind. ``origin`` says where it is from, in words."""

    origin: str
    entries: dict[str, tuple[EntryDescription, ...]]


@dataclass(frozen=True)
class Answer:
    """What the process that reads plug-ins leaves: what it read, or in one line why it could not."""

    error: str = ""
    plugins: tuple[PluginDescription, ...] = ()


def describe(spec: Spec, module: str, faults: list[str]) -> EntryDescription:
    """Return the description of a spec that the plug-in ``module`` defines."""
    if faults:
        return EntryDescription(spec.name, tuple(faults))
    common = EntryDescription(spec.name, (), spec.summary, tuple(spec.requires))
    if not isinstance(spec, ModelSpec | FeaturePipeline):
        return common
    common = replace(common, code=code_of(spec, module), weights=spec.weights)
    if isinstance(spec, FeaturePipeline):
        return common
    return replace(
        common,
        family=spec.family,
        features=tuple(spec.features),
        faster_with=tuple(spec.faster_with),
        settings=dict(spec.settings),
        settings_for={name: dict(own) for name, own in spec.settings_for.items()},
        stochastic=bool(spec.stochastic),
    )


def model_of(entry: EntryDescription) -> ModelSpec:
    """Return the spec of a model, which cannot be built in this process."""
    return ModelSpec(
        name=entry.name,
        family=entry.family,
        summary=entry.summary,
        build=_not_built_here,
        features=entry.features,
        requires=entry.requires,
        faster_with=entry.faster_with,
        settings=entry.settings,
        settings_for=entry.settings_for,
        stochastic=entry.stochastic,
        weights=entry.weights,
    )


def pipeline_of(entry: EntryDescription) -> FeaturePipeline:
    """Return the spec of a feature pipeline, which cannot be built in this process."""
    return FeaturePipeline(entry.name, entry.summary, _not_built_here, entry.requires, entry.weights)


def code_of(spec: ModelSpec | FeaturePipeline, module: str) -> tuple[str, ...]:
    """Return where ``build`` is defined and, if that is another place, the plug-in that names it."""
    modules = (home_of(spec.build), module)
    places = (name if name.partition(".")[0] in SUITE else _file_of(name) for name in modules)
    return tuple(dict.fromkeys(filter(None, places)))


def home_of(build: Any) -> str:
    """Return the module that ``build``, or what it is a partial of, is defined in."""
    return str(getattr(build, "func", build).__module__)


def write(message: object, file: Path) -> None:
    """Write a message as JSON; NaN, infinity and numbers of any length, which a ``Param`` may have, stay."""
    file.write_text(json.dumps(msgspec.to_builtins(message, enc_hook=str)), encoding="utf-8")


def read(file: Path, kind: type[Message], change: Callable[[Any], Any] = lambda plain: plain) -> Message:
    """Return a message, made of plain values that ``change`` gives; raises OSError, or ``BenchError`` if it is none."""
    try:
        return msgspec.convert(change(json.loads(read_file(file))), type=kind, dec_hook=lambda to, value: to(value))
    except (ValueError, RecursionError) as error:
        raise BenchError(f"its description cannot be read ({error})") from error


def printable(plain: Any) -> Any:
    """Return plain values in which every text can be printed on a terminal: control characters become spaces.

    Places of code, which are opened and not printed, stay as they are.
    """
    if isinstance(plain, str):
        text = plain if len(plain) <= LONGEST_TEXT else f"{plain[:LONGEST_TEXT]}…"
        return text if text.isprintable() else "".join(one if one.isprintable() else " " for one in text)
    if isinstance(plain, list):
        return [printable(one) for one in plain]
    if isinstance(plain, dict):
        return {printable(name): one if name == "code" else printable(one) for name, one in plain.items()}
    return plain


def _file_of(module: str) -> str:
    """Return the file of a module that is imported, "" for one without, as Python's own in C; links are followed."""
    file = getattr(sys.modules.get(module), "__file__", None)
    return str(Path(file).resolve()) if file else ""


def _not_built_here(context: BuildContext | None = None) -> Any:
    raise TypeError("a plug-in's model is built in the process of its trial, never in the bench's own")
