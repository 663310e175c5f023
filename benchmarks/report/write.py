"""Writes every report of a run on one dataset."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.report.findings import Findings, read_findings
from benchmarks.report.page import as_html
from benchmarks.report.table import as_csv, as_markdown
from benchmarks.store import ResultStore, write_whole


def write_reports(store: ResultStore, families: Mapping[str, str]) -> Findings:
    """Rebuild LEADERBOARD.md, leaderboard.csv and report.html from what is stored; return what they say.

    Reading and writing happen under the folder's lock, so that of two benches that end together
    neither writes a leaderboard without the other's rows.
    """
    with store.locked():
        findings = read_findings(store, families)
        write_whole(store.folder / "leaderboard.csv", as_csv(findings.board).encode())
        write_whole(store.folder / "LEADERBOARD.md", as_markdown(findings).encode())
        write_whole(store.folder / "report.html", as_html(findings).encode())
    return findings
