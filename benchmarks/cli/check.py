"""``bench.py check``: which requirements does a model, a feature pipeline or a dataset meet?"""

from __future__ import annotations

import os
from argparse import Namespace

from benchmarks.common.paths import cache_folder
from benchmarks.conformance.run import CheckRun
from benchmarks.datasets.registry import data_places
from benchmarks.execution.processes.supervisor import Limits, default_memory_gb


def check(options: Namespace) -> int:
    """Print the result of each check."""
    places = data_places(options.data_dir, cache_folder())
    limits = Limits(options.timeout, options.memory or default_memory_gb(jobs=1), threads=min(2, os.cpu_count() or 1))
    return CheckRun(options.what, options.plugins, options.weights, places, limits, options.allow_network).execute()
