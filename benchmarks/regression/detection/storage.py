"""Stored benchmark results, in pytest-benchmark's format."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.common.errors import BenchError
from benchmarks.regression.detection.calibration import PROTOCOL
from benchmarks.regression.detection.detect import Repetition, Sample
from benchmarks.regression.detection.repetitions import name_and_repetition


@dataclass(frozen=True)
class BenchmarkResults:
    """The repetitions of all passes over one version of the code.

    ``machine`` and ``packages`` are those of ``environment.describe``, Python included as a package.
    ``commit``: the git commit; None if the code had uncommitted changes.
    """

    name: str
    repetitions: tuple[Repetition, ...]
    machine: str
    packages: Mapping[str, str]
    commit: str | None = None

    def of_files(self, files: Sequence[str]) -> BenchmarkResults:
        """Return the benchmarks of these files only; without files, all."""
        selected = [
            {name: sample for name, sample in one.items() if not files or name.partition("::")[0] in files}
            for one in self.repetitions
        ]
        return replace(self, repetitions=tuple(selected))


def read_pass(path: Path) -> BenchmarkResults:
    """Read one file of pytest-benchmark; raises ``BenchError`` if this suite did not write it."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        machine = stored["machine_info"]
        repetitions: dict[str, dict[str, Sample]] = defaultdict(dict)
        for entry in stored["benchmarks"]:
            if entry["extra_info"]["protocol"] != PROTOCOL:
                message = "was stored by another version of the suite; run 'make regress-save'"
                raise BenchError(f"{path} {message}")
            name, repetition = name_and_repetition(entry["fullname"])
            repetitions[repetition][name] = _sample(entry["extra_info"])
        packages = {"python": machine["python"], **machine["packages"]}
        commit = stored["commit_info"]["id"] if stored["commit_info"]["dirty"] is False else None
        return BenchmarkResults(path.stem, tuple(repetitions.values()), machine["machine_id"], packages, commit)
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path} was not stored by 'make regress-save' ({type(error).__name__}: {error})"
        raise BenchError(message) from error


def read_baseline(path: Path) -> BenchmarkResults:
    """Read a stored file and the other passes that were stored under the same name."""
    if not path.is_file():
        raise BenchError(f"there is no file {path}")
    found = [read_pass(one) for one in sorted(path.parent.glob(f"[0-9]*_{_label(path)}.json")) or [path]]
    repetitions = tuple(repetition for one in found for repetition in one.repetitions)
    commits = {one.commit for one in found}
    return replace(
        found[0], name=_label(path), repetitions=repetitions, commit=found[0].commit if len(commits) == 1 else None
    )


def latest_baseline(storage: Path, machine: str) -> BenchmarkResults | None:
    """Return the latest baseline, preferably of this kind of machine; None if there is none."""
    newest_first: Sequence[Path] = sorted(storage.glob("*/[0-9]*_*.json"), key=_label, reverse=True)
    of_machine = [path for path in newest_first if _machine(path) == machine]
    return read_baseline((of_machine or newest_first)[0]) if newest_first else None


def _machine(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))["machine_info"]["machine_id"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _label(path: Path) -> str:
    """Return the name of the passes, without the number that pytest-benchmark puts before it."""
    return path.stem.partition("_")[2] or path.stem


def _sample(figures: Mapping[str, Any]) -> Sample:
    return Sample(min(figures["cpu_s"]) / min(figures["kernel_cpu_s"]), figures.get("accuracy"))
