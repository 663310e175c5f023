"""Names, paths and files of any length on the command line: one line that says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import LONGEST_MESSAGE, main

LONG = "x" * 10_000
COMMANDS = {
    "a run": ("--models", "dummy", "--dataset", "digits", "--run", LONG),
    "a stored run": ("report", LONG),
    "a dataset": ("--models", "dummy", "--dataset", LONG),
    "a model": ("--models", LONG, "--dataset", "digits"),
    "a plug-in": ("--plugin", LONG, "--models", "dummy"),
    "a folder of data": ("--models", "dummy", "--data-dir", LONG),
    "a folder of results": ("report", "--results-dir", LONG),
    "a run to predict with": ("predict", LONG, "knn", "x.png"),
    "a run to compare": ("compare", LONG, "local"),
    "a study": ("tune", "knn@hog", "--dataset", "digits", "--study", LONG),
    "an entry": ("list", LONG),
}


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(words) == 2
    line = capsys.readouterr().err
    assert line.startswith("bench.py: ") and line.count("\n") == 1 and len(line) < LONGEST_MESSAGE + 100
    return line


@pytest.mark.parametrize("command", COMMANDS)
def test_a_name_of_ten_thousand_characters_is_one_line(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, *COMMANDS[command])


@pytest.mark.parametrize("name", ["DIGITBENCH_DATA", "DIGITBENCH_CACHE"])
def test_so_is_an_environment_variable(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(name, f"/{LONG}")
    said(capsys, "--models", "dummy", "--dataset", "mnist", "--results-dir", str(tmp_path))


def test_files_of_a_gigabyte_are_not_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name in ("plugin.py", "cluster.yaml"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(1 << 30)
    run = ("--models", "dummy", "--dataset", "digits", "--results-dir", str(tmp_path))
    assert "at most 16 MiB" in said(capsys, "--plugin", str(tmp_path / "plugin.py"), *run)
    pytest.importorskip("distributed")
    assert "larger than 1 MiB" in said(capsys, "--cluster", f"{tmp_path / 'cluster.yaml'}:2", *run)
