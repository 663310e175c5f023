"""The bench's side of reading plug-ins: their code runs in other processes, fenced and within a time limit."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from benchmarks.catalog.descriptions import Answer, EntryDescription, model_of, pipeline_of, printable, read, write
from benchmarks.catalog.plugin_images import ImagesAnswer, read_images
from benchmarks.catalog.plugin_process import ANSWER, REQUEST, PluginRequest
from benchmarks.catalog.plugins import Plugin
from benchmarks.catalog.spec_validation import are_modules, weight_faults
from benchmarks.common.clock import clock
from benchmarks.common.errors import BenchError, one_line
from benchmarks.common.paths import RESULTS, cache_folder
from benchmarks.datasets.spec import DataPlaces, Dataset, Images
from benchmarks.execution.processes.fence import Rules
from benchmarks.execution.processes.scratch import scratch_folder
from benchmarks.execution.processes.supervisor import Limits, default_memory_gb, how_it_ended, supervise

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.catalog.spec_validation import Spec

SPECS_S, IMAGES_S = 60.0, 1800.0  # a plug-in may import a large library; a dataset may be downloaded
LONGEST_ERROR = 1000  # characters; a plug-in may have written the answer
Found = TypeVar("Found", Answer, ImagesAnswer)
Result = TypeVar("Result")


def read_plugins(file: Path | None, pipelines: Collection[str]) -> list[Plugin]:
    """Return what a plug-in file, or for None all installed packages, define; ``pipelines`` are those beside.

    Raises ``BenchError`` if that cannot be found out.
    """
    hidden = (str(RESULTS), str(cache_folder()), os.environ.get("DIGITBENCH_DATA", ""))
    request = PluginRequest(str(file or ""), Rules(hidden=tuple(filter(None, hidden))), pipelines=tuple(pipelines))
    answer = _ask(request, SPECS_S, Answer, _checked)
    return [
        Plugin(
            origin=one.origin,
            module="",
            entries={kind: _specs(kind, file, entries) for kind, entries in one.entries.items()},
            code={(kind, entry.name): entry.code for kind, entries in one.entries.items() for entry in entries},
            faults={(kind, entry.name): entry.faults for kind, entries in one.entries.items() for entry in entries},
        )
        for one in answer.plugins
    ]


def _checked(answer: Answer, folder: Path) -> Answer:
    """Return the answer; raises ``BenchError`` if it names what cannot be: a plug-in may have written it."""
    for one in answer.plugins:
        for entry in (entry for entries in one.entries.values() for entry in entries):
            _check_entry(entry)
    return answer


def _check_entry(entry: EntryDescription) -> None:
    """Raise ``BenchError`` if the bench should not open, import or fetch what a description names."""
    for place in entry.code:
        if not (Path(place).is_file() if place.startswith("/") else place.replace(".", "").isidentifier()):
            raise BenchError(f"the code of {entry.name} is said to be in {place}, which is no file")
    for what, modules in (("requires", entry.requires), ("faster_with", entry.faster_with)):
        if not are_modules(modules):
            raise BenchError(f"{what} of {entry.name} should be a tuple of names of modules")
    if entry.weights and (faults := list(weight_faults(entry.weights))):
        raise BenchError(f"the weights of {entry.name}: {'; '.join(faults)}")


def _specs(kind: str, file: Path | None, entries: Sequence[EntryDescription]) -> tuple[Spec, ...]:
    if kind == "MODELS":
        return tuple(map(model_of, entries))
    if kind == "FEATURES":
        return tuple(map(pipeline_of, entries))
    return tuple(
        Dataset(
            entry.name,
            entry.summary,
            partial(_load, file, entry.name),
            partial(_locate, file, entry.name),
            entry.requires,
        )
        for entry in entries
    )


def _load(file: Path | None, name: str, places: DataPlaces) -> Images:
    return _ask(_of_dataset("images", file, name, places), IMAGES_S, ImagesAnswer, read_images)


def _locate(file: Path | None, name: str, places: DataPlaces) -> str | None:
    request = _of_dataset("location", file, name, places)
    return _ask(request, SPECS_S, ImagesAnswer, lambda answer, folder: answer.location)


def _of_dataset(what: Any, file: Path | None, name: str, places: DataPlaces) -> PluginRequest:
    """Return a request about a dataset: it may lie anywhere, and be downloaded into a folder of its own."""
    own = places.of_plugin(name)
    folders = tuple(str(folder.absolute()) for folder in (*own.folders, own.cache))
    with contextlib.suppress(OSError):  # whoever needs the folder says so
        own.cache.mkdir(parents=True, exist_ok=True)
    fence = Rules(reads=("/",), writes=folders[-1:], network=True, home=str(Path.home()))
    return PluginRequest(str(file or ""), fence, what, dataset=name, places=folders, directory=str(Path.cwd()))


def _ask(request: PluginRequest, limit_s: float, kind: type[Found], use: Callable[[Found, Path], Result]) -> Result:
    """Have a process read a plug-in; return what ``use`` makes of its answer and its folder. Raises ``BenchError``."""
    name = f"{request.file or 'an installed package'}{f': {request.dataset}' if request.dataset else ''}"
    limits = Limits(limit_s, default_memory_gb(jobs=1), 1, ("timeout", "the limit for reading a plug-in"))
    with scratch_folder() as (folder, cleanup):
        write(request, folder / REQUEST)
        start = clock()
        command = ["benchmarks.catalog.plugin_process", str(folder)]
        outcome = supervise(command, folder, limits, cleanup, threading.Event(), lambda: start)
        try:
            if outcome.ended_for:
                raise BenchError(outcome.ended_for[1])
            answer = read(folder / ANSWER, kind, printable)
            if not answer.error:
                return use(answer, folder)
        except FileNotFoundError:
            ended = how_it_ended(outcome.exit_code, outcome.log)
            raise BenchError(f"{name} cannot be loaded: {one_line(ended)}") from None
        except (OSError, BenchError) as error:
            raise BenchError(f"{name} cannot be loaded: {one_line(str(error))}") from error
    reason = answer.error[:LONGEST_ERROR]
    raise BenchError(reason if request.file in reason else f"{name}: {reason}")
