"""The code of the baseline, from git's history."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.common.paths import ROOT


@contextmanager
def baseline_code(commit: str | None) -> Iterator[Path | None]:
    """Yield a temporary folder with the code of a commit; None if git does not have it."""
    archive = _archive(commit) if commit else None
    if archive is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(folder, filter="data")
        yield Path(folder)


def _archive(commit: str) -> bytes | None:
    call = ["git", "archive", "--format=tar", commit]
    try:
        return subprocess.run(call, cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
