"""``bench.py check``, from the outside."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT, Bench

PLUGINS = ROOT / "tests" / "plugins"
CARELESS = str(PLUGINS / "failing_models.py")
BROKEN_SPEC = """\
from models.spec import ModelSpec

MODELS = (ModelSpec("mine", "f", "s", print, features=("pixel",)),)
"""


def test_a_model_that_keeps_every_promise_gets_a_line_for_each(bench: Bench) -> None:
    done = bench("check", "careful", "--plugin", CARELESS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall("^  ✓ ", done.stdout, re.M)) == 12 and "✗" not in done.stdout
    assert "  – tells its progress: it does not say how far it is" in done.stdout
    assert done.stderr == ""


def test_a_crash_or_a_hang_is_a_broken_promise_and_the_next_are_tried(bench: Bench) -> None:
    done = bench("check", "crashes-and-hangs", "--plugin", CARELESS, "--timeout", "4")
    assert done.returncode == 1, done.stderr
    assert "✗ tolerates a class that is missing from train: the process left with exit code 7" in done.stdout
    assert "✗ takes images of 8×8 and 32×20 as of 28×28: not done after 4 s (--timeout)" in done.stdout
    assert "✓ can be kept in a file" in done.stdout and "10 hold, 2 do not\n" in done.stdout


@pytest.mark.slow
def test_what_a_file_defines_is_checked_be_it_features_or_data(bench: Bench) -> None:
    for file, names in (("example_features.py", ("profiles", "eigenimages")), ("example_dataset.py", ("stripes",))):
        done = bench("check", str(PLUGINS / file))
        assert done.returncode == 0, done.stdout + done.stderr
        assert all(f"{name}, a " in done.stdout for name in names) and "✗" not in done.stdout


def test_a_fault_in_a_spec_is_a_broken_promise(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(BROKEN_SPEC)
    done = bench("check", "mine.py")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "✗ its spec is well-formed: model 'mine': no feature pipeline is named 'pixel'" in done.stdout
    assert "cannot be tried after that" in done.stdout


def test_what_cannot_be_checked_here_does_not_count_as_kept(bench: Bench, tmp_path: Path) -> None:
    text = BROKEN_SPEC.replace("pixel", "pixels").replace(",)),)", ",), requires=('no_such_library',)),)")
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
