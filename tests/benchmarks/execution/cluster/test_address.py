from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.common.errors import BenchError
from benchmarks.execution.cluster.address import ClusterAddress, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("tcp://scheduler:8786", ClusterAddress("scheduler", "tcp://scheduler:8786")),
        (" tls://10.0.0.1:8786 ", ClusterAddress("scheduler", "tls://10.0.0.1:8786")),
        ("tcp://[::1]:8786", ClusterAddress("scheduler", "tcp://[::1]:8786")),
        ("local:4", ClusterAddress("local", "local", 4)),
        ("local", ClusterAddress("local", "local", 1)),
        ("dask_jobqueue.SLURMCluster:16", ClusterAddress("class", "dask_jobqueue.SLURMCluster", 16)),
    ],
)
def test_what_a_cluster_is_named_by(text: str, address: ClusterAddress) -> None:
    assert parse_address(text) == address


def test_a_file_is_one_that_exists(tmp_path: Path) -> None:
    file = tmp_path / "slurm.yaml"
    with pytest.raises(BenchError, match="there is no such file"):
        parse_address(f"{file}:3")
    file.write_text("jobqueue: {}\n")
    assert parse_address(f"{file}:3") == ClusterAddress("file", str(file), 3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "scheduler",
        "scheduler:8786",
        "tcp://",
        "tcp://scheduler",
        "tcp://scheduler:",
        "tcp://:8786",
        "tcp://scheduler:99999",
        "tcp://a b:8786",
        "tcp://scheduler:8786/path",
        "http://scheduler:8786",
        "local:0",
        "local:-1",
        "local:x",
        "local:²",
        "local:1000000",
        "some.Class:0",
        "../Class",
    ],
)
def test_what_is_no_cluster_is_one_line(text: str) -> None:
    with pytest.raises(BenchError, match=r"^--cluster"):
        parse_address(text)
