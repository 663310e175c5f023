"""Errors of the command line name the option, and what it accepts."""

from __future__ import annotations

import pytest

from benchmarks.cli.parser import parse


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--seeds", "x"], "--seeds 'x' should be a whole number above 0;"),
        (["--models"], "--models needs a value;"),
        (["--modles", "knn"], "there is no option --modles here; did you mean --models or --keep-models?"),
        (["--models", "knn", "svm"], "there is no argument svm here;"),
        (["tune", "knn", "--sampler", "tp"], "--sampler 'tp' should be one of tpe, random, grid, cma-es;"),
        (["report", "--run", "x"], "there is no option --run here; RUN is given without it: bench.py report RUN;"),
        (
            ["predict", "--run", "x", "knn", "1.png"],
            "there is no option --run here; RUN is given without it: bench.py predict RUN MODEL IMAGE;",
        ),
        (["tune"], "MODEL is missing;"),
        (["report", "--format", "bmp"], "--format 'bmp' should be one of png, svg, latex, csv, or nothing;"),
    ],
)
def test_an_error_names_the_option_and_what_it_accepts(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exited:
        parse(words)
    usage, _, said = capsys.readouterr().err.rpartition("bench.py: ")
    assert exited.value.code == 2 and said.startswith(message) and said.count("\n") == 1
    assert "--plugin FILE" in usage and f"'bench.py {words[0] if words[0][0] != '-' else 'run'} --help' tells" in said
