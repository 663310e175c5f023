"""``make setup`` mends what an interrupted one left."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

PYTHON = """#!/bin/sh
echo "python $*" >> log
[ "$1 $2" = "-m venv" ] || exit 1
rm -rf .venv && mkdir -p .venv/bin
printf '#!/bin/sh\\necho pip >> log\\n[ ! -e no-network ]\\n' > .venv/bin/pip
printf '#!/bin/sh\\n[ -e .venv/installed ]\\n' > .venv/bin/python
chmod +x .venv/bin/*
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    if not shutil.which("make"):
        pytest.skip("needs make")
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "python").write_text(PYTHON)
    (tmp_path / "python").chmod(0o755)
    return tmp_path


def setup(checkout: Path) -> tuple[int, list[str]]:
    """Run ``make setup``; return its exit code and what it carried out."""
    (checkout / "log").write_text("")
    done = subprocess.run(["make", "setup", "PYTHON=./python"], cwd=checkout, capture_output=True, check=False)
    return done.returncode, (checkout / "log").read_text().splitlines()


NEW = ["python -m venv --clear .venv", "pip"]


def test_it_is_made_once(checkout: Path) -> None:
    assert setup(checkout) == (0, NEW)
    assert setup(checkout) == (0, [])


def test_after_an_interruption_it_is_made_anew(checkout: Path) -> None:
    (checkout / "no-network").touch()
    assert setup(checkout) == (2, NEW)
    (checkout / "no-network").unlink()
    assert setup(checkout) == (0, NEW)


def test_with_another_python_it_is_made_anew(checkout: Path) -> None:
    assert setup(checkout) == (0, NEW)
    (checkout / ".venv/bin/python").write_text("#!/bin/sh\nexit 1\n")
    assert setup(checkout) == (0, NEW)


def test_an_interrupted_upgrade_is_not_taken_for_done(checkout: Path) -> None:
    assert setup(checkout) == (0, NEW)
    later = (checkout / ".venv/installed").stat().st_mtime + 1
    os.utime(checkout / "constraints.txt", (later, later))
    (checkout / "no-network").touch()
    assert setup(checkout) == (2, NEW)
    assert not (checkout / ".venv/installed").exists()
