"""A seccomp filter: system calls that Landlock does not cover, taken from a process and from all that it starts.

Sockets, io_uring (which would go round the filter), limits, priorities and processors of other processes are refused,
and what would let trials leave something to later ones (System V and message queues, the kernel's keys, files of
another user), look into other processes, watch folders, hold up whoever else opens a file (leases), set the flags of a
file, change what a process sees of the system, or, as root, set the clock or the names of the machine. Changing modes,
owners, times and extended attributes of files has no effect: libraries do so with their own files, and Linux cannot
tell by the path. To set them to now fails, as ``Path.touch`` tries that first and makes no file where it succeeds.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
import sys
from collections.abc import Iterator
from functools import cache

from benchmarks.execution.processes.fencing.call_numbers import CALLS, Calls
from benchmarks.execution.processes.fencing.landlock import forbid_new_privileges

SET_MODE_FILTER, GET_ACTION_AVAILABLE = 1, 2
# without this flag older kernels slow the process down, against attacks on it by its own code
ALLOW_SPECULATION = 1 << 2
RETURN_ALLOW, RETURN_ERROR = 0x7FFF0000, 0x00050000
LOAD, JUMP_IF_EQUAL, JUMP_IF_AT_LEAST, JUMP_IF_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # offsets in what the filter is given
X32 = 0x40000000  # the calls of another interface of the same processor
NAMESPACES = 0x7E020000  # CLONE_NEW…: what a new process would see otherwise
INTERNET = (socket.AF_INET, socket.AF_INET6, 16)  # and netlink, by which names of hosts are resolved


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


@cache
def can_filter() -> bool:
    """Return whether the system has such filters, and the numbers of its calls are known."""
    calls = _calls()
    if calls is None:
        return False
    action = ctypes.c_uint32(RETURN_ERROR)
    return bool(_seccomp(calls, GET_ACTION_AVAILABLE, 0, ctypes.byref(action)) == 0)


def refuse_calls(network: bool) -> None:
    """Take these calls from this process; ``network`` leaves it the internet. Nothing happens without such filters.

    Raises OSError.
    """
    calls = _calls()
    if calls is None or not can_filter():
        return
    instructions = b"".join(_instructions(calls, network))
    program = _Program(len(instructions) // 8, instructions)
    forbid_new_privileges()
    if _seccomp(calls, SET_MODE_FILTER, ALLOW_SPECULATION, ctypes.byref(program)):
        code = ctypes.get_errno()
        raise OSError(code, f"system calls cannot be filtered ({os.strerror(code)})")


def _instructions(calls: Calls, network: bool) -> Iterator[bytes]:
    """Yield the filter's program: each check returns at once or goes on to the next."""
    yield _instruction(LOAD, ARCHITECTURE)
    yield from _unless_equal(calls.audit_name, _error(errno.ENOSYS))
    yield _instruction(LOAD, NUMBER)
    yield _instruction(JUMP_IF_AT_LEAST, X32, 0, 1)
    yield _error(errno.ENOSYS)
    for numbers, code in ((calls.refused, errno.ENOSYS), (calls.without_effect, 0)):
        for number in numbers:
            yield _instruction(JUMP_IF_EQUAL, number, 0, 1)
            yield _error(code)
    yield from _unless_null(calls.utimensat, 2, errno.EPERM)
    yield from _argument_among(calls.socket, 0, INTERNET if network else (), errno.EACCES)
    yield from _unless_any_bit(calls.clone, NAMESPACES, errno.EPERM)
    for number, commands in calls.commands:
        yield from _if_second_argument(number, commands, errno.EPERM)
    for number, kind in calls.of_one_kind:
        yield from _unless_first_argument(number, kind, errno.EPERM)
    for number, argument in calls.of_one_process:
        yield from _argument_among(number, argument, (0, os.getpid()), errno.EPERM)
    yield _instruction(RETURN, RETURN_ALLOW)


def _unless_null(number: int, argument: int, code: int) -> Iterator[bytes]:
    """Yield what refuses a call if an argument is a null pointer, and leaves it without effect if not."""
    low = FIRST_ARGUMENT + 8 * argument
    yield _instruction(JUMP_IF_EQUAL, number, 0, 6)
    yield _instruction(LOAD, low)
    yield _instruction(JUMP_IF_EQUAL, 0, 0, 3)
    yield _instruction(LOAD, low + 4)
    yield _instruction(JUMP_IF_EQUAL, 0, 0, 1)
    yield _error(code)
    yield _error(0)


def _argument_among(number: int, argument: int, allowed: tuple[int, ...], code: int) -> Iterator[bytes]:
    """Yield what refuses a call unless an argument has one of these values."""
    yield _instruction(JUMP_IF_EQUAL, number, 0, len(allowed) + 3)
    yield _instruction(LOAD, FIRST_ARGUMENT + 8 * argument)
    for left, value in zip(range(len(allowed), 0, -1), allowed, strict=True):
        yield _instruction(JUMP_IF_EQUAL, value, left, 0)
    yield _error(code)
    yield _instruction(RETURN, RETURN_ALLOW)


def _unless_first_argument(number: int, value: int, code: int) -> Iterator[bytes]:
    """Yield what refuses a call unless its first argument has this value, and goes on to other checks if it has."""
    yield _instruction(JUMP_IF_EQUAL, number, 0, 4)
    yield _instruction(LOAD, FIRST_ARGUMENT)
    yield from _unless_equal(value, _error(code))
    yield _instruction(LOAD, NUMBER)


def _unless_any_bit(number: int, bits: int, code: int) -> Iterator[bytes]:
    """Yield what refuses a call if its first argument has one of these bits, and goes on to other checks if not."""
    yield _instruction(JUMP_IF_EQUAL, number, 0, 4)
    yield _instruction(LOAD, FIRST_ARGUMENT)
    yield _instruction(JUMP_IF_ANY_BIT, bits, 0, 1)
    yield _error(code)
    yield _instruction(LOAD, NUMBER)


def _if_second_argument(number: int, values: tuple[int, ...], code: int) -> Iterator[bytes]:
    """Yield what refuses a call if its second argument has one of these values, and goes on to other checks if not."""
    yield _instruction(JUMP_IF_EQUAL, number, 0, 2 * len(values) + 2)
    yield _instruction(LOAD, FIRST_ARGUMENT + 8)
    for value in values:
        yield _instruction(JUMP_IF_EQUAL, value, 0, 1)
        yield _error(code)
    yield _instruction(LOAD, NUMBER)


def _unless_equal(value: int, otherwise: bytes) -> Iterator[bytes]:
    yield _instruction(JUMP_IF_EQUAL, value, 1, 0)
    yield otherwise


def _error(code: int) -> bytes:
    return _instruction(RETURN, RETURN_ERROR | code)


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _calls() -> Calls | None:
    if not sys.platform.startswith("linux") or sys.byteorder != "little" or sys.maxsize < 2**32:
        return None
    return CALLS.get(os.uname().machine)


def _seccomp(calls: Calls, operation: int, flags: int, argument: object) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    done: int = library.syscall(calls.seccomp, ctypes.c_uint(operation), ctypes.c_uint(flags), argument)
    return done
