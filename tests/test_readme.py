"""Commands, links and code in the README and docs are valid."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from benchmarks.cli.parser import parse
from tests.conftest import ROOT, Bench

DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
README = DOCS[0].read_text(encoding="utf-8")
COMMANDS = sorted({line for text in DOCS for line in re.findall(r"python bench\.py ([^`\n#]+)", text.read_text())})


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_in_the_docs_can_be_parsed(command: str) -> None:
    words = shlex.split(command.strip())
    if "--help" in words:
        with pytest.raises(SystemExit) as exited:
            parse(words)
        assert exited.value.code == 0
    else:
        assert callable(parse(words))


@pytest.mark.slow
def test_the_model_of_the_readme_runs(bench: Bench, tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    plugin = tmp_path / "my_model.py"
    plugin.write_text(block)
    done = bench("--plugin", str(plugin), "--models", "my-model,dummy", "--dataset", "digits")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"my-model@pixels-s0\s+ok", done.stdout)


@pytest.mark.parametrize("text", DOCS, ids=lambda path: path.name)
def test_every_link_in_the_docs_exists(text: Path) -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)", text.read_text()) if "://" not in link]
    assert [link for link in links if not (text.parent / link).exists()] == []


def test_every_make_target_in_the_docs_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    targets_in_docs = {
        name for text in DOCS for name in re.findall(r"^(?:    )?make ([a-z-]+)", text.read_text(), re.MULTILINE)
    }
    assert targets_in_docs and targets_in_docs <= targets
