"""Stored files damaged at random: every command says which, leaves them out, and never ends in a traceback."""

from __future__ import annotations

import copy
import json
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.api import compare, load_run
from benchmarks.common.errors import BenchError
from benchmarks.inference.saved_model import find_saved_model
from benchmarks.records.store import ResultStore
from benchmarks.report.comparison.pair import explain
from benchmarks.report.data.findings import read_findings
from benchmarks.report.data.pictures import IMAGES_FILE
from benchmarks.report.files import write_files
from benchmarks.report.text.table import warnings
from benchmarks.report.write import write_reports
from tests.many_rows import store_many_rows

SAMPLE, PART = 8, 50
ALL = int(os.environ.get("DAMAGED_FILES", "300"))
WRONG: tuple[Any, ...] = (
    None, True, "text", "", -1, 0, 7, 1.5, 1e308, -1e308, 10**30, 2**63, 2**64 - 1, [], {}, [[]], [None], {"a": 1},
    "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "a\u202eb\x00\n|`$\\alpha_{", "x" * 100_000,
)  # fmt: skip
Change = Callable[[Path, random.Random], str]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of five rows, two with feature maps, one with a saved model; with its reports."""
    root = tmp_path_factory.mktemp("whole")
    store = store_many_rows(root, 5, 60, n_networks=2)
    write_reports(store, {})
    folder = store.folder / "models" / "model-0@pixels-s0"
    folder.mkdir(parents=True)
    (folder / "about.json").write_text('{"image_shape": [28, 28], "plugins": []}')
    return root


# ---- the changes: each returns what it did


def value_of_json(path: Path, chance: random.Random) -> str:
    """Put a wrong value somewhere into a JSON file, or take one out."""
    fields = json.loads(path.read_text())
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        for name in value if isinstance(value, dict) else range(len(value)):
            places.append((value, name))
            if isinstance(value[name], dict | list) and value[name]:
                walk(value[name])

    walk(fields)
    # a list of a thousand labels would else get nearly all of the changes
    by_kind: dict[str, list[tuple[Any, Any]]] = {}
    for inside, name in places:
        by_kind.setdefault(str(name) if isinstance(inside, dict) else "in a list", []).append((inside, name))
    inside, name = chance.choice(by_kind[chance.choice(sorted(by_kind))])
    if isinstance(inside, dict) and chance.random() < 0.2:
        del inside[name]
        done = f"without {name}"
    else:
        inside[name] = copy.deepcopy(chance.choice(WRONG))
        done = f"{name} = {inside[name]!r:.40}"
    path.write_text(json.dumps(fields))
    return done


def number_of_json(path: Path, chance: random.Random) -> str:
    """Change a number a little, or put NaN in its place."""
    text = path.read_text()
    numbers = [i for i, character in enumerate(text) if character in "123456789"]
    i = chance.choice(numbers)
    new = chance.choice(["0", "1", "5", "9", "00", "-", "NaN", "1e999", "1e15", "١"])
    path.write_text(f"{text[:i]}{new}{text[i + 1 :]}")
    return f"{new} at {i}"


def array_of_npz(path: Path, chance: random.Random) -> str:
    """Replace an array of an npz file."""
    with np.load(path) as file:
        arrays = dict(file)
    name = chance.choice(sorted(arrays))
    old = arrays[name]
    new: dict[str, Callable[[], np.ndarray]] = {
        "shorter": lambda: old[:-1],
        "longer": lambda: np.concatenate([old, old]),
        "empty": lambda: old[:0],
        "flat": lambda: old.ravel(),
        "floats": lambda: old.astype(np.float64) + 0.5,
        "text": lambda: old.astype(str),
        "NaN": lambda: np.full(old.shape, np.nan),
        "large": lambda: np.full(old.shape, 10**12),
        "negative": lambda: np.full(old.shape, -1),
        "one more": lambda: old + old.dtype.type(1),
        "reversed": lambda: old[::-1],
        "a number": lambda: np.array(3),
        "infinite": lambda: np.full(old.shape, np.inf),
        "complex": lambda: old.astype(complex),
    }
    kind = chance.choice([*new, "gone"])
    if kind == "gone":
        del arrays[name]
    else:
        arrays[name] = new[kind]()
    np.savez(path, allow_pickle=False, **arrays)
    return f"{name} {kind}"


def content(path: Path, chance: random.Random) -> str:
    """Cut a file, empty it, or flip some of its bytes."""
    body = bytearray(path.read_bytes())
    kind = chance.choice(["cut", "empty", "flipped", "noise", "doubled"])
    if kind == "flipped":
        for _ in range(5):
            body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    new: dict[str, bytes | bytearray] = {
        "cut": body[: chance.randrange(len(body))],
        "empty": b"",
        "flipped": body,
        "noise": chance.randbytes(300),
        "doubled": body + body,
    }
    path.write_bytes(new[kind])
    return kind


def kind_of_file(path: Path, chance: random.Random) -> str:
    """Put something in the place of a file that is none."""
    body = path.read_bytes()
    path.unlink()
    kind = chance.choice(["folder", "link to nothing", "link to itself", "FIFO", "link to a device", "gone", "huge"])
    if kind == "folder":
        path.mkdir()
    elif kind == "FIFO":
        os.mkfifo(path)
    elif kind == "huge":
        with path.open("wb") as file:
            file.write(body)
            file.truncate(1 << 36)
    elif kind != "gone":
        path.symlink_to({"link to nothing": "/nowhere", "link to itself": str(path)}.get(kind, "/dev/zero"))
    return kind


def name_of_file(path: Path, chance: random.Random) -> str:
    """Copy a file over its neighbour's, or beside it under another name."""
    other = chance.choice([*path.parent.glob("*"), path.with_name(f"other{path.suffix}")])
    if other != path:
        shutil.copy(path, other)
    return f"copied to {other.name}"


def changes_for(path: Path) -> list[Change]:
    of_kind: list[Change] = (
        [value_of_json, value_of_json, number_of_json] if path.suffix == ".json" else [array_of_npz] * 3
    )
    return [*of_kind, content, kind_of_file, name_of_file]


def damage(folder: Path, chance: random.Random) -> tuple[Path, str]:
    """Change a stored file; return which and how."""
    kind = chance.choice(["dataset.json", IMAGES_FILE, "trials/*", "trials/*", "predictions/*", "feature_maps/*"])
    path = chance.choice(sorted(folder.glob(kind)))
    change = chance.choice(changes_for(path))
    return path, f"{path.relative_to(folder)}: {change.__name__}, {change(path, chance)}"


# ---- the commands


def report(root: Path) -> list[str]:
    store = ResultStore(root, "local", "digits")
    findings = write_reports(store, {})
    write_files(findings, None, store.folder, ("latex", "csv"))
    return warnings(findings)


def resumed(root: Path) -> list[str]:
    store = ResultStore(root, "local", "digits")
    store.tidy()
    return [
        damage for key in sorted(path.stem for path in store.folder.glob("trials/*")) if (damage := store.damage(key))
    ]


def two_models(root: Path) -> list[str]:
    return explain(ResultStore(root, "local", "digits"), "model-1", "model-2").splitlines()


def loaded(root: Path) -> list[str]:
    one = load_run("local", "digits", results_dir=root)
    one.leaderboard(), one.trials(), one.history(), one.predictions("model-3@pixels")
    return list(one.findings().damaged)


def compared(root: Path) -> list[str]:
    one = load_run("local", "digits", results_dir=root)
    return [str(compare(one, one))]


def predictor(root: Path) -> list[str]:
    return [find_saved_model(root, "local", "model-0").row]


COMMANDS = (report, resumed, two_models, loaded, compared, predictor)


def everything_said(root: Path, done: str, endings: Counter[str]) -> list[str]:
    """Carry out every command; return what they print, each error as one line."""
    said = []
    for command in COMMANDS:
        try:
            said += command(root)
            endings["ended well"] += 1
        except BenchError as error:
            assert "\n" not in str(error) and len(str(error)) < 5000, (done, error)
            said.append(str(error))
            endings["ended with one line"] += 1
        except Exception as error:
            raise AssertionError(f"{done}: {command.__name__} ended in a traceback") from error
    return said


def scores_of(root: Path) -> dict[str, object]:
    """Return the rows' scores, the ones that are exact."""
    try:
        board = read_findings(ResultStore(root, "local", "digits"), {}).board
    except BenchError:
        return {}
    return {
        row.name: tuple(row.values.get(name) for name in ("accuracy", "n_errors", "f1"))
        for row in board.rows
        if row.values
    }


def inject(run: Path, tmp_path: Path, numbers: range) -> Counter[str]:
    """Damage a copy of the run in one way after the other; return how the commands ended."""
    endings: Counter[str] = Counter()
    for number in numbers:
        chance, root = random.Random(number), tmp_path / "damaged"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(run, root)
        folder = root / "local" / "digits"
        path, done = damage(folder, chance)
        said = " ".join(everything_said(root, f"number {number}, {done}", endings))
        assert scores_of(root).items() <= scores_of(run).items(), f"number {number}, {done}: a wrong score is shown"
        endings["named" if path.stem.removesuffix("~2") in said else "not named"] += 1
    print(f"{len(numbers)} damaged files, {len(COMMANDS)} commands each: {dict(endings)}, no traceback")
    return endings


def test_a_sample_of_damaged_files_ends_no_command_in_a_traceback(run: Path, tmp_path: Path) -> None:
    inject(run, tmp_path, range(SAMPLE))


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", range(0, ALL, PART))
def test_damaged_files_end_no_command_in_a_traceback(run: Path, tmp_path: Path, first: int) -> None:
    inject(run, tmp_path, range(first, min(first + PART, ALL)))
