"""The fence around a process that runs the code of models and plug-ins: what it may read, write and reach.

A process enters it before it imports any of that code, and cannot leave it; what it starts is inside too. Linux alone
has what this needs, and older versions only a part: ``shortcomings`` says what is missing.
"""

from __future__ import annotations

import os
import resource
import site
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.execution.processes.fencing import landlock
from benchmarks.execution.processes.fencing.python_files import (
    SETTINGS,
    is_package,
    is_within,
    libraries,
    link_modules,
    modules_in,
    real,
    starting_with,
    without,
)
from benchmarks.execution.processes.fencing.system_calls import can_filter, refuse_calls

IMPORTS, HOME, TEMPORARY = "imports", "home", "temporary"  # in the process's own folder
OWN_PREFIX = "DIGITBENCH_"  # variables that are for the bench alone
CACHES = ("KERAS_HOME", "NUMBA_CACHE_DIR", "MPLCONFIGDIR", "TORCH_HOME", "HF_HOME", "TRITON_CACHE_DIR")
DESKTOP = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR")
SETTINGS_AND_CACHES, TEMPORARIES = (*CACHES, *DESKTOP, "HOME"), ("TMPDIR", "JOBLIB_TEMP_FOLDER")
OWN_VARIABLES = (*SETTINGS_AND_CACHES, *TEMPORARIES)  # of each process, for its own folder
SHARED_MEMORY = "/dev/shm"
MOST_OPEN = 4096  # files of one process; libraries live with the usual 1024
DEVICES = ("null", "zero", "dri", "kfd")  # the last two, and nvidia…, are graphics processors


@dataclass(frozen=True)
class Rules:
    """What a process may read and write beside Python's own files and its own folder, and whether it has a network.

    ``hidden``: files and folders that it may not read even where they lie among its libraries. ``home``: the user's
    home folder, where the process is to have that and not one of its own.
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    network: bool = False
    home: str = ""


def enter(folder: Path, rules: Rules, imports: Sequence[Path] = ()) -> None:
    """Leave this process its own ``folder`` and what the rules allow, for good; raises OSError.

    What can be imported from the folders ``imports``, and from those on ``sys.path`` that hold more than libraries, it
    may still read, and nothing else that lies there.
    """
    if rules.home:
        os.environ["HOME"] = rules.home
    if landlock.version():
        landlock.restrict(_rights(str(folder), rules, [*map(str, imports)]), tcp=rules.network)
    else:
        sys.path.extend(map(str, imports))
    _limit_open_files()
    refuse_calls(rules.network)


def shortcomings() -> str:
    """Return what is missing for a whole fence on this system, in one line; empty if nothing is."""
    version = landlock.version()
    if not version:
        return (
            "no fence around models: this system has no Landlock (it takes Linux 5.13 or newer), so that a model can "
            "read and change files of yours, the stored labels too"
        )
    missing = [
        lack
        for lack, there in (
            ("shorten files", version >= landlock.FIRST_WITH_TRUNCATE),
            ("end your processes", version >= landlock.FIRST_WITH_SCOPES),
            ("use the network" if version < landlock.FIRST_WITH_TCP else "use UDP and local sockets", can_filter()),
        )
        if not there
    ]
    return f"the fence around models has gaps on this system: a model can {', '.join(missing)}" if missing else ""


def protects_files() -> bool:
    """Return whether a process inside cannot change files that the rules do not name."""
    return landlock.version() > 0


def own_environment(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return an environment in which temporary files, caches and settings are in a process's own folder."""
    home, temporary = folder / HOME, folder / TEMPORARY
    for place in (home, temporary):
        place.mkdir(exist_ok=True)
    kept = {name: value for name, value in environment.items() if not name.startswith(OWN_PREFIX)}
    return {
        **kept,
        **dict.fromkeys(SETTINGS_AND_CACHES, str(home)),
        **dict.fromkeys(TEMPORARIES, str(temporary)),
        # packages that were installed for one user are below the home folder
        "PYTHONUSERBASE": site.getuserbase(),
    }


def _rights(folder: str, rules: Rules, imports: Sequence[str]) -> list[tuple[str, int]]:
    """Return the rights of this process; has Python import what is not in its libraries by links in ``folder``."""
    hidden = real(rules.hidden)
    readable = tuple(without(libraries(), hidden))
    modules = _link_imports(folder, imports, readable)
    itself = f"/proc/{os.getpid()}"
    # the system may forget which folder a rule on /proc is for, unless it is held open
    os.open(itself, os.O_RDONLY | os.O_DIRECTORY)
    return [
        *((path, landlock.READ) for path in (*readable, *without(real(modules), hidden))),
        *((path, landlock.READ) for path in (itself, *SETTINGS, *rules.reads)),
        *((path, landlock.READ | landlock.WRITE) for path in (folder, SHARED_MEMORY, *rules.writes)),
        *((path, landlock.USE_DEVICE) for path in _devices()),
    ]


def _link_imports(folder: str, imports: Sequence[str], readable: Sequence[str]) -> list[str]:
    """Have Python import what is in ``imports``, and on ``sys.path``, from folders of links; return what they link to.

    Python lists the folders that it imports from, and Landlock lets a process list a folder only with all below it.
    """
    whole = (*readable, *real([folder]))
    to_link = [i for i, entry in enumerate(sys.path) if not _all_within(real([entry or "."]), whole)]
    folders = [*(str(Path(sys.path[i]).absolute()) for i in to_link), *imports]
    links = link_modules(folders, f"{folder}/{IMPORTS}")
    for i, link in zip(to_link, links, strict=False):
        sys.path[i] = link
    sys.path.extend(links[len(to_link) :])
    os.environ["PYTHONPATH"] = os.pathsep.join(links)
    return [path for one in folders for path in ([one] if is_package(one) else modules_in(one))]


def _limit_open_files() -> None:
    """Have this process, and each that it starts, hold no more files open than the bench can look at."""
    limits = (
        MOST_OPEN if limit == resource.RLIM_INFINITY else limit for limit in resource.getrlimit(resource.RLIMIT_NOFILE)
    )
    soft, hard = (min(limit, MOST_OPEN) for limit in limits)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _devices() -> list[str]:
    return [*(f"/dev/{name}" for name in DEVICES), *starting_with("/dev", "nvidia")]


def _all_within(paths: Sequence[str], folders: Sequence[str]) -> bool:
    return all(any(is_within(path, folder) for folder in folders) for path in paths)
