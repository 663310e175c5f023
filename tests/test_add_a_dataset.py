"""The commands of docs/add-a-dataset.md run as written."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli_helpers import leaderboard
from tests.conftest import ROOT

GUIDE = (ROOT / "docs" / "add-a-dataset.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_following_the_guide_to_datasets(environment: dict[str, str], tmp_path: Path) -> None:
    for name, code in re.findall(r"```python\n# (\S+)\n(.*?)```", GUIDE, re.DOTALL):
        (tmp_path / name).write_text(code)
    output = ""
    for words in map(shlex.split, re.findall(r"^    python (.*)$", GUIDE, re.MULTILINE)):
        command = [sys.executable, *words]
        if words[0] == "bench.py":
            command[1] = os.fspath(ROOT / "bench.py")
            command += ["--results-dir", os.fspath(tmp_path / "results")]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=200, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        output += done.stdout
    assert "CAREFUL" not in output
    for expected in re.findall(
        r"^    (polarity: .*|no test set .*|images: .*|exact duplicates: .*)$", GUIDE, re.MULTILINE
    ):
        assert expected in output
    assert (tmp_path / "results" / "local" / "letters" / "images.png").is_file()
    for dataset in ("letters", "stripes"):
        rows = leaderboard(tmp_path / "results", dataset)
        assert rows and all(float(row["accuracy"]) > 0.8 for row in rows.values()), rows
    assert re.search(r"stripes +vertical and horizontal stripes +available locally \(generated\)", output)
