"""``bench.py report``: writes the reports of a run again."""

from __future__ import annotations

from argparse import Namespace

from benchmarks.catalog.catalog import load_catalog
from benchmarks.records.dataset_file import datasets_of
from benchmarks.records.store import ResultStore
from benchmarks.report.data.pictures import read_pictures
from benchmarks.report.files import write_files
from benchmarks.report.text.table import warnings
from benchmarks.report.write import write_reports


def report(options: Namespace) -> int:
    """Rebuild the reports of every dataset of a run, and write figures and tables in the formats asked for."""
    families = {name: spec.family for name, spec in load_catalog(options.plugins).models.items()}
    for dataset in datasets_of(options.results_dir, options.run):
        store = ResultStore(options.results_dir, options.run, dataset)
        findings = write_reports(store, families)
        print("\n".join([*warnings(findings), str(store.folder / "report.html")]))
        if options.format:
            folders = write_files(findings, read_pictures(store), store.folder, options.format)
            print("\n".join(map(str, folders)))
    return 0
