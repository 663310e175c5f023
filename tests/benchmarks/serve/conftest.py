from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT, bench_command

if TYPE_CHECKING:
    import httpx
    from starlette.types import ASGIApp

    from benchmarks.inference.thresholds import Thresholds
    from benchmarks.serve.served_run import ServedRun

PLUGIN = str(ROOT / "tests/plugins/misbehaving.py")
MODELS = "knn,logistic,centroids,hangs,crashes,raises,cannot-be-loaded"
WELL_BEHAVED = ("knn@pixels", "logistic@pixels", "centroids@pixels")

Client = Callable[..., AbstractContextManager["httpx.Client"]]


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a run with saved models on the digits, and of its well-behaved ones on the validation split."""
    results = tmp_path_factory.mktemp("results")
    scratch = {"DIGITBENCH_CACHE": str(tmp_path_factory.mktemp("cache")), "TMPDIR": str(tmp_path_factory.mktemp("tmp"))}
    for words in (
        ("--models", MODELS, "--dataset", "digits", "--keep-models", "--jobs", "2"),
        ("--models", "knn,logistic,centroids", "--dataset", "digits-validation", "--jobs", "2"),
    ):
        command = bench_command(results, *words, "--features", "pixels", "--plugin", PLUGIN)
        done = subprocess.run(command, env={**os.environ, **scratch}, capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stdout + done.stderr
    return results


@pytest.fixture(scope="session")
def client(saved: Path) -> Client:
    """Serve models of the run on a free port, with limits to choose, and give a client of it."""
    pytest.importorskip("fastapi", reason="needs the extra 'serve'")
    from benchmarks.serve.app import build_app
    from benchmarks.serve.limits import RequestLimits
    from benchmarks.serve.model_pool import PoolLimits
    from benchmarks.serve.served_run import ServedRun

    @contextmanager
    def opened(
        only: tuple[str, ...] = WELL_BEHAVED,
        answer_s: float = 20.0,
        memory_mb: float = 8000.0,
        error_rate: float | None = None,
        host: str = "127.0.0.1",
        results: Path = saved,
        dataset: str = "digits",
        **limits: Any,
    ) -> Iterator[httpx.Client]:
        served = ServedRun.open(results, "local", dataset)
        served = ServedRun(
            [model for model in served.models if model.row in only],
            error_rate=error_rate,
            thresholds=thresholds_for(served, error_rate),
        )
        app = build_app(served, PoolLimits(memory_mb, answer_s=answer_s), host, RequestLimits(**limits))
        with client_of(app) as opened_client:
            yield opened_client

    return opened


@pytest.fixture(scope="session")
def http(client: Client) -> Iterator[httpx.Client]:
    """A client of one server of three models, which the tests share that change nothing about it."""
    with client(body_bytes=2_000_000, images=20, pixels=2_000_000) as opened:
        yield opened


@contextmanager
def client_of(app: ASGIApp) -> Iterator[httpx.Client]:
    """Serve an application on a free port, and give a client of it."""
    import httpx
    import uvicorn

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=60) as opened_client:
            yield opened_client
    finally:
        server.should_exit = True
        thread.join()


def thresholds_for(served: ServedRun, error_rate: float | None) -> Thresholds:
    from benchmarks.inference.thresholds import Thresholds, thresholds_of

    if error_rate is None:
        return Thresholds()
    return thresholds_of([model for model in served.models if model.row in WELL_BEHAVED], error_rate)
