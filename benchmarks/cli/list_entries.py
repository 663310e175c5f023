"""``bench.py list``: what there is, and what is missing."""

from __future__ import annotations

from argparse import Namespace

from benchmarks.catalog.catalog import load_catalog
from benchmarks.cli.listing import as_text, describe
from benchmarks.common.paths import cache_folder
from benchmarks.datasets.registry import data_places


def list_entries(options: Namespace) -> int:
    """Print the registries."""
    import json

    cache = cache_folder()
    listing = describe(load_catalog(options.plugins), data_places(options.data_dir, cache), cache / "features")
    print(json.dumps(listing, indent=1) if options.json else as_text(listing))
    return 0
