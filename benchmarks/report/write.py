"""Writes every report of a run on one dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from benchmarks.common.atomic_files import write_all
from benchmarks.datasets.spec import Images
from benchmarks.records.store import ResultStore
from benchmarks.report.data.findings import Findings, read_findings
from benchmarks.report.data.mistakes import shown_images
from benchmarks.report.data.pictures import IMAGES_FILE, pictures_or_damage, store_pictures
from benchmarks.report.data.studies import read_studies
from benchmarks.report.html.page import as_html
from benchmarks.report.text.table import as_csv, as_markdown


def write_reports(store: ResultStore, families: Mapping[str, str], images: Images | None = None) -> Findings:
    """Rebuild LEADERBOARD.md, leaderboard.csv and report.html from what is stored; return the findings.

    ``images``, where available, provide the few that the report shows, which are stored for the next time.
    Reading and writing happen under the folder's lock, so that of two benches that end together
    neither writes a leaderboard without the other's rows.
    """
    with store.locked():
        findings = read_findings(store, families)
        if images:
            store_pictures(store, images, shown_images(findings))
        pictures, damage = pictures_or_damage(store)
        if damage:
            findings = replace(findings, damaged=[*findings.damaged, f"{IMAGES_FILE} ({damage})"])
        studies = read_studies(store.folder)
        findings = replace(findings, damaged=[*findings.damaged, *studies.damaged])
        page = as_html(findings, pictures, families, studies)
        texts = {
            "leaderboard.csv": as_csv(findings.board),
            "LEADERBOARD.md": as_markdown(findings),
            "report.html": page,
        }
        write_all({store.folder / name: text.encode() for name, text in texts.items()})
    return findings
