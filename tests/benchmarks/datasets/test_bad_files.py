"""Invalid user data in every format: a one-line message, exit code 2, and nothing written."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import bench
from benchmarks.datasets.readers import idx_files, npz
from benchmarks.datasets.readers.idx import read_uncompressed
from benchmarks.datasets.readers.tables import parquet, pixel_table
from tests.benchmarks.datasets.bad_files import INVALID, SMALL, TRAIN
from tests.benchmarks.datasets.helpers import error_message
from tests.benchmarks.datasets.sample_files import write_npz


@pytest.fixture(autouse=True)
def _small_limits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for module in (idx_files, npz, pixel_table):
        monkeypatch.setattr(module, "read_uncompressed", partial(read_uncompressed, largest=SMALL))
    for module in (npz, parquet):
        monkeypatch.setattr(module, "LARGEST", SMALL)
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(("kind", "fault"), [(kind, fault) for kind, faults in INVALID.items() for fault in faults])
def test_one_line_exit_code_2_and_nothing_written(
    kind: str, fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message, write = INVALID[kind][fault]
    path = write(tmp_path / "data")
    results = tmp_path / "results"
    assert bench.main(["--dataset", str(path), "--models", "dummy", "--results-dir", str(results)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and len(err.splitlines()) == 1, out + err
    assert err.startswith("bench.py: ") and message in err
    assert str(tmp_path) in err, "the message does not name the file"
    assert not results.exists()


class Payload:
    """Creates a folder when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("place", ["images", "labels"])
def test_a_pickle_in_an_npz_file_is_never_loaded(place: str, tmp_path: Path) -> None:
    harmful = np.array([Payload(tmp_path / "harmed")] * 36, dtype=object)
    arrays = (harmful, TRAIN[1]) if place == "images" else (TRAIN[0], harmful)
    path = write_npz(tmp_path / "data.npz", arrays)
    assert "never loaded" in error_message(lambda: npz.read_npz(path))
    assert not (tmp_path / "harmed").exists()
    with np.load(path, allow_pickle=True) as loaded:  # the payload itself works
        assert loaded["x_train" if place == "images" else "y_train"] is not None
    assert (tmp_path / "harmed").exists()
