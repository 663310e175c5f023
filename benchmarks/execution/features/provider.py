"""The bench's side of feature matrices: each is computed once, whoever asks for it first, and checked ever after."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.execution.executor import Ending
from benchmarks.execution.features.cache import FeatureCache, FeatureFiles, cache_key
from benchmarks.execution.protocol import Request
from benchmarks.provenance.environment import machine_environment
from benchmarks.records.trial import TEST

Computed = tuple[Ending, FeatureFiles | None]


@dataclass(frozen=True)
class Provided:
    """Feature matrices for a trial, or ``ending``, why there are none. ``cached``: they were not computed now."""

    ending: Ending
    files: FeatureFiles | None
    cached: bool


@dataclass(frozen=True)
class FeatureProvider:
    """Gives trials their matrices. What fails in itself, and was not merely stopped, is not tried again."""

    cache: FeatureCache
    _locks: defaultdict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))
    _failed: dict[str, Ending] = field(default_factory=dict)

    def provide(self, request: Request, compute: Callable[[], Computed]) -> Provided:
        """Return the matrices that a trial needs; others that need the same wait while they are computed."""
        key = key_of(request)
        with self._locks[key]:
            if key in self._failed:
                return Provided(self._failed[key], None, cached=True)
            if files := self.cache.load(key):
                return Provided(Ending("ok", "", 0.0, 0.0), files, cached=True)
            ending, files = compute()
            if files is None and ending.status in ("failed", "out-of-memory", "timeout"):
                self._failed[key] = ending
            return Provided(ending, self.cache.save(key, files) if files else None, cached=False)


def key_of(request: Request) -> str:
    """Return the name under which the matrices of a trial are cached."""
    trial = request.trial
    marks = ", contended" * request.contended + ", network" * request.network
    conditions = f"{machine_environment().machine_id}, {request.threads} threads{marks}"
    drawn = "all" if trial.train_size is None else f"{trial.train_size} by seed {trial.seed}"
    data = [*(request.data[name] for name in ("train", "validation", TEST)), drawn]
    return cache_key(trial.features, request.pipeline_hash, conditions, data)
