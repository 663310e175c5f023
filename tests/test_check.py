"""``bench.py check``, as a command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT, Bench

PLUGINS = ROOT / "tests" / "plugins"
FAILING = str(PLUGINS / "failing_models.py")
INVALID_SPEC = """\
from models.spec import ModelSpec

MODELS = (ModelSpec("mine", "f", "s", print, features=("pixel",)),)
"""


def test_a_model_that_passes_gets_a_line_per_check(bench: Bench) -> None:
    done = bench("check", "careful", "--plugin", FAILING)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall("^  ✓ ", done.stdout, re.M)) == 12 and "✗" not in done.stdout
    assert "  – reports progress: it reports no progress" in done.stdout
    assert done.stderr == ""


def test_a_crash_or_a_hang_fails_the_check_and_the_next_are_run(bench: Bench) -> None:
    done = bench("check", "crashes-and-hangs", "--plugin", FAILING, "--timeout", "4")
    assert done.returncode == 1, done.stderr
    assert "✗ accepts a class missing from the training set: the process left with exit code 7" in done.stdout
    assert "✗ accepts images of 8×8, 32×20 and 64×64: not done after 4 s (--timeout)" in done.stdout
    assert "✓ can be saved and loaded" in done.stdout and "10 passed, 2 failed\n" in done.stdout


@pytest.mark.slow
def test_features_and_datasets_of_a_file_are_checked(bench: Bench) -> None:
    for file, names in (("example_features.py", ("profiles", "eigenimages")), ("example_dataset.py", ("stripes",))):
        done = bench("check", str(PLUGINS / file))
        assert done.returncode == 0, done.stdout + done.stderr
        assert all(f"{name}, a " in done.stdout for name in names) and "✗" not in done.stdout


def test_an_invalid_spec_fails_its_check(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(INVALID_SPEC)
    done = bench("check", "mine.py")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "✗ spec is valid: model 'mine': no feature pipeline is named 'pixel'" in done.stdout
    assert "not run" in done.stdout


def test_a_model_that_cannot_be_checked_does_not_pass(bench: Bench, tmp_path: Path) -> None:
    text = INVALID_SPEC.replace("pixel", "pixels").replace(",)),)", ",), requires=('no_such_library',)),)")
    (tmp_path / "mine.py").write_text(text)
    done = bench("check", "mine.py")
    assert done.returncode == 1 and "cannot be checked here: needs no_such_library; install with" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere.py",), "there is no such file"),
        (("svm-rfb",), "did you mean svm-rbf"),
        (("knn[j=3]",), "knn has no setting 'j'"),
        (("knn", "--timeout", "0"), "number above 0"),
    ],
)
def test_bad_input_gets_one_clear_line(bench: Bench, arguments: tuple[str, ...], message: str) -> None:
    done = bench("check", *arguments)
    assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr
    assert done.stdout == ""
