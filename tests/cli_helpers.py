"""Helpers for tests of the real command."""

from __future__ import annotations

import csv
import json
import shutil
import time
from pathlib import Path

import psutil

from tests.conftest import ROOT

TRIAL = "/trial-"  # in the name of the folder that a worker runs in
HOSTILE = str(ROOT / "tests" / "plugins" / "hostile.py")


QUICK = ("--dataset", "digits", "--features", "pixels")


def leaderboard(results: Path, dataset: str = "digits", run: str = "local") -> dict[str, dict[str, str]]:
    with (results / run / dataset / "leaderboard.csv").open(newline="") as file:
        return {f"{row['model']}@{row['features']}": row for row in csv.DictReader(file)}


def records(results: Path) -> dict[str, dict[str, object]]:
    return {path.stem: json.loads(path.read_text()) for path in results.glob("local/*/trials/*.json")}


def copied_dataset(folder: Path, name: str) -> None:
    """Copy a run's folder of a dataset, as if the run had the same results on another one."""
    copy = shutil.copytree(folder, folder.with_name(name))
    for path in copy.glob("trials/*.json"):
        path.write_text(path.read_text().replace(f'"dataset": "{folder.name}"', f'"dataset": "{name}"'))


def workers_left(tmp_path: Path) -> list[str]:
    """Return the worker and cleanup processes of this test; others may be running on the machine."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        line, folder = " ".join(process.info["cmdline"] or []), process.info["cwd"] or ""
        cleans_up = "processes.orphan_cleanup" in line and str(tmp_path) in line
        if cleans_up or (TRIAL in folder and folder.startswith(str(tmp_path))):
            found.append(f"{folder}: {line}")
    return found


def wait_for_worker(tmp_path: Path) -> None:
    for _ in range(200):
        if any(TRIAL in line.partition(":")[0] for line in workers_left(tmp_path)):
            return
        time.sleep(0.05)
    raise AssertionError("no worker started")
