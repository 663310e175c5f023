"""``python -m benchmarks.catalog.plugin_process FOLDER``: reads plug-ins, in a process of its own.

Reads the request in FOLDER, and leaves an answer there: the specs that a plug-in file, or all installed packages,
define; or, of one dataset among them, where it is, or its images.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarks.catalog.descriptions import Answer, PluginDescription, describe, read, write
from benchmarks.catalog.plugin_images import ImagesAnswer, write_images
from benchmarks.catalog.plugins import Plugin, check_kind, from_file, installed
from benchmarks.catalog.spec_validation import faults_of
from benchmarks.common.errors import BenchError, in_one_line
from benchmarks.datasets.spec import DataPlaces
from benchmarks.execution.processes.fence import Rules, enter

REQUEST, ANSWER = "plugin_request.json", "plugin_answer.json"


@dataclass(frozen=True)
class PluginRequest:
    """What to read: of the plug-in ``file``, or of all installed packages if that is empty.

    ``pipelines``: the feature pipelines that there are beside. For ``location`` and ``images``: the name of the
    ``dataset``, the ``places`` searched for its data, the last one for downloads, and the ``directory`` of the bench.
    """

    file: str
    fence: Rules
    what: Literal["specs", "location", "images"] = "specs"
    pipelines: tuple[str, ...] = ()
    dataset: str = ""
    places: tuple[str, ...] = ()
    directory: str = ""


def main(folder: Path) -> None:
    """Write the answer, whatever the plug-in does, unless it ends the process."""
    faulthandler.enable()
    own_pid = os.getpid()
    request = read(folder / REQUEST, PluginRequest)
    enter(folder, request.fence, [Path(request.file).parent] if request.file else [])
    answer: Answer | ImagesAnswer
    try:
        answer = _answer_to(request, folder)
    except BenchError as error:
        answer = Answer(str(error))
    except BaseException as error:
        traceback.print_exc()
        answer = Answer(in_one_line(error))
    if os.getpid() == own_pid:  # a plug-in may have forked, and its child come back to here
        part = folder / f"{ANSWER}.part"
        write(answer, part)
        part.replace(folder / ANSWER)
    os._exit(0)


def _answer_to(request: PluginRequest, folder: Path) -> Answer | ImagesAnswer:
    plugins = [from_file(Path(request.file))] if request.file else list(installed())
    if request.what == "specs":
        return Answer(plugins=tuple(_described(plugins, request.pipelines)))
    os.chdir(request.directory)  # a dataset may name its files as seen from there
    datasets = [entry for plugin in plugins for entry in plugin.entries.get("DATASETS", ())]
    spec = next(entry for entry in datasets if entry.name == request.dataset)
    places = DataPlaces(tuple(map(Path, request.places[:-1])), Path(request.places[-1]))
    if request.what == "location":
        location = spec.location(places)
        return ImagesAnswer(location=None if location is None else str(location))
    return write_images(spec.load(places), folder)


def _described(plugins: Sequence[Plugin], pipelines: Sequence[str]) -> list[PluginDescription]:
    found, known = [], {*pipelines}
    for plugin in plugins:
        for kind, entries in plugin.entries.items():
            check_kind(plugin.origin, kind, entries)
        known |= {entry.name for entry in plugin.entries.get("FEATURES", ())}
        described: dict[str, Any] = {
            kind: tuple(describe(entry, plugin.module, faults_of(entry, known)) for entry in entries)
            for kind, entries in plugin.entries.items()
        }
        found.append(PluginDescription(plugin.origin, described))
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
