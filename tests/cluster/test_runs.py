"""Whole runs on a cluster of real processes: what they store, what goes over the wire, what is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.cli_helpers import HOSTILE, QUICK, records
from tests.cluster.helpers import SLEEPING, Cluster, processes_of
from tests.cluster.recording import recorded
from tests.conftest import ROOT, Bench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DETERMINISTIC = ("--models", "knn,logistic,svm-rbf", "--features", "pixels", "--dataset", "digits")


def predictions(results: Path, run: str) -> dict[str, dict[str, np.ndarray]]:
    paths = (results / run / "digits" / "predictions").glob("*.npz")
    return {path.stem: dict(np.load(path, allow_pickle=False)) for path in paths}


def test_a_cluster_predicts_what_a_local_run_predicts_bit_for_bit(
    bench_process: Bench, cluster: Cluster, tmp_path: Path
) -> None:
    for _ in range(2):
        cluster.start_worker()
    assert bench_process(*DETERMINISTIC, "--evaluate", "shifted").returncode == 0
    done = bench_process(
        *DETERMINISTIC, "--evaluate", "shifted", "--cluster", cluster.address, "--run", "far", "--keep-models"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    near, far = (predictions(tmp_path, run) for run in ("local", "far"))
    assert near.keys() == far.keys() and len(near) == 3
    for key, arrays in near.items():
        assert arrays.keys() == far[key].keys()
        assert all(np.array_equal(array, far[key][name]) for name, array in arrays.items()), key
    assert "runs on m2" in done.stdout and "runs on m3" in done.stdout
    for machine in cluster.machines:  # data and features are where they are needed, and nowhere else
        assert {path.name for path in machine.cache.iterdir()} == {"cluster", "features"}
    saved = (tmp_path / "far/digits/models").iterdir()
    assert len(list(saved)) == 3


def test_labels_of_evaluation_sets_are_in_nothing_that_goes_over_the_wire(
    bench_process: Bench, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.start_worker()
    with recorded(cluster.port) as (port, wire):
        arguments = ("--plugin", SLEEPING, "--models", "sleeps", *QUICK, "--evaluate", "shifted")
        done = bench_process(*arguments, "--cluster", f"tcp://127.0.0.1:{port}")
        assert done.returncode == 0, done.stdout + done.stderr
    sent_labels = list((cluster.machines[0].cache / "cluster").glob("*-labels.npy"))
    assert len(sent_labels) == 2  # of the train and the validation split
    assert all(wire.holds(np.load(path).tobytes()) for path in sent_labels)  # what is looked for would be found
    labels = np.array(json.loads((tmp_path / "local/digits/dataset.json").read_text())["test_labels"])
    for kind in (np.uint8, np.int16, np.int32, np.int64, np.float32, np.float64):
        assert not wire.holds(labels[:40].astype(kind).tobytes())
    images = [path.read_bytes() for path in (cluster.machines[0].cache / "cluster").glob("*-images.npy")]
    assert len(images) == 4
    with recorded(cluster.port) as (port, again):
        assert bench_process(*arguments, "--force", "--cluster", f"tcp://127.0.0.1:{port}").returncode == 0
    assert not any(again.holds(image[-10_000:]) for image in images)  # data travel once
    for text in (json.dumps(labels[:40].tolist()), json.dumps(labels[:40].tolist(), separators=(",", ":"))):
        assert not wire.holds(text.strip("[]").encode())


def test_plug_in_files_travel_with_what_they_import(bench_process: Bench, cluster: Cluster, tmp_path: Path) -> None:
    machine = cluster.start_worker()
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "said.py").write_text("LABEL = 1\n")
    (folder / "mine.py").write_text(
        "from said import LABEL\nfrom models.spec import ModelSpec\n"
        "class Says:\n    def fit(self, X, y):\n        print('loaded from', __file__)\n        return self\n"
        "    def predict(self, X): return [LABEL] * len(X)\n"
        "MODELS = (ModelSpec('says', 'mine', 'says one thing', lambda context: Says(), ('pixels',)),)\n"
    )
    arguments = ("--plugin", str(folder / "mine.py"), "--models", "says", *QUICK, "--keep-models")
    done = bench_process(*arguments, "--cluster", cluster.address)
    assert done.returncode == 0, done.stdout + done.stderr
    log = (tmp_path / "local/digits/logs/says@pixels-s0.log").read_text()
    assert f"loaded from {machine.cache / 'cluster'}" in log
    assert "is not saved: models of plug-in files" in done.stdout


def test_limits_hold_on_other_machines(bench_process: Bench, cluster: Cluster, tmp_path: Path) -> None:
    machine = cluster.start_worker()
    names = "hangs,eats-memory,segfaults,leaves-children"
    arguments = ("--plugin", HOSTILE, "--models", names, *QUICK, "--timeout", "25", "--memory", "1.5")
    done = bench_process(*arguments, "--cluster", cluster.address)
    assert done.returncode == 1, done.stdout + done.stderr
    stored = {key.partition("@")[0]: record["status"] for key, record in records(tmp_path).items()}
    assert stored == {
        "hangs": "timeout",
        "eats-memory": "out-of-memory",
        "segfaults": "failed",
        "leaves-children": "ok",
    }
    assert not machine.trials()
    environments = [record["environment"] for record in records(tmp_path).values()]
    assert all(isinstance(one, dict) and one["machine_id"] and one["packages"] for one in environments)


def test_a_worker_with_another_version_of_the_suite_is_refused(
    bench_process: Bench, cluster: Cluster, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in ("benchmarks", "models", "features"):
        shutil.copytree(ROOT / name, other / name, ignore=shutil.ignore_patterns("__pycache__"))
    (other / "models/baseline.py").write_text((other / "models/baseline.py").read_text() + "\n# changed\n")
    cluster.start_worker(root=other)
    arguments = ("--models", "dummy", *QUICK, "--cluster", cluster.address)
    done = bench_process(*arguments)
    assert done.returncode == 2 and "m2: it runs another version of digitbench" in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) == 1 and not records(tmp_path)
    cluster.start_worker()
    done = bench_process(*arguments)
    assert done.returncode == 0 and "m2 is not used: it runs another version" in done.stdout


def test_a_worker_that_does_not_find_the_suite_is_refused(
    bench_process: Bench, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.start_worker(root=tmp_path)
    done = bench_process("--models", "dummy", *QUICK, "--cluster", cluster.address)
    assert done.returncode == 2 and "it does not find digitbench: start its worker in a checkout" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_without_a_scheduler_there_is_one_line(bench_process: Bench, cluster: Cluster, tmp_path: Path) -> None:
    cluster.close()
    done = bench_process("--models", "dummy", *QUICK, "--cluster", cluster.address)
    assert done.returncode == 2 and "no Dask scheduler answers" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_program_runs_trials_on_workers_of_this_machine_and_all_listen_on_loopback(
    environment: dict[str, str], tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\nfrom benchmarks.api import run\nfrom benchmarks.execution.progress import TrialProgress\n"
        "import psutil\nlistens = set()\n"
        "def look(event):\n"
        "    if isinstance(event, TrialProgress):\n"
        "        own = psutil.Process()\n"
        "        for process in [own, *own.children(recursive=True)]:\n"
        "            try: found = process.net_connections()\n"
        "            except psutil.Error: continue\n"
        "            listens.update(one.laddr.ip for one in found if one.status == 'LISTEN')\n"
        f"done = run('dummy,knn', 'digits', features='pixels', cluster='local:2', results_dir={str(tmp_path)!r}, "
        "progress=look)\n"
        "assert listens == {'127.0.0.1'}, listens\n"
        "assert set(done.statuses.values()) == {'ok'}\n"
        "assert done.findings().results['knn@pixels-s0'].timing.contended\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not processes_of(tmp_path)
