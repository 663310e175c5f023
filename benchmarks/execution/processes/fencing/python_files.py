"""Which files a Python process needs to run and to import: its libraries, and the modules in given folders."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.machinery import all_suffixes
from os.path import join

PARTS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32", "libexec", "include", "share")
SYSTEM = ("/", "/usr", "/usr/local")
FURTHER = (("/usr/local", "cuda"), ("/opt", "rocm"), ("/opt", "intel"), ("/nix", "store"), ("/gnu", "store"))
PACKAGE_FOLDERS = ("site-packages", "dist-packages")
METADATA = (".dist-info", ".egg-info")
SETTINGS_IN_ETC = (
    *("ld.so.cache", "ld.so.preload", "localtime", "timezone", "locale.conf", "os-release", "mime.types"),
    *("passwd", "group", "nsswitch.conf", "hosts", "host.conf", "resolv.conf", "gai.conf", "services", "protocols"),
    *("fonts", "ssl/openssl.cnf", "ssl/certs", "ssl/cert.pem", "pki/tls", "ca-certificates", "OpenCL"),
)
OF_THE_KERNEL = (
    *(f"/proc/{name}" for name in ("cpuinfo", "meminfo", "stat", "vmstat", "zoneinfo", "loadavg", "uptime", "version")),
    *("/proc/filesystems", "/proc/devices", "/proc/sys", "/proc/driver"),
    *("/sys/devices", "/sys/class", "/sys/bus", "/sys/module", "/sys/fs/cgroup", "/dev/random", "/dev/urandom"),
)


SETTINGS = (*(join("/etc", name) for name in SETTINGS_IN_ETC), *OF_THE_KERNEL)
"""Files and folders that libraries read to know the system; no module is in them."""


@cache
def libraries() -> tuple[str, ...]:
    """Return the files and folders that Python, installed packages and the system's libraries are in."""
    prefixes = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
    return real(
        [
            *(join(prefix, part) for prefix in prefixes - {*SYSTEM} for part in (*PARTS, "pyvenv.cfg", "etc", "ssl")),
            *(join(prefix, part) for prefix in SYSTEM for part in PARTS),
            *(path for folder, start in FURTHER for path in starting_with(folder, start)),
            *(entry for entry in sys.path if entry.endswith(PACKAGE_FOLDERS)),
            *filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)),
            *_editable_installs(),
        ]
    )


def real(paths: Iterable[str]) -> tuple[str, ...]:
    """Return those of the paths that there are, with every link followed, each once."""
    found = {}
    for path in paths:
        with contextlib.suppress(OSError):
            # the kernel follows links much faster than ``os.path.realpath``
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
            try:
                found[os.readlink(f"/proc/self/fd/{descriptor}")] = True
            finally:
                os.close(descriptor)
    return tuple(found)


def modules_in(folder: str) -> list[str]:
    """Return what can be imported from a folder: its modules, whole packages, and the metadata of distributions.

    A folder without ``__init__.py`` is none of these: data may lie there.
    """
    suffixes = (*all_suffixes(), *METADATA, ".zip", ".egg")
    try:
        names = sorted(os.listdir(folder))
    except OSError:  # an entry of sys.path may be an archive, or nothing
        return [folder] if os.path.isfile(folder) else []
    paths = [join(folder, name) for name in names]
    return [path for path in paths if path.endswith(suffixes) or is_package(path)]


def starting_with(folder: str, start: str) -> list[str]:
    """Return the paths in a folder whose names start so; ``glob`` would compile a regular expression for each."""
    try:
        return [join(folder, name) for name in os.listdir(folder) if name.startswith(start)]
    except OSError:
        return []


def is_package(folder: str) -> bool:
    """Return whether a folder is a package of Python's, with all that lies in it."""
    return os.path.exists(join(folder, "__init__.py"))


def link_modules(folders: Sequence[str], into: str) -> list[str]:
    """Link what can be imported from each folder into a new one, which Python may list; return those, in this order."""
    links = [join(into, str(number)) for number in range(len(folders))]
    for folder, own in zip(folders, links, strict=True):
        os.makedirs(own)
        for path in modules_in(folder):
            os.symlink(path, join(own, os.path.basename(path)))
    return links


def without(paths: Iterable[str], hidden: Sequence[str]) -> Iterator[str]:
    """Yield the paths; in place of a folder that holds a hidden one, what else lies in it. No path is a link."""
    for path in paths:
        inside = [one for one in hidden if is_within(one, path)]
        if not inside:
            yield path
        elif path not in inside and os.path.isdir(path):
            with os.scandir(path) as entries:
                children = [entry.path for entry in entries if not entry.is_symlink()]
            yield from without(children, inside)


def is_within(path: str, folder: str) -> bool:
    """Return whether a path is a folder or lies in it; neither is a link."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _editable_installs() -> Iterator[str]:
    """Yield the packages that setuptools has imported from where they are developed."""
    for name, module in [*sys.modules.items()]:
        if name.startswith("__editable__"):
            yield from map(str, getattr(module, "MAPPING", {}).values())
