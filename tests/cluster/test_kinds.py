"""The other ways to a cluster: TLS, and jobs of a queueing system whose commands are played by scripts."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli_helpers import QUICK, records
from tests.cluster.helpers import Cluster, free_port, processes_of, wait_until
from tests.conftest import Bench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SBATCH = """#!/bin/sh
setsid sh "$1" > {log}.$$ 2>&1 &
echo "Submitted batch job $!"
"""
SCANCEL = "#!/bin/sh\nkill -9 -- -$1\n"


@pytest.fixture
def slurm(tmp_path: Path, environment: dict[str, str]) -> Path:
    """A configuration of dask-jobqueue, and commands that run each job here."""
    commands = tmp_path / "commands"
    commands.mkdir()
    for name, text in {"sbatch": SBATCH.format(log=tmp_path / "job"), "scancel": SCANCEL}.items():
        (commands / name).write_text(text)
        (commands / name).chmod(0o755)
    environment["PATH"] = f"{commands}:{environment['PATH']}"
    file = tmp_path / "slurm.yaml"
    file.write_text(
        "jobqueue:\n  slurm:\n    cores: 1\n    memory: 1GB\n    interface: lo\n"
        "    worker-extra-args: ['--dashboard-address', '127.0.0.1:0']\n"
        "    scheduler-options: {dashboard_address: '127.0.0.1:0'}\n"
    )
    return file


def test_jobs_of_a_queue_run_trials_and_end_with_the_run(bench_process: Bench, slurm: Path, tmp_path: Path) -> None:
    done = bench_process("--models", "dummy,knn", *QUICK, "--cluster", f"{slurm}:2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {record["status"] for record in records(tmp_path).values()} == {"ok"}
    wait_until(lambda: not processes_of(tmp_path), 30)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("jobqueue: {nothing: {}}\n", "below 'jobqueue' there should be one of"),
        ("- 1\n", "it should be a configuration of Dask"),
        ("a: [\n", "ParserError"),
        ("jobqueue:\n  slurm: {cores: 1}\n", "the jobs cannot be started"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_one_line(
    bench_process: Bench, tmp_path: Path, text: str, why: str
) -> None:
    (tmp_path / "jobs.yaml").write_text(text)
    done = bench_process("--models", "dummy", *QUICK, "--cluster", "jobs.yaml:2")
    assert done.returncode == 2 and why in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr


def openssl(folder: Path, words: str) -> None:
    subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def certificates(tmp_path: Path, environment: dict[str, str]) -> None:
    """An authority and a certificate, and Dask's settings that name them."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl")
    openssl(tmp_path, "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 2")
    openssl(tmp_path, "req -newkey rsa:2048 -nodes -keyout one.key -out one.csr -subj /CN=one")
    openssl(tmp_path, "x509 -req -in one.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out one.pem -days 2")
    tls = "DASK_DISTRIBUTED__COMM__TLS__"
    environment[f"{tls}CA_FILE"] = str(tmp_path / "ca.pem")
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        environment[f"{tls}{role}__CERT"] = str(tmp_path / "one.pem")
        environment[f"{tls}{role}__KEY"] = str(tmp_path / "one.key")


@pytest.mark.usefixtures("certificates")
def test_with_tls_nothing_else_gets_in(bench_process: Bench, environment: dict[str, str], tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "cluster", environment, free_port(), protocol="tls")
    try:
        cluster.start_scheduler()
        cluster.start_worker()
        done = bench_process("--models", "dummy", *QUICK, "--cluster", cluster.address)
        assert done.returncode == 0, done.stdout + done.stderr
        del environment["DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT"]
        for address in (cluster.address, f"tcp://127.0.0.1:{cluster.port}"):
            done = bench_process("--models", "dummy", *QUICK, "--cluster", address, "--run", "other")
            assert done.returncode == 2 and len(done.stderr.splitlines()) == 1, done.stderr
    finally:
        cluster.close()
