"""``bench.py compare-models``: explains how two rows of a run differ."""

from __future__ import annotations

from argparse import Namespace

from benchmarks.catalog.catalog import read_catalog
from benchmarks.catalog.selection import row_name
from benchmarks.records.dataset_file import dataset_named
from benchmarks.records.store import ResultStore
from benchmarks.report.comparison.pair import explain


def compare_models(options: Namespace) -> int:
    """Print how two rows of a run differ, and whether it is more than chance."""
    dataset = dataset_named(options.results_dir, options.run, options.dataset)
    catalog = read_catalog(options.plugins)
    rows = (row_name(name, catalog) for name in (options.first, options.second))
    print(explain(ResultStore(options.results_dir, options.run, dataset), *rows))
    return 0
