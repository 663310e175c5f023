"""The fence, from the outside: models that seek the labels of the test split, or harm others, in real processes."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

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


def with_places(plugin: str, folder: Path, *places: Path) -> Path:
    """Write a plug-in that knows of these places into a folder; return its file."""
    text = (PLUGINS / plugin).read_text()
    file = folder / plugin
    file.write_text(text.replace("PLACES: list[str] = []", f"PLACES: list[str] = {[*map(str, places)]}"))
    return file


def plant_labels(folder: Path) -> None:
    """Write the labels of the digits' test split into a file."""
    labels = DATASETS["digits"].load(DataPlaces((), folder)).test.labels.tolist()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / seeking.NAME).write_text(json.dumps({"test_labels": labels}))


def run_all(plugin: Path, results: Path, environment: dict[str, str]) -> dict[str, dict[str, object]]:
    """Run every model of a plug-in; return what is stored of each."""
    names = ",".join(seeking.WAYS if plugin.name == "seeking.py" else vandal.HARMS)
    arguments = ("--plugin", str(plugin), "--models", names, *QUICK, "--train-size", "100")
    command = bench_command(results, *arguments)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, cwd=results)
    assert done.returncode in (0, 1), done.stderr
    return {name.partition("@")[0]: record for name, record in records(results).items()}


def environment_in(folder: Path) -> dict[str, str]:
    """Return an environment whose cache and data folder hold labels."""
    places = {"DIGITBENCH_CACHE": folder / "cache", "DIGITBENCH_DATA": folder / "data", "TMPDIR": folder / "scratch"}
    for place in places.values():
        plant_labels(place)
    return {**os.environ, **{name: str(place) for name, place in places.items()}}


@pytest.fixture(scope="module")
def sought(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    folder = tmp_path_factory.mktemp("seeking")
    return run_all(with_places("seeking.py", folder, folder), folder, environment_in(folder))


@needs_fence
@pytest.mark.e2e
@pytest.mark.parametrize("way", seeking.WAYS)
def test_labels_cannot_be_had(sought: dict[str, dict[str, object]], way: str) -> None:
    assert (sought[way]["status"], sought[way]["reason"]) == ("ok", "")
    assert sought[way]["evaluation"]["test"]["accuracy"] < 0.2  # type: ignore[index]


def test_the_same_search_finds_labels_outside_the_fence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant_labels(tmp_path / "results")
    monkeypatch.setattr(seeking, "PLACES", [str(tmp_path)])
    monkeypatch.setenv("DIGITBENCH_CACHE", str(tmp_path))
    own = "from tests.plugins import seeking; print(*(len(way() or ()) for way in {ways}))"
    ways = "(seeking.in_the_parents_environment, seeking.in_the_parents_command_line)"
    starter = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)"
    command = [sys.executable, "-c", starter, own.format(ways=ways), str(tmp_path)]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert printed == "360 360\n"
    assert [len(way() or ()) for way in (seeking.in_results, seeking.in_cache)] == [360, 360]


@pytest.fixture(scope="module")
def harmed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, dict[str, object]], Path]:
    folder = tmp_path_factory.mktemp("vandal")
    environment = environment_in(folder)
    own = tmp_path_factory.mktemp("plug-in")
    places = (folder / "cache" / seeking.NAME, folder / "local", folder / "data", own / "vandal.py")
    return run_all(with_places("vandal.py", own, *places), folder, environment), folder


@needs_fence
@pytest.mark.e2e
@pytest.mark.parametrize("harm", vandal.HARMS)
def test_nobody_is_harmed(harmed: tuple[dict[str, dict[str, object]], Path], harm: str) -> None:
    stored, folder = harmed
    assert (stored[harm]["status"], stored[harm]["reason"]) == ("ok", "")
    assert not [*folder.rglob("planted")] and (folder / "data" / seeking.NAME).stat().st_size > 100


