"""The fence, from the outside: models that seek the labels of the test split, or harm others, in real processes."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.datasets.registry import DATASETS
from benchmarks.datasets.spec import DataPlaces
from benchmarks.execution.processes.fence import shortcomings
from tests.cli_helpers import QUICK, records
from tests.conftest import ROOT, Bench, bench_command
from tests.plugins import seeking, vandal

needs_fence = pytest.mark.skipif(bool(shortcomings()), reason=shortcomings() or "there is a whole fence")
PLUGINS = ROOT / "tests" / "plugins"

MINE = """
from pathlib import Path
import numpy as np
from beside import LABEL
from package import TABLE
from models.spec import ModelSpec

class Says:
    def fit(self, X, y):
        for secret in ("data/secret.txt", "secret.txt", "."):
            try:
                place = Path(__file__).parent / secret
                raise RuntimeError(place.read_text() if place.is_file() else list(place.iterdir()))
            except PermissionError:
                pass
        return self
    def predict(self, X): return np.full(len(X), LABEL + int(TABLE))

MODELS = (ModelSpec("says", "mine", "says one thing", lambda context: Says(), ("pixels",)),)
"""
SIBLINGS = {
    "mine.py": MINE,
    "beside.py": "LABEL = 1",
    "package/__init__.py": "from pathlib import Path\nTABLE = (Path(__file__).parent / 'table.txt').read_text()",
    "package/table.txt": "2",
    "data/secret.txt": "seven",
    "secret.txt": "seven",
}
HANDED_ON = f"handing-on-{os.getpid()}"
HANDING_ON = """
from pathlib import Path
from sklearn.dummy import DummyClassifier
from models.spec import ModelSpec

FILES = [Path("/dev/shm/{name}"), Path("/dev/shm/{name}-folder/labels")]

class HandsOn(DummyClassifier):
    def fit(self, X, y):
        found = [str(file) for file in FILES if file.exists()]
        for file in FILES:
            file.parent.mkdir(exist_ok=True)
            file.write_text("labels")
        if found:
            raise ValueError("found " + " ".join(found))
        return super().fit(X, y)

MODELS = tuple(ModelSpec(name, "own", "hands on", lambda context: HandsOn(), ("pixels",)) for name in ("one", "two"))
"""


def with_places(plugin: str, folder: Path, *places: Path) -> Path:
    """Write a plug-in that knows of these places into a folder; return its file."""
    text = (PLUGINS / plugin).read_text()
    return written(
        folder, {plugin: text.replace("PLACES: list[str] = []", f"PLACES: list[str] = {[*map(str, places)]}")}
    )


def written(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files into a folder; return the first."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder / next(iter(files))


def plant_labels(folder: Path) -> None:
    """Write the labels of the digits' test split into a file."""
    labels = DATASETS["digits"].load(DataPlaces((), folder)).test.labels.tolist()
    written(folder, {seeking.NAME: json.dumps({"test_labels": labels})})


