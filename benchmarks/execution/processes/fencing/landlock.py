"""Landlock: Linux takes from a process, for good and for all that it starts, the right to files and signals."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import sys
from collections.abc import Iterable, Mapping
from functools import cache

# the numbers of the system calls are the same on every architecture that Python runs on
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_FOR_VERSION, PATH_BENEATH = 1, 1
PR_SET_NO_NEW_PRIVS = 38

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = (1 << bit for bit in range(4))
TRUNCATE, IOCTL_DEV = 1 << 14, 1 << 15
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV  # what a rule for one file may give
READ = EXECUTE | READ_FILE | READ_DIR
USE_DEVICE = READ_FILE | READ_DIR | WRITE_FILE | IOCTL_DEV
WRITE = ((1 << 15) - 1) & ~(1 << 6 | 1 << 11)  # everything but making devices
RIGHTS_OF_VERSION = {1: 13, 2: 14, 3: 15, 5: 16}  # how many rights to files each version of Landlock added up to
TCP = 1 << 0 | 1 << 1  # binding and connecting
ABSTRACT_SOCKETS_AND_SIGNALS = 1 << 0 | 1 << 1
FIRST_WITH_TRUNCATE, FIRST_WITH_TCP, FIRST_WITH_SCOPES = 3, 4, 6


class _RulesetAttributes(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("rights", ctypes.c_uint64), ("folder", ctypes.c_int32))


@cache
def version() -> int:
    """Return the version of Landlock that the system has; 0 where there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(int(_library().syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(ASK_FOR_VERSION))), 0)


def restrict(rights: Iterable[tuple[str, int]], tcp: bool) -> None:
    """Leave this process the given rights to files and what is below folders, and no other; ``tcp``: all of TCP too.

    A path that does not exist is passed over. Signals to processes outside are forbidden from version 6 on.
    Raises OSError.
    """
    known = version()
    handled = (1 << max(n for first, n in RIGHTS_OF_VERSION.items() if first <= known)) - 1
    attributes = _RulesetAttributes(handled)
    size = 8
    if known >= FIRST_WITH_TCP:
        attributes.network, size = 0 if tcp else TCP, 16
    if known >= FIRST_WITH_SCOPES:
        attributes.scoped, size = ABSTRACT_SOCKETS_AND_SIGNALS, 24
    ruleset = _call(CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        for path, given in _merged(rights).items():
            _add(ruleset, path, given & handled)
        forbid_new_privileges()
        _call(RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def forbid_new_privileges() -> None:
    """Have programs that this process starts get no rights that it lacks itself; raises OSError."""
    zero = ctypes.c_ulong(0)
    if _library().prctl(PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero):
        raise OSError(ctypes.get_errno(), "no_new_privs cannot be set")


def _merged(rights: Iterable[tuple[str, int]]) -> Mapping[str, int]:
    merged: dict[str, int] = {}
    for path, given in rights:
        merged[path] = merged.get(path, 0) | given
    return merged


def _add(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= OF_FILES
        beneath = _PathBeneath(rights, descriptor)
        _call(ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(PATH_BENEATH), ctypes.byref(beneath), ctypes.c_uint32(0))
    except OSError as error:
        if error.errno != errno.EBADFD:  # a file system of the kernel's own, on which rules have no meaning
            raise
    finally:
        os.close(descriptor)


def _call(*arguments: object) -> int:
    result: int = _library().syscall(*arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock refuses a rule ({os.strerror(code)})")
    return result


@cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
