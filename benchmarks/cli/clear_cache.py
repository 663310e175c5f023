"""``bench.py clear-cache``: deletes every cached feature matrix."""

from __future__ import annotations

from argparse import Namespace

from benchmarks.common.paths import cache_folder, size_of
from benchmarks.execution.features.cache import FeatureCache


def clear_cache(options: Namespace) -> int:
    """Delete the cache, and say how large it was."""
    cache = FeatureCache(cache_folder() / "features")
    print(f"deleting {size_of(cache.folder) / 2**20:,.0f} MiB in {cache.folder}")
    cache.clear()
    return 0
