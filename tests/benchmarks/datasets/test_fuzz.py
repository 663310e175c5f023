"""For arbitrary bytes in a file, its reader returns images or raises ``BenchError``, never another exception.

The slow tests run for ``DIGITBENCH_FUZZ_S`` seconds each, five minutes by default.
"""

from __future__ import annotations

import os
import pickle
import resource
import tempfile
import time
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.benchmarks.datasets.fuzzing import SEEDS, Seed, changed, good, read

QUICK = 10  # examples of each reader
SLOWEST_S = 20  # to read a file of kilobytes, on a busy machine
MOST_MEMORY = 1 << 30  # bytes that reading may add to what the process holds
SECONDS = float(os.environ.get("DIGITBENCH_FUZZ_S", "300"))


def name_of(seed: Seed) -> str:
    return next(iter(good(seed)))


@pytest.mark.parametrize("kind", SEEDS)
def test_the_seeds_themselves_are_read(kind: str, tmp_path: Path) -> None:
    for seed in SEEDS[kind]:
        for name, content in good(seed).items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(content)
        seed.read(tmp_path)


@pytest.mark.parametrize("kind", SEEDS)
def test_changed_files_raise_only_bench_errors(kind: str, tmp_path: Path) -> None:
    random = Random(kind)
    for _ in range(QUICK):
        seed = random.choice(SEEDS[kind])
        read(seed, changed(seed, random), tmp_path / "data")


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_bytes_raise_only_bench_errors(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    seed = data.draw(st.sampled_from([seed for seeds in SEEDS.values() for seed in seeds]))
    files = {**good(seed), name_of(seed): data.draw(st.binary(max_size=300))}
    read(seed, files, tmp_path_factory.getbasetemp() / "data")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.text(max_size=6), max_size=6), max_size=8))
def test_the_csv_reader_raises_only_bench_errors_on_any_text(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    text = "\n".join(",".join(row) for row in rows)
    seed = SEEDS["csv"][0]
    read(seed, {"train.csv": text.encode("utf-8", "surrogatepass")}, tmp_path_factory.getbasetemp() / "data")


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 120)
@pytest.mark.parametrize("kind", SEEDS)
def test_changed_files_for_five_minutes(kind: str, tmp_path: Path) -> None:
    random = Random(os.environ.get("DIGITBENCH_FUZZ_SEED", kind))
    for seed in SEEDS[kind]:
        read(seed, good(seed), tmp_path / "data")  # imports what reading needs
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        seed = random.choice(SEEDS[kind])
        files = changed(seed, random)
        start = time.monotonic()
        try:
            read(seed, files, tmp_path / "data")
            assert time.monotonic() - start < SLOWEST_S
            assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < MOST_MEMORY
        except Exception:
            (Path(tempfile.gettempdir()) / f"digitbench-fuzz.{kind}").write_bytes(pickle.dumps(files))
            raise
