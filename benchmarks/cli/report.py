"""``bench.py report``: writes the reports of a run again."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence

from benchmarks.catalog.catalog import read_catalog
from benchmarks.common.errors import BenchError
from benchmarks.records.dataset_file import datasets_of
from benchmarks.records.store import ResultStore
from benchmarks.report.data.pictures import read_pictures
from benchmarks.report.files import write_files
from benchmarks.report.text.table import warnings
from benchmarks.report.write import write_reports


def report(options: Namespace) -> int:
    """Rebuild the reports of every dataset of a run, and write figures and tables in the formats asked for.

    A dataset that cannot be reported on does not keep the others from it.
    """
    families = {name: spec.family for name, spec in read_catalog(options.plugins).models.items()}
    exit_code = 0
    for dataset in datasets_of(options.results_dir, options.run):
        try:
            _report(ResultStore(options.results_dir, options.run, dataset), families, options.format)
        except BenchError as error:
            print(f"bench.py: {error}", file=sys.stderr)
            exit_code = 2
    return exit_code


def _report(store: ResultStore, families: Mapping[str, str], formats: Sequence[str]) -> None:
    findings = write_reports(store, families)
    print("\n".join([*warnings(findings), str(store.folder / "report.html")]))
    if formats:
        folders = write_files(findings, read_pictures(store), store.folder, formats)
        print("\n".join(map(str, folders)))
