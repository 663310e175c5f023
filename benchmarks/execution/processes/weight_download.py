"""``python -m benchmarks.execution.processes.weight_download FOLDER``: fetches weights for a trial or a check.

A process of its own because Keras fetches, which the bench never imports; outside the fence because the file is kept
for later runs. It runs no code of a plug-in.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.common.clock import clock
from benchmarks.common.own_requests import decode_request, encode_request
from benchmarks.execution.processes.orphan_cleanup import OrphanCleanup
from benchmarks.execution.processes.supervisor import Limits, how_it_ended, supervise
from features.pretrained.weights import Weights, md5_of
from features.registry import FEATURES
from features.spec import FeaturePipeline
from models.registry import MODELS
from models.spec import ModelSpec, Unavailable

REQUEST, ANSWER = "weights.json", "fetched.json"


@dataclass(frozen=True)
class _Request:
    weights: Weights
    keras_home: str


@dataclass(frozen=True)
class _Answer:
    unavailable: str


def local_files(
    wanted: Iterable[Weights | None],
    folder: Path,
    limits: Limits,
    cleanup: OrphanCleanup,
    stop: threading.Event,
    network: bool,
) -> dict[str, str]:
    """Return the file of each network's weights, fetched if it is not there; raises ``Unavailable`` if it cannot be.

    ``folder`` is a scratch folder for the process that fetches. ``network``: what a plug-in names is fetched too; an
    address of its own could tell somebody what it knows.
    """
    files = {}
    for weights in filter(None, wanted):
        published = weights.folder / weights.file
        if not weights.given and not (published.is_file() and md5_of(published) == weights.md5):
            if not network and weights not in _of_the_suite():
                raise Unavailable(
                    f"needs {weights.file} ({weights.size_mb} MB) from {weights.url}, which a plug-in names: "
                    "give --allow-network or --weights FILE"
                )
            _fetch(weights, folder, limits, cleanup, stop)
        files[weights.network] = str((weights.given or published).absolute())
    return files


def _of_the_suite() -> list[Weights]:
    """Return the weights that the suite's own models and pipelines name."""
    entries: list[ModelSpec | FeaturePipeline] = [*MODELS.values(), *FEATURES.values()]
    return [entry.weights for entry in entries if entry.weights]


def _fetch(weights: Weights, folder: Path, limits: Limits, cleanup: OrphanCleanup, stop: threading.Event) -> None:
    folder.mkdir(exist_ok=True)
    request = _Request(weights, str(weights.folder.parent.absolute()))
    (folder / REQUEST).write_bytes(encode_request(request))
    command = ["benchmarks.execution.processes.weight_download", str(folder)]
    start = clock()
    outcome = supervise(command, folder, limits, cleanup, stop, lambda: start)
    try:
        reason = msgspec.json.decode((folder / ANSWER).read_bytes(), type=_Answer).unavailable
    except OSError:
        ended = outcome.ended_for[1] if outcome.ended_for else how_it_ended(outcome.exit_code, outcome.log)
        reason = f"the weights of {weights.network} were not fetched: {ended}"
    if reason:
        raise Unavailable(reason)


def main(folder: Path) -> None:
    """Fetch the file, and leave why it cannot be."""
    request = decode_request((folder / REQUEST).read_bytes(), _Request)
    os.environ["KERAS_HOME"] = request.keras_home
    reason = ""
    try:
        request.weights.path()
    except Unavailable as missing:
        reason = str(missing)
    (folder / ANSWER).write_bytes(msgspec.json.encode(_Answer(reason)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
