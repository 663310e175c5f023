"""The real command where names, encodings and folders are not the usual ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.datasets.sample_files import png, some_images
from tests.conftest import ROOT

RUN = ("--models", "knn", "--features", "pixels")


def odd_images(root: Path) -> Path:
    """Write classes whose names are not ASCII, one not UTF-8, and a blank image with a name of control characters."""
    images, labels = some_images(45)
    for i, (image, label) in enumerate(zip(images, labels, strict=True)):
        place = os.fsencode(root) + b"/" + ("é".encode(), "字".encode(), b"caf\xe9")[label]
        Path(os.fsdecode(place)).mkdir(parents=True, exist_ok=True)
        Path(os.fsdecode(place + b"/%d.png" % i)).write_bytes(png(image))
    (root / "é" / os.fsdecode(b"\xff\n\x1b[31m.png")).write_bytes(png(images[0] * 0 + 7))
    return root


def run(script: Path, environment: dict[str, str], folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, str(script), *words]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, timeout=120)


def test_a_run_in_the_oddest_of_places(environment: dict[str, str], tmp_path: Path) -> None:
    """The path of the checkout has a colon and is not UTF-8, the output is ASCII, and there is no home folder."""
    checkout = tmp_path / os.fsdecode(b"a:b \xe9")
    for name in ("benchmarks", "models", "features"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "bench.py", checkout)
    environment |= {"PYTHONIOENCODING": "ascii", "PYTHONSAFEPATH": "1", "HOME": "/proc/none"}
    odd_images(tmp_path / os.fsdecode(b"d\xe4ta"))
    for reused in (False, True):
        words = (*RUN, "--dataset", os.fsdecode(b"d\xe4ta"), "--results-dir", "r")
        done = run(checkout / "bench.py", environment, tmp_path, *words)
        assert done.returncode == 0 and not done.stderr, done.stderr
        assert rb"\xff\n\x1b[31m.png: every pixel is 7" in done.stdout
        assert (b"ok, reused" in done.stdout) == reused
    (report,) = (tmp_path / "r").rglob("report.html")
    assert "字" in report.read_text("utf-8")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("command", ["list", "--help", "list --json"])
def test_what_is_printed_can_be_printed(
    command: str, encoding: str, environment: dict[str, str], tmp_path: Path
) -> None:
    environment["PYTHONIOENCODING"] = encoding
    done = run(ROOT / "bench.py", environment, tmp_path, *command.split())
    assert done.returncode == 0 and not done.stderr and done.stdout


@pytest.mark.slow
def test_the_c_locale_reads_names_as_utf_8(environment: dict[str, str], tmp_path: Path) -> None:
    environment |= {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    odd_images(tmp_path / "data")
    done = run(ROOT / "bench.py", environment, tmp_path, *RUN, "--dataset", "data", "--results-dir", "r")
    assert done.returncode == 0, done.stderr
    (report,) = (tmp_path / "r").rglob("report.html")
    assert "字" in report.read_text("utf-8")


def test_a_home_folder_that_does_not_exist_is_one_line(environment: dict[str, str], tmp_path: Path) -> None:
    done = run(ROOT / "bench.py", environment, tmp_path, *RUN, "--dataset", "~no-such-user/images")
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and b"no such home" in done.stderr
