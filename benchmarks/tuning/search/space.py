"""The search space of a study: the settings of a model with their ranges, narrowed by the user. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from benchmarks.catalog.selection import read_setting
from benchmarks.common.errors import BenchError
from models.spec import ModelSpec, Param, Setting

RANGE = re.compile(r"(?P<low>[^.]+(?:\.[^.]+)?)\.\.(?P<high>\S+)(?P<log>\s+log)?")
DIGITS = 4  # significant digits of a number that is asked: its settings stay readable
EDGE = 0.02  # share of a range that counts as its edge


@dataclass(frozen=True)
class Dimension:
    """One setting that is searched: a range of numbers, or ``choices``. Both ends belong to the range."""

    name: str
    whole: bool = False
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    choices: tuple[Setting, ...] = ()

    @property
    def n_values(self) -> float:
        """How many values there are; infinity for a range of fractions."""
        if self.choices:
            return len(self.choices)
        return self.high - self.low + 1 if self.whole else math.inf

    def holds(self, value: Setting) -> bool:
        """Return whether a value is in the space."""
        if self.choices:
            return value in self.choices
        return isinstance(value, int | float) and self.low <= value <= self.high

    def share(self, value: float) -> float:
        """Return where a number lies in its range: 0 at its low end, 1 at its high end."""
        scale = math.log if self.log else float
        return (scale(value) - scale(self.low)) / (scale(self.high) - scale(self.low))

    def at(self, share: float) -> float:
        """Return the number at a share of the range, with four digits."""
        if share in (0, 1):
            return self.high if share else self.low
        if self.log:
            value = math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + share * (self.high - self.low)
        return self.rounded(value)

    def rounded(self, value: float) -> float:
        """Return a number with four digits, and still in the range."""
        return min(max(float(f"{value:.{DIGITS}g}"), self.low), self.high)

    def edge(self, value: Setting) -> str:
        """Return at which edge of the range a number lies, in words; empty for one in the middle and for choices."""
        if self.choices or isinstance(value, bool | str):
            return ""
        share = self.share(value)
        if value in (self.low, self.high) or not EDGE < share < 1 - EDGE:
            return "the low end" if share < 0.5 else "the high end"
        return ""

    def words(self) -> str:
        """Return the dimension as ``--param`` takes it."""
        if self.choices:
            return f"{self.name}={','.join(map(str, self.choices))}"
        low, high = (int(end) if self.whole else end for end in (self.low, self.high))
        return f"{self.name}={low:g}..{high:g}{' log' if self.log else ''}"


@dataclass(frozen=True)
class Space:
    """The settings that are searched, and ``fixed``: those that the user gave one value."""

    dimensions: tuple[Dimension, ...]
    fixed: Mapping[str, Setting]

    @property
    def n_points(self) -> float:
        """How many combinations there are; infinity where a range of fractions is among them."""
        return math.prod(dimension.n_values for dimension in self.dimensions)

    @property
    def continuous(self) -> bool:
        """Whether every dimension is a range of fractions."""
        return all(math.isinf(dimension.n_values) for dimension in self.dimensions)

    def grid(self) -> Iterable[dict[str, Setting]]:
        """Return every combination, the last dimension changing fastest; only for a space that is finite."""
        values: list[Sequence[Setting]] = [
            one.choices or range(int(one.low), int(one.high) + 1) for one in self.dimensions
        ]
        names = [dimension.name for dimension in self.dimensions]
        return (dict(zip(names, combination, strict=True)) for combination in product(*values))

    def holds(self, settings: Mapping[str, Setting]) -> bool:
        """Return whether settings are in the space."""
        return all(dimension.holds(settings[dimension.name]) for dimension in self.dimensions)

    def edges(self, settings: Mapping[str, Setting]) -> list[str]:
        """Return a warning for each setting at the edge of its range."""
        found = [(one, one.edge(settings[one.name])) for one in self.dimensions if one.name in settings]
        return [
            f"{one.name}={settings[one.name]:.{DIGITS}g} is at {edge} of {one.words()}; a wider range may have better"
            for one, edge in found
            if edge
        ]


def search_space(model: ModelSpec, given: Sequence[str], only: Sequence[str]) -> Space:
    """Return the space of a model: the ranges of its settings, those in ``given`` narrowed.

    ``given``: ``C=1..100 log``, ``weights=uniform,distance`` or, to fix one, ``k=3``. ``only``: the settings that are
    searched (all); the others stay at their defaults. Raises ``BenchError``.
    """
    own = _given(model, given)
    for name in only:
        _check_name(model, name)
    searched, fixed = [], {}
    for name, param in model.settings.items():
        text = own.get(name)
        if text is None:
            dimension = None if only and name not in only else _whole_range(name, param)
        else:
            dimension = _narrowed(model, name, param, text)
        if dimension and dimension.n_values == 1:
            fixed[name] = dimension.choices[0] if dimension.choices else param.check(_number(dimension.low, param))
        elif dimension:
            searched.append(dimension)
    if not searched:
        raise BenchError(f"{model.name} has nothing to tune; give a range, as --param 'NAME=1..100 log'")
    return Space(tuple(searched), fixed)


def _given(model: ModelSpec, given: Sequence[str]) -> dict[str, str]:
    own: dict[str, str] = {}
    for text in given:
        name, is_given, values = (part.strip() for part in text.partition("="))
        if not is_given or not values:
            raise BenchError(f"--param '{text}' should be a range, as 'C=1..100 log', or values, as 'k=1,3,5'")
        _check_name(model, name)
        if name in own:
            raise BenchError(f"--param {name} is given twice")
        own[name] = values
    return own


def _check_name(model: ModelSpec, name: str) -> None:
    if name not in model.settings:
        raise BenchError(f"{model.name} has no setting '{name}'; it has: {', '.join(model.settings) or 'none'}")


def _whole_range(name: str, param: Param) -> Dimension | None:
    """Return the dimension of a setting that the user says nothing of; None where it has no range to search."""
    if isinstance(param.default, bool):
        return Dimension(name, choices=(False, True))
    if param.choices:
        return Dimension(name, choices=tuple(param.choices))
    if isinstance(param.default, str) or param.low is None or param.high is None:
        return None
    return Dimension(name, isinstance(param.default, int), param.low, param.high, param.log)


def _narrowed(model: ModelSpec, name: str, param: Param, text: str) -> Dimension:
    """Return the dimension that ``--param`` asks for; raises ``BenchError`` unless all of it is allowed."""
    kind = type(param.default)
    found = RANGE.fullmatch(text) if kind in (int, float) else None
    values = [found["low"], found["high"]] if found else [part.strip() for part in text.split(",")]
    try:
        checked = tuple(param.check(read_setting(value.strip(), kind)) for value in values)
    except ValueError as error:
        raise BenchError(f"{model.name}[{name}] {error}") from None
    if not found:
        if len(set(checked)) < len(checked):
            raise BenchError(f"--param '{name}={text}' gives a value twice")
        return Dimension(name, choices=checked)
    low, high = (float(value) for value in checked)
    log = bool(found["log"]) or (param.log and low > 0)
    if low > high:
        raise BenchError(f"--param '{name}={text}' has its ends the wrong way round")
    if log and low <= 0:
        raise BenchError(f"--param '{name}={text}' should begin above 0 to be searched on a logarithmic scale")
    if low == high:
        return Dimension(name, choices=checked[:1])
    return Dimension(name, kind is int, low, high, log)


def _number(value: float, param: Param) -> Setting:
    return int(value) if isinstance(param.default, int) else value
