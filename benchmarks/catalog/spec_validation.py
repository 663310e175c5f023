"""What can be wrong with the spec of a model, a feature pipeline or a dataset; nothing of it is run."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import urlsplit

from benchmarks.datasets.spec import Dataset
from benchmarks.records.trial import TUNED
from features.pretrained.weights import Weights
from features.spec import FeaturePipeline
from models.spec import WORDS_FOR, ModelSpec, Param

Spec = ModelSpec | FeaturePipeline | Dataset
# what stands on the command line, where commas, brackets, globs and @ mean something
LONGEST_LINE = 300
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")
SETTING = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}")  # of a file in one folder, of a network and of a layer
MD5 = re.compile(r"[0-9a-f]{32}")
ADDRESS = re.compile(r"https://[!-~]{1,1000}")
KINDS = {ModelSpec: "model", FeaturePipeline: "feature pipeline", Dataset: "dataset"}


def faults_of(spec: Spec, pipelines: Collection[str]) -> list[str]:
    """Return what is wrong with a spec, in words; ``pipelines`` are the names of those there are."""
    faults = list(_common_faults(spec))
    if isinstance(spec, ModelSpec):
        faults += _model_faults(spec, pipelines)
    return [f"{KINDS[type(spec)]} '{spec.name}': {fault}" for fault in faults]


def weight_faults(weights: Weights) -> Iterator[str]:
    """Yield what a plug-in's weights must not be, in words."""
    if weights.chosen is not None:
        yield "chosen is for the user alone, by --weights"
    for name, value in (("network", weights.network), ("layer", weights.layer), ("file", weights.file)):
        if not PLAIN_NAME.fullmatch(value):
            yield f"{name} should be a plain name of letters, digits, '-', '_', '.' and '+'"
    if not _is_plain_address(weights.url):
        yield "url should be an https address without user, query and fragment"
    if not MD5.fullmatch(weights.md5):
        yield "md5 should be 32 hexadecimal digits, in small letters"
    if not (math.isfinite(weights.size_mb) and weights.size_mb > 0):
        yield "size_mb should be a number above 0"


def _is_plain_address(url: str) -> bool:
    if not ADDRESS.fullmatch(url) or {*url} & {*"?#@\\"}:
        return False
    try:
        return bool(urlsplit(url).hostname) and urlsplit(url).port != 0
    except ValueError:
        return False


def are_modules(names: object) -> bool:
    """Return whether these are names of modules: identifiers, with dots between them."""
    return _names(names) and all(part.isidentifier() for name in names for part in name.split("."))  # type: ignore[attr-defined]


def is_line(text: object) -> bool:
    """Return whether this can be stored and printed: a line without control characters, neither empty nor endless."""
    return isinstance(text, str) and bool(text.strip()) and text.isprintable() and len(text) <= LONGEST_LINE


def _common_faults(spec: Spec) -> Iterator[str]:
    if not NAME.fullmatch(spec.name):
        yield "a name is letters, digits, '-', '_', '.' and '+', and begins with a letter or digit"
    if not is_line(spec.summary):
        yield "summary should be one line of text"
    for function in ("load", "location") if isinstance(spec, Dataset) else ("build",):
        if not callable(getattr(spec, function)):
            yield f"{function} is no function"
    if not are_modules(spec.requires):
        yield "requires should be a tuple of names of modules"


def _model_faults(spec: ModelSpec, pipelines: Collection[str]) -> Iterator[str]:
    if not is_line(spec.family):
        yield "family should be a word for models of its kind"
    if not are_modules(spec.faster_with):
        yield "faster_with should be a tuple of names of modules"
    if not _names(spec.features) or not spec.features:
        yield "features should be a tuple of names of pipelines"
    else:
        yield from (f"no feature pipeline is named '{name}'" for name in spec.features if name not in pipelines)
    if not isinstance(spec.settings, Mapping):
        yield "settings should be a mapping of names to Params"
        return
    if not isinstance(spec.settings_for, Mapping) or not all(
        isinstance(own, Mapping) for own in spec.settings_for.values()
    ):
        yield "settings_for should be a mapping of pipelines to settings"
        return
    yield from _setting_faults(spec, pipelines)


def _setting_faults(spec: ModelSpec, pipelines: Collection[str]) -> Iterator[str]:
    sound = {}
    for name, param in spec.settings.items():
        if not isinstance(name, str) or not SETTING.fullmatch(name):
            yield f"setting {name!r} should be named by letters, digits and '_', beginning with a letter"
        elif name == TUNED:
            yield f"setting '{TUNED}' has a name that stands for the settings which a study found"
        elif fault := _param_fault(param):
            yield f"setting '{name}' {fault}"
        else:
            sound[name] = param
    for on, own in spec.settings_for.items():
        if on not in pipelines:
            yield f"no feature pipeline is named '{on}'"
        for name, value in own.items():
            if name not in spec.settings:
                yield f"setting '{name}' on '{on}' is not among its settings"
            elif name in sound and (fault := sound[name].fault_of(value)):
                yield f"setting '{name}' on '{on}' {fault}"


def _param_fault(param: object) -> str:
    """Say what is wrong with one setting of a model; nothing if it is sound."""
    if not isinstance(param, Param):
        return f"should be a Param: write Param({param!r}), imported from models.spec"
    numbers = (limit for limit in (param.low, param.high) if limit is not None)
    if type(param.default) not in WORDS_FOR:
        return "should have a number, true, false or text as its default"
    if not all(isinstance(limit, int | float) for limit in numbers) or not isinstance(param.choices, tuple | list):
        return "should have numbers for low and high, and a tuple of choices"
    if param.low is not None and param.high is not None and param.low > param.high:
        return f"has a range from {param.low} to {param.high}, which is empty"
    if any(type(choice) is not type(param.default) for choice in param.choices):
        return "should have choices of the type of its default"
    if param.log and not (param.low or 0) > 0:
        return "should have a low above 0 to have a logarithmic scale"
    if not isinstance(param.help, str) or (param.help and not is_line(param.help)):
        return "should have one line of text as its help"
    if any(value and not is_line(value) for value in (param.default, *param.choices) if isinstance(value, str)):
        return "should have lines of text, without control characters, as its default and choices"
    return param.fault_of(param.default)


def _names(value: object) -> bool:
    return isinstance(value, tuple | list) and all(isinstance(name, str) for name in value)
