"""``bench.py new-model``: writes a starting file for a model."""

from __future__ import annotations

from argparse import Namespace

from benchmarks.catalog.new_model import write_new_model


def new_model(options: Namespace) -> int:
    """Write the file, and print what to do next."""
    print(write_new_model(options.file))
    return 0
