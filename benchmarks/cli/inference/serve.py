"""``bench.py serve``: saved models behind a page and an API."""

from __future__ import annotations

import contextlib
import socket
import sys
from argparse import Namespace
from pathlib import Path

from benchmarks.catalog.catalog import read_catalog
from benchmarks.catalog.quick import QUICK
from benchmarks.catalog.selection import Choice, resolve
from benchmarks.cli.inference.loading import LOCAL, has_models
from benchmarks.common.dependencies import missing_modules
from benchmarks.common.errors import BenchError
from benchmarks.common.formatting import counted
from benchmarks.datasets.opening import VALIDATION_SUFFIX
from benchmarks.execution.config import RunConfig
from benchmarks.inference.saved_model import saved_rows
from benchmarks.records.store import ResultStore
from benchmarks.serve.served import Served
from benchmarks.serve.served_files import ServedFiles
from benchmarks.serve.served_run import ServedRun

NEEDED = ("fastapi", "uvicorn", "python_multipart")
SHARE_OF_FREE_MEMORY = 0.5
GRACE_S = 3


def serve(options: Namespace) -> int:
    """Serve the saved models of a run until Ctrl-C; train the quick ones first if there are none."""
    if missing := missing_modules(NEEDED):
        raise BenchError(f"'serve' needs {', '.join(missing)}; install with: pip install '.[serve]'")
    with _listening(options.host, options.port) as listener:
        served = _served_files(options) if options.onnx else _served_run(options)
        for line in served.thresholds.lines:
            print(line)
        _run_server(served, options, listener)
    return 0


def _served_run(options: Namespace) -> ServedRun:
    run = options.run or _run_with_models(options)
    return ServedRun.open(
        options.results_dir, run, options.dataset, options.plugins, options.weights, options.trust, options.error
    )


def _served_files(options: Namespace) -> ServedFiles:
    for what, given in (("RUN", options.run), ("--dataset", options.dataset), ("--error", options.error)):
        if given is not None:
            raise BenchError(f"{what} is of a run, and --onnx serves files; leave one of them out")
    return ServedFiles.open(options.onnx)


def _run_server(served: Served, options: Namespace, listener: socket.socket) -> None:
    import psutil
    import uvicorn

    from benchmarks.serve.app import build_app
    from benchmarks.serve.limits import is_loopback
    from benchmarks.serve.model_pool import PoolLimits

    free_mb = psutil.virtual_memory().available / 2**20
    memory_mb = options.memory * 1024 if options.memory else free_mb * SHARE_OF_FREE_MEMORY
    app = build_app(served, PoolLimits(memory_mb, answer_s=options.timeout), options.host)
    host, port = listener.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    models = counted(len(served.models), "model")
    print(f"http://{name}:{port} serves {models} {served.origin} on {served.dataset}; end it with Ctrl-C")
    if not is_loopback(options.host):
        print("other machines can reach it, and whoever does may ask: there is no password", file=sys.stderr)
    sys.stdout.flush()
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        loop="asyncio",
        timeout_graceful_shutdown=GRACE_S,
    )
    with contextlib.suppress(KeyboardInterrupt):  # the usual end, not an interruption
        uvicorn.Server(config).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raises ``BenchError`` if the address cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen()
        except OSError:
            listener.close()
            raise
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise BenchError(
            f"cannot listen on {host}, port {port} ({why}); choose others with --host and --port"
        ) from error
    return listener


def _run_with_models(options: Namespace) -> str:
    """Return the run to serve where none is named: local if it has saved models, else quick, which may be made now."""
    if has_models(options.results_dir, LOCAL, options.dataset):
        return LOCAL
    if not _is_complete(options.results_dir, options.dataset, options.error is not None):
        _train_quick_models(options)
    return QUICK


def _is_complete(results: Path, dataset: str | None, with_validation: bool) -> bool:
    """Return whether each of the quick rows was run, however it ended, and some model is saved."""
    if not has_models(results, QUICK, dataset):
        return False
    on = saved_rows(results, QUICK, dataset)[0].store.dataset
    wanted = {(row.model.name, row.features) for row in resolve(Choice(QUICK), read_catalog())}
    for name in [on, f"{on}{VALIDATION_SUFFIX}"] if with_validation else [on]:
        done = ResultStore(results, QUICK, name).load_all()
        if wanted - {(one.trial.model, one.trial.features) for one in done}:
            return False
    return True


def _train_quick_models(options: Namespace) -> None:
    """Train the quick models and save them, and with ``--error`` run them on the validation split too."""
    from benchmarks import api
    from benchmarks.cli.display.trials import RunDisplay

    print(f"no model is saved in run '{LOCAL}': training the quick models, which takes minutes, once", flush=True)

    def train(dataset: str, keep_models: bool) -> str:
        config = RunConfig(
            models=QUICK,
            dataset=dataset,
            run=QUICK,
            results_dir=options.results_dir,
            data_dir=options.data_dir,
            plugins=options.plugins,
            weights=options.weights,
            keep_models=keep_models,
        )
        with RunDisplay() as display:
            return api.execute(config, progress=display).dataset

    dataset = train(options.dataset or "auto", keep_models=True)
    if options.error is not None:
        train(f"{dataset}{VALIDATION_SUFFIX}", keep_models=False)
    print(f"they are saved in {options.results_dir / QUICK}")