@needs_fence
def test_a_model_may_use_the_network_where_that_is_allowed(bench: Bench, tmp_path: Path) -> None:
    plugin = with_places("vandal.py", tmp_path)
    arguments = ("--plugin", str(plugin), "--models", "use-the-network,call-a-service", *QUICK, "--train-size", "100")
    bench(*arguments, "--allow-network")
    stored = records(tmp_path)
    reasons = {name.partition("@")[0]: str(record["reason"]) for name, record in stored.items()}
    assert "refused" in reasons["use-the-network"] and reasons["call-a-service"] == ""
    assert all(record["environment"]["network"] is True for record in stored.values())  # type: ignore[index]


SIBLINGS = """
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


@needs_fence
def test_a_plug_in_reads_modules_and_packages_beside_it_and_nothing_else_there(bench: Bench, tmp_path: Path) -> None:
    files = {
        "mine.py": SIBLINGS,
        "beside.py": "LABEL = 1",
        "package/__init__.py": "from pathlib import Path\nTABLE = (Path(__file__).parent / 'table.txt').read_text()",
        "package/table.txt": "2",
        "data/secret.txt": "seven",
        "secret.txt": "seven",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    done = bench("--plugin", "mine.py", "--models", "says", *QUICK)
    (record,) = records(tmp_path).values()
    assert (done.returncode, record["reason"]) == (0, "")
    assert not [*tmp_path.rglob("__pycache__")]


@needs_fence
def test_checks_are_fenced_too(bench: Bench, tmp_path: Path) -> None:
    plant_labels(tmp_path / "results")
    for plugin, names in (("seeking.py", ("in-results", "in-memory")), ("vandal.py", ("end-the-bench",))):
        file = with_places(plugin, tmp_path, tmp_path)
        for name in names:
            done = bench("check", name, "--plugin", str(file))
            assert "✓ fits" in done.stdout, done.stdout + done.stderr


UNFENCED = """
from benchmarks.execution.processes.fencing import landlock, system_calls
landlock.version = lambda: 0
system_calls.can_filter = lambda: False
"""


@needs_fence
def test_without_a_fence_the_start_of_a_run_says_so(bench: Bench, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(UNFENCED)
    environment["PYTHONPATH"] = f"{tmp_path}:{ROOT}"
    done = bench("--models", "dummy", *QUICK, "--train-size", "100")
    assert done.returncode == 0 and done.stderr.count("\n") == 1 and "no fence around models" in done.stderr


@needs_fence
@pytest.mark.slow
def test_predictions_are_the_same_with_and_without_the_fence(
    bench: Bench, environment: dict[str, str], tmp_path: Path
) -> None:
    models = ["dummy", "logistic", "knn", "extra-trees", "xgboost", "mlp"]
    models = [name for name in models if name != "mlp" or importlib.util.find_spec("keras")]
    arguments = ("--models", ",".join(models), "--dataset", "digits", "--features", "hog", "--no-cache")
    assert bench(*arguments, "--results-dir", str(tmp_path / "fenced")).returncode == 0
    (tmp_path / "sitecustomize.py").write_text(UNFENCED)
    environment["PYTHONPATH"] = f"{tmp_path}:{ROOT}"
    assert "no fence" in bench(*arguments, "--results-dir", str(tmp_path / "open")).stderr
    files = sorted((tmp_path / "fenced").rglob("predictions/*.npz"))
    assert len(files) == len(models)
    for file in files:
        with np.load(file) as fenced, np.load(tmp_path / "open" / file.relative_to(tmp_path / "fenced")) as unfenced:
            assert {*fenced} == {*unfenced} and all((fenced[name] == unfenced[name]).all() for name in fenced), file


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


@needs_fence
def test_a_trial_finds_nothing_that_an_earlier_one_left_in_shared_memory(bench: Bench, tmp_path: Path) -> None:
    name = f"handing-on-{os.getpid()}"
    plugin = tmp_path / "handing_on.py"
    plugin.write_text(HANDING_ON.format(name=name))
    done = bench("--plugin", str(plugin), "--models", "one,two", *QUICK, "--train-size", "100")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [record["status"] for record in records(tmp_path).values()] == ["ok", "ok"]
    assert not list(Path("/dev/shm").glob(f"{name}*"))