@dataclass(frozen=True)
class Run:
    """What is stored of each model of a run, the folder of its results, and that of its plug-ins."""

    stored: dict[str, dict[str, Any]]
    results: Path
    plugins: Path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run all models that seek labels, harm others, read beside themselves or hand things on, in one bench."""
    results, plugins = tmp_path_factory.mktemp("results"), tmp_path_factory.mktemp("plug-ins")
    places = {"DIGITBENCH_CACHE": results / "cache", "DIGITBENCH_DATA": results / "data", "TMPDIR": results / "scratch"}
    for place in places.values():
        plant_labels(place)
    vandals = (results / "cache" / seeking.NAME, results / "local", results / "data", plugins / "vandal.py")
    files = {
        with_places("seeking.py", plugins, results): [*seeking.WAYS],
        with_places("vandal.py", plugins, *vandals): [*vandal.HARMS],
        written(plugins / "beside", SIBLINGS): ["says"],
        written(plugins, {"handing_on.py": HANDING_ON.format(name=HANDED_ON)}): ["one", "two"],
    }
    given = [word for file in files for word in ("--plugin", str(file))]
    names = ",".join(name for names in files.values() for name in names)
    command = bench_command(results, *given, "--models", names, *QUICK, "--train-size", "100")
    environment = {**os.environ, **{name: str(place) for name, place in places.items()}}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, cwd=results)
    assert done.returncode in (0, 1), done.stderr
    stored = {name.partition("@")[0]: record for name, record in records(results).items()}
    return Run(stored, results, plugins)


@needs_fence
@pytest.mark.e2e
@pytest.mark.parametrize("way", seeking.WAYS)
def test_labels_cannot_be_had(run: Run, way: str) -> None:
    assert (run.stored[way]["status"], run.stored[way]["reason"]) == ("ok", "")
    assert run.stored[way]["evaluation"]["test"]["accuracy"] < 0.2


SEARCH = """
from tests.plugins import seeking
seeking.PLACES = [{folder!r}]
ways = (seeking.in_results, seeking.in_cache, seeking.in_the_parents_environment, seeking.in_the_parents_command_line)
print(*(len(way() or ()) for way in ways))
"""
STARTS = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)"


def test_the_same_search_finds_labels_outside_the_fence(tmp_path: Path) -> None:
    plant_labels(tmp_path / "results")
    command = [sys.executable, "-c", STARTS, SEARCH.format(folder=str(tmp_path)), str(tmp_path)]
    # no other folder is named, which would be searched as well
    done = subprocess.run(
        command, cwd=ROOT, env={"DIGITBENCH_CACHE": str(tmp_path)}, check=True, capture_output=True, text=True
    )
    assert done.stdout == "360 360 360 360\n"


@needs_fence
@pytest.mark.e2e
@pytest.mark.parametrize("harm", vandal.HARMS)
def test_nobody_is_harmed(run: Run, harm: str) -> None:
    assert (run.stored[harm]["status"], run.stored[harm]["reason"]) == ("ok", "")
    assert not [*run.results.rglob("planted")] and (run.results / "data" / seeking.NAME).stat().st_size > 100


@needs_fence
def test_a_model_may_use_the_network_where_that_is_allowed(bench: Bench, tmp_path: Path) -> None:
    plugin = with_places("vandal.py", tmp_path)
    arguments = ("--plugin", str(plugin), "--models", "use-the-network,call-a-service", *QUICK, "--train-size", "100")
    bench(*arguments, "--allow-network")
    reasons = {name.partition("@")[0]: str(record["reason"]) for name, record in records(tmp_path).items()}
    assert "refused" in reasons["use-the-network"] and reasons["call-a-service"] == ""
    environments: list[Any] = [record["environment"] for record in records(tmp_path).values()]
    assert [one["network"] for one in environments] == [True, True]


@needs_fence
@pytest.mark.e2e
def test_a_plug_in_reads_modules_and_packages_beside_it_and_nothing_else_there(run: Run) -> None:
    assert (run.stored["says"]["status"], run.stored["says"]["reason"]) == ("ok", "")
    assert not [*run.plugins.rglob("__pycache__")]


@needs_fence
@pytest.mark.parametrize(
    ("plugin", "name"),
    [
        ("seeking.py", "in-results"),
        pytest.param("seeking.py", "in-memory", marks=pytest.mark.slow),
        pytest.param("vandal.py", "end-the-bench", marks=pytest.mark.slow),
    ],
)
def test_checks_are_fenced_too(plugin: str, name: str, bench: Bench, tmp_path: Path) -> None:
    plant_labels(tmp_path / "results")
    done = bench("check", name, "--plugin", str(with_places(plugin, tmp_path, tmp_path)))
    assert "✓ fits" in done.stdout, done.stdout + done.stderr


UNFENCED = """
from benchmarks.execution.processes.fencing import landlock, system_calls
landlock.version = lambda: 0
system_calls.can_filter = lambda: False
"""


@needs_fence
def test_without_a_fence_the_start_of_a_run_says_so(
    bench_process: Bench, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(UNFENCED)
    environment["PYTHONPATH"] = f"{tmp_path}:{ROOT}"
    done = bench_process("--models", "dummy", *QUICK, "--train-size", "100")
    assert done.returncode == 0 and done.stderr.count("\n") == 1 and "no fence around models" in done.stderr


@needs_fence
@pytest.mark.slow
def test_predictions_are_the_same_with_and_without_the_fence(
    bench_process: Bench, environment: dict[str, str], tmp_path: Path
) -> None:
    models = ["dummy", "logistic", "knn", "extra-trees", "xgboost", "mlp"]
    models = [name for name in models if name != "mlp" or importlib.util.find_spec("keras")]
    arguments = ("--models", ",".join(models), "--dataset", "digits", "--features", "hog", "--no-cache")
    assert bench_process(*arguments, "--results-dir", str(tmp_path / "fenced")).returncode == 0
    (tmp_path / "sitecustomize.py").write_text(UNFENCED)
    environment["PYTHONPATH"] = f"{tmp_path}:{ROOT}"
    assert "no fence" in bench_process(*arguments, "--results-dir", str(tmp_path / "open")).stderr
    files = sorted((tmp_path / "fenced").rglob("predictions/*.npz"))
    assert len(files) == len(models)
    for file in files:
        with np.load(file) as fenced, np.load(tmp_path / "open" / file.relative_to(tmp_path / "fenced")) as unfenced:
            assert {*fenced} == {*unfenced} and all((fenced[name] == unfenced[name]).all() for name in fenced), file


@needs_fence
@pytest.mark.e2e
def test_a_trial_finds_nothing_that_an_earlier_one_left_in_shared_memory(run: Run) -> None:
    assert [(run.stored[name]["status"], run.stored[name]["reason"]) for name in ("one", "two")] == [("ok", "")] * 2
    assert not list(Path("/dev/shm").glob(f"{HANDED_ON}*"))
