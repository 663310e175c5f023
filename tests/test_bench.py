"""The real command, from the outside."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from benchmarks.records.trial_file import SCHEMA
from models.registry import MODELS
from tests.cli_helpers import HOSTILE, QUICK, leaderboard, records, workers_left
from tests.conftest import ROOT, Bench
from tests.plugins.curious import in_memory, looks_like_labels


@pytest.mark.slow
def test_every_model_of_the_registry_runs_on_digits_without_mnist_and_without_a_network(
    bench: Bench, tmp_path: Path
) -> None:
    done = bench("--models", "all")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.count("\n") == 1 and "digits instead" in done.stderr
    rows = leaderboard(tmp_path)
    assert {row["model"] for row in rows.values()} == set(MODELS)
    lacking = {name for name, row in rows.items() if "which cannot be fetched" in row["reason"]}
    assert {row["status"] for name, row in rows.items() if name not in lacking} == {"ok"}
    assert {rows[name]["status"] for name in lacking} <= {"skipped"}
    accuracy = {name: float(row["accuracy"]) for name, row in rows.items() if name not in lacking}
    dummy = accuracy.pop("dummy@pixels")
    assert min(accuracy.values()) > 0.9 > 0.2 > dummy
    for name, record in records(tmp_path).items():
        assert record["schema"] == SCHEMA and record["key"] == name
        if record["status"] == "skipped":
            continue
        with np.load(tmp_path / f"local/digits/predictions/{name}.npz", allow_pickle=False) as arrays:
            assert arrays["y_pred"].shape == (360,)
    report = (tmp_path / "local/digits/report.html").read_text()
    page = (tmp_path / "local/digits/LEADERBOARD.md").read_text()
    for name in accuracy:
        assert f'id="{name}"' in report and f"(report.html#{name})" in page


SLOW_TO_IMPORT = """
from features.spec import FeaturePipeline


class Scaled:
    def fit(self, images):
        return self

    def transform(self, images):
        from slow_to_import import scaled

        return scaled(images)


FEATURES = (FeaturePipeline("scaled", "pixels", Scaled, requires=("slow_to_import",)),)
"""
LIBRARY = """
import time

import numpy as np

time.sleep(1)


def scaled(images):
    return (images.reshape(len(images), -1) / 255).astype(np.float32)
