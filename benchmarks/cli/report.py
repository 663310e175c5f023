"""``bench.py report``: writes the reports of a run again."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping

from benchmarks.catalog.catalog import read_catalog
from benchmarks.cli.run import leaderboard_text
from benchmarks.common.errors import BenchError
from benchmarks.records.dataset_file import dataset_named, datasets_of
from benchmarks.records.store import ResultStore
from benchmarks.report.data.findings import read_findings
from benchmarks.report.data.pictures import read_pictures
from benchmarks.report.files import write_files
from benchmarks.report.text.table import warnings
from benchmarks.report.write import write_reports


def report(options: Namespace) -> int:
    """Rebuild the reports of every dataset of a run, or of one, and write figures and tables in the formats asked for.

    A dataset that cannot be reported on does not keep the others from it. With ``--machine`` its leaderboard is printed
    instead, and figures and tables show what was measured there.
    """
    families = {name: spec.family for name, spec in read_catalog(options.plugins).models.items()}
    exit_code = 0
    root, run = options.results_dir, options.run
    for dataset in [dataset_named(root, run, options.dataset)] if options.dataset else datasets_of(root, run):
        try:
            _report(ResultStore(root, run, dataset), families, options)
        except BenchError as error:
            print(f"bench.py: {error}", file=sys.stderr)
            exit_code = 2
    return exit_code


def _report(store: ResultStore, families: Mapping[str, str], options: Namespace) -> None:
    if options.machine is None:
        findings = write_reports(store, families)
        print("\n".join([*warnings(findings), str(store.folder / "report.html")]))
    else:
        findings = read_findings(store, families, machine=options.machine)
        print(f"{store.dataset}\n{leaderboard_text(findings)}")
    if options.format:
        folders = write_files(findings, read_pictures(store), store.folder, options.format)
        print("\n".join(map(str, folders)))
