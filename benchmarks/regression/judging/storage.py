"""Stored passes over the benchmarks, as pytest-benchmark writes them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.common.errors import BenchError
from benchmarks.regression.judging.judge import Timed, Turn
from benchmarks.regression.judging.reference_kernel import PROTOCOL
from benchmarks.regression.judging.rounds import name_and_turn


@dataclass(frozen=True)
class Passes:
    """The turns of all passes over one state of the code.

    ``machine`` and ``packages`` are as ``environment.describe`` gives them; Python counts as a package.
    ``commit``: what git calls that state; None where it knows none that is the same.
    """

    name: str
    turns: tuple[Turn, ...]
    machine: str
    packages: Mapping[str, str]
    commit: str | None = None

    def of_files(self, files: Sequence[str]) -> Passes:
        """Return the benchmarks of these files alone; without files, all."""
        kept = [
            {name: timed for name, timed in one.items() if not files or name.partition("::")[0] in files}
            for one in self.turns
        ]
        return replace(self, turns=tuple(kept))


def read_pass(path: Path) -> Passes:
    """Return what one file of pytest-benchmark holds; raises ``BenchError`` if the suite did not write it."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        machine = stored["machine_info"]
        turns: dict[str, dict[str, Timed]] = defaultdict(dict)
        for entry in stored["benchmarks"]:
            if entry["extra_info"]["protocol"] != PROTOCOL:
                message = "was stored by another version of the suite; 'make regress-save' stores anew"
                raise BenchError(f"{path} {message}")
            name, turn = name_and_turn(entry["fullname"])
            turns[turn][name] = _timed(entry["extra_info"])
        packages = {"python": machine["python"], **machine["packages"]}
        commit = stored["commit_info"]["id"] if stored["commit_info"]["dirty"] is False else None
        return Passes(path.stem, tuple(turns.values()), machine["machine_id"], packages, commit)
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path} is no file that 'make regress-save' stored ({type(error).__name__}: {error})"
        raise BenchError(message) from error


def read_stored(path: Path) -> Passes:
    """Return a stored file together with the other passes that were stored with it, under the same name."""
    if not path.is_file():
        raise BenchError(f"there is no file {path}")
    found = [read_pass(one) for one in sorted(path.parent.glob(f"[0-9]*_{_label(path)}.json")) or [path]]
    turns = tuple(turn for one in found for turn in one.turns)
    commits = {one.commit for one in found}
    return replace(found[0], name=_label(path), turns=turns, commit=found[0].commit if len(commits) == 1 else None)


def last_stored(storage: Path, machine: str) -> Passes | None:
    """Return what was stored last, on this kind of machine if anything was; None without any."""
    newest_first: Sequence[Path] = sorted(storage.glob("*/[0-9]*_*.json"), key=_label, reverse=True)
    of_machine = [path for path in newest_first if _machine(path) == machine]
    return read_stored((of_machine or newest_first)[0]) if newest_first else None


def _machine(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))["machine_info"]["machine_id"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _label(path: Path) -> str:
    """Return the name that was given to the passes; pytest-benchmark puts a number before it."""
    return path.stem.partition("_")[2] or path.stem


def _timed(figures: Mapping[str, Any]) -> Timed:
    return Timed(min(figures["cpu_s"]) / min(figures["kernel_cpu_s"]), figures.get("accuracy"))