"""


def test_importing_the_libraries_of_features_is_not_counted_as_computing_them(
    bench_process: Bench, tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / "slow_to_import.py").write_text(LIBRARY)
    (tmp_path / "own.py").write_text(SLOW_TO_IMPORT)
    environment["PYTHONPATH"] = str(tmp_path)
    done = bench_process("--plugin", "own.py", "--models", "dummy", "--features", "scaled", "--dataset", "digits")
    assert done.returncode == 0, done.stdout + done.stderr
    (record,) = records(tmp_path).values()
    timing: dict[str, float] = record["timing"]  # type: ignore[assignment]
    assert timing["imports_s"] > 1 > timing["features_s"]


def test_every_death_is_a_row_with_a_reason(bench: Bench, tmp_path: Path) -> None:
    hostile = "eats-memory,exits,segfaults,raises,predicts-nan,predicts-too-few,leaves-children"
    # only one of them has a time limit, which any other might need on a busy machine
    for models, limit in (("hangs", ("--timeout", "2")), (f"{hostile},knn", ("--memory", "0.7"))):
        done = bench("--plugin", HOSTILE, "--models", models, *QUICK, *limit)
        assert done.returncode == 1, done.stdout + done.stderr
    rows = leaderboard(tmp_path)
    expected = {
        "knn": ("ok", ""),
        "hangs": ("timeout", "not done after 2 s"),
        "eats-memory": ("out-of-memory", "the limit is 0.7 GiB"),
        "exits": ("failed", "exit code 3"),
        "segfaults": ("failed", "SIGSEGV"),
        "raises": ("failed", "RuntimeError: the moon is in the wrong phase"),
        "predicts-nan": ("failed", "NaN or infinity for 360 of 360 images"),
        "predicts-too-few": ("failed", "shape (359,) for 360 images"),
        "leaves-children": ("ok", ""),
    }
    assert {name.removesuffix("@pixels") for name in rows} == set(expected)
    for name, (status, reason) in expected.items():
        row = rows[f"{name}@pixels"]
        assert row["status"] == status and reason in row["reason"], row
        assert bool(row["reason"]) == bool(reason)
    left_behind = [p for p in psutil.process_iter(["cmdline"]) if "left-behind" in (p.info["cmdline"] or [])]
    assert not left_behind and not workers_left(tmp_path)
    assert not [path for path in (tmp_path / "scratch").iterdir() if path.is_dir()]


@pytest.mark.slow
def test_a_worker_finds_no_label_of_the_test_split(bench: Bench, environment: dict[str, str], tmp_path: Path) -> None:
    environment["DIGITBENCH_DATA"] = str(tmp_path)
    done = bench("--plugin", str(ROOT / "tests/plugins/curious.py"), "--models", "curious", *QUICK)
    assert done.returncode == 0, done.stdout
    # the search itself finds labels where there are some
    truth = np.array(json.loads((tmp_path / "local/digits/dataset.json").read_text())["test_labels"])
    assert looks_like_labels(truth, 360) and in_memory(360)


@pytest.mark.slow
def test_settings_seeds_and_sizes_make_trials_of_their_own(bench: Bench, tmp_path: Path) -> None:
    names = "knn[k=3],knn[stock],random-forest[trees=5]"
    done = bench("--models", names, *QUICK, "--seeds", "2", "--train-size", "100,1437")
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(records(tmp_path)) == {
        *(f"knn[{settings}]@pixels-s{seed}-n100" for settings in ("k=3", "stock=True") for seed in (0, 1)),
        *(f"knn[{settings}]@pixels-s0" for settings in ("k=3", "stock=True")),
        *(f"random-forest[trees=5]@pixels-s{seed}{size}" for seed in (0, 1) for size in ("", "-n100")),
    }
    stock = records(tmp_path)["knn[stock=True]@pixels-s0"]
    assert str(stock["resources"]["implementation"]).startswith("scikit-learn 1")  # type: ignore[index]
    assert leaderboard(tmp_path)["random-forest[trees=5]@pixels"]["seeds"] == "2"
    assert len(leaderboard(tmp_path)) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--models", "svm-rfb"), "did you mean svm-rbf"),
        (("--models", "nothing*"), "no model is named 'nothing*'"),
        (("--models", "knn[k=many]"), "should be a whole number"),
        (("--models", "knn[k=-3]"), "knn[k] should be a whole number from 1 to 1000, not -3"),
        (("--models", "svm-rbf[C=nan]"), "svm-rbf[C] should be a number from 1e-06 to 1000000.0, not nan"),
        (("--models", "knn[neighbours=3]"), "no setting 'neighbours'; it has: k, weights, stock"),
        (("--models", "knn[k=3"), "cannot be read"),
        (("--models", "knn", "--features", "hogg"), "did you mean hog"),
        (("--models", "knn", "--dataset", "mnits"), "did you mean mnist"),
        (("--models", "knn", "--dataset", "digits", "--train-size", "5000"), "more than the 1,437 training images"),
        (("--models", "knn", "--train-size", "ten"), "should be whole numbers"),
        (("--models", "knn", "--timeout", "0"), "--timeout '0' should be a number above 0"),
        (("--models", "knn", "--polarity", "red"), "'red' should be one of auto, dark-on-light, light-on-dark;"),
        (("--models", "knn", "--dataset", "digits", "--run", "../elsewhere"), "plain name"),
        (("--models", "knn", "--plugin", "nowhere.py"), "there is no such file"),
        (("--models", "dummy", "--dataset", "digits", "--results-dir", "/proc/nowhere"), "cannot write /proc/nowhere"),
        (("--models", "dummy", "--data-dir", "nowhere"), "--data-dir: there is no folder nowhere"),
        (("report", "never-run"), "no run 'never-run'"),
        (("lits",), "no command is named 'lits'; did you mean list"),
    ],
)
def test_bad_arguments_get_one_clear_line_and_exit_code_2(
    bench: Bench, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = bench(*arguments)
    assert done.returncode == 2
    assert message in done.stderr and "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 5
    assert not (tmp_path / "local").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--models", "dummy", "--train-size", "100"), "not dummy@pixels-s0-n100"),
        (("--models", "knn[k=3]"), "not knn[k=3]@"),
        (("--models", "dummy", "--features", "hog"), "not dummy@hog-s0"),
        (("--models", "exits", "--plugin", HOSTILE), "not exits@pixels-s0"),
        (("--models", "dummy", "--jobs", "2"), "leave out --jobs"),
        (("--models", "dummy"), "it has no results on digits"),
    ],
)
def test_nothing_gets_into_the_published_run_by_accident(
    bench: Bench, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    (tmp_path / "reference" / "mnist").mkdir(parents=True)
    done = bench(*arguments, "--dataset", "digits", "--run", "reference")
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "run 'reference' is the published one" in done.stderr and message in done.stderr
    assert [path.name for path in (tmp_path / "reference").iterdir()] == ["mnist"]


def test_the_plain_command_writes_the_published_run(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "reference" / "digits").mkdir(parents=True)
    done = bench("--models", "dummy", "--dataset", "digits", "--run", "reference")
    assert done.returncode == 0, done.stderr
    assert "1 trial, 0 of them reused" in done.stdout
    assert (tmp_path / "reference" / "digits" / "leaderboard.csv").is_file()


SPEC = "from models.spec import ModelSpec\nMODELS = (ModelSpec('mine', 'f', 's', {}),)"


BAD_PLUGINS = [
    *("MODELS = 3", "raise SystemExit", "x = 1", "MODELS = (1,)", "def", "import nowhere"),
    SPEC.format("None, ('pixels',)"),
    SPEC.format("print, 'pixels'"),
    SPEC.format("print, ('pixel',)"),
    SPEC.format("print, ('pixels',), settings={'a': [1]}"),
    SPEC.format("print, ('pixels',), settings={'a': 3}"),
    SPEC.format("print, ('pixels',)").replace("'mine'", "'knn'"),
]


@pytest.mark.parametrize("text", BAD_PLUGINS)
def test_a_bad_plugin_gets_one_clear_line(bench: Bench, tmp_path: Path, text: str) -> None:
    plugin = tmp_path / "bad.py"
    plugin.write_text(text)
    done = bench("--plugin", str(plugin), "--models", "knn")
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "bad.py" in done.stderr


def test_what_a_trial_held_is_said_of_any_limit(bench: Bench, tmp_path: Path) -> None:
    assert bench("--models", "knn", *QUICK, "--memory", "0.001").returncode == 1
    reason = leaderboard(tmp_path)["knn@pixels"]["reason"]
    assert re.fullmatch(
        r"(its features were not computed: )?held 0\.0*[1-9]\d* GiB; the limit is 0\.001 GiB \(--memory\)", reason
    ), reason


@pytest.mark.slow
def test_several_jobs_at_once_are_marked_as_contended(bench: Bench, tmp_path: Path) -> None:
    assert bench("--models", "knn,dummy", *QUICK, "--jobs", "2").returncode == 0
    for record in records(tmp_path).values():
        assert record["timing"]["contended"] is True  # type: ignore[index]
        assert record["resources"]["threads"] >= 1  # type: ignore[index]


def test_list_needs_the_standard_library_alone(environment: dict[str, str]) -> None:
    # -S leaves site-packages out, -I the current folder
    probe = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import bench; sys.exit(bench.main(['list']))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", probe], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in MODELS)
    assert "needs sklearn; install with: pip install scikit-learn" in done.stdout


def test_list_as_json_tells_programs_everything(bench: Bench) -> None:
    listing = json.loads(bench("list", "--json").stdout)
    assert [model["name"] for model in listing["models"]] == list(MODELS)
    assert {entry["name"] for entry in listing["datasets"]} >= {"mnist", "digits"}
    assert listing["feature_cache"]["bytes"] >= 0


def test_without_words_it_shows_its_help(bench: Bench) -> None:
    done = subprocess.run([sys.executable, str(ROOT / "bench.py")], capture_output=True, text=True)
    assert done.returncode == 0 and "--models" in done.stdout and "examples:" in done.stdout


@pytest.mark.slow
def test_listing_takes_at_most_six_times_an_empty_python(environment: dict[str, str]) -> None:
    def seconds(*arguments: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], env=environment, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start

    pairs = [(seconds("-c", "pass"), seconds(str(ROOT / "bench.py"), "list")) for _ in range(25)]
    empty, listing = map(min, zip(*pairs, strict=True))
    assert listing <= 6 * empty, listing / empty
