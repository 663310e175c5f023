"""A seccomp filter: system calls that Landlock does not cover, taken from a process and from all that it starts.

Sockets, io_uring (which would go round the filter), limits, priorities and processors of other processes are refused,
and what would let trials leave something to later ones (System V and message queues, the kernel's keys, files of
another user), look into other processes, watch folders, hold up whoever else opens a file (leases), set the flags of a
file, change what a process sees of the system, or, as root, set the clock or the names of the machine. Changing modes,
owners, times and extended attributes of files has no effect: libraries do so with their own files, and Linux cannot
tell by the path.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from benchmarks.execution.processes.fencing.landlock import forbid_new_privileges

SET_MODE_FILTER, GET_ACTION_AVAILABLE = 1, 2
# without this flag older kernels slow the process down, against attacks on it by its own code
ALLOW_SPECULATION = 1 << 2
RETURN_ALLOW, RETURN_ERROR = 0x7FFF0000, 0x00050000
LOAD, JUMP_IF_EQUAL, JUMP_IF_AT_LEAST, JUMP_IF_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # offsets in what the filter is given
X32 = 0x40000000  # the calls of another interface of the same processor
IO_OF_PROCESS = 1  # as ioprio_set says it
NAMESPACES = 0x7E020000  # CLONE_NEW…: what a new process would see otherwise
LEASE, NOTIFY = 1024, 1026  # commands of fcntl
# commands of ioctl for which reading a file suffices: set its flags (FS_IOC_SETFLAGS, FS_IOC32_SETFLAGS,
# FS_IOC_FSSETXATTR), or as root hold up its file system or trim it (FIFREEZE, FITHAW, FITRIM)
OF_FILES = (0x40086602, 0x40046602, 0x401C5820, 0xC0045877, 0xC0045878, 0xC0185879)
INTERNET = (socket.AF_INET, socket.AF_INET6, 16)  # and netlink, by which names of hosts are resolved


@dataclass(frozen=True)
class Calls:
    """The numbers of system calls on one kind of processor.

    ``without_effect`` change what a file is, beside its content. ``of_one_process``: which argument of a call names a
    process, which has to be this one. ``of_one_kind``: what the first argument has to be for that, as it could also be
    a group of processes, or all of the user's. ``commands``: the second arguments of a call that are refused.
    """

    audit_name: int
    seccomp: int
    socket: int
    clone: int
    refused: tuple[int, ...]
    without_effect: tuple[int, ...]
    of_one_process: tuple[tuple[int, int], ...]
    of_one_kind: tuple[tuple[int, int], ...]
    commands: tuple[tuple[int, tuple[int, ...]], ...]


ADDED_LATER = (452, 463, 466, 469)  # fchmodat2, setxattrat, removexattrat, file_setattr: the same everywhere
# io_uring_…, open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, clone3 (whose flags a filter cannot see, and in
# place of which libraries take clone), pidfd_getfd, process_madvise, mount_setattr
REFUSED_EVERYWHERE = (*range(425, 434), 435, 438, 440, 442)
CALLS = {
    "x86_64": Calls(
        audit_name=0xC000003E,
        seccomp=317,
        socket=41,
        clone=56,
        refused=(
            *REFUSED_EVERYWHERE,
            *(*range(29, 32), *range(64, 72), 220, *range(240, 246)),  # shm…, sem…, msg…, mq_…
            *range(248, 251),  # add_key, request_key, keyctl
            *(101, 298, 310, 311, 312, 321, 323),  # ptrace, perf_event_open, process_vm_…, kcmp, bpf, userfaultfd
            *(
                155,
                161,
                165,
                166,
                272,
                304,
                308,
            ),  # pivot_root, chroot, mount, umount2, unshare, open_by_handle_at, setns
            *(253, 254, 294, 300, 301),  # inotify_…, fanotify_…
            *(
                103,
                153,
                159,
                163,
                164,
                227,
                305,
            ),  # syslog, vhangup, adjtimex, acct, settimeofday, clock_…
            *(*range(167, 172), 175, 176, 313),  # swapon, swapoff, reboot, sethostname, setdomainname, …_module
            *(179, 246, 320, 443),  # quotactl, kexec_…, quotactl_fd
            *(105, 106, 113, 114, 116, 117, 119, 122, 123, 126),  # set…uid, set…gid, setgroups, capset
        ),
        # chmod, fchmod, chown, fchown, lchown, utime, setxattr and the like, removexattr and the like, utimes, …
        without_effect=(*range(90, 95), 132, *range(188, 191), *range(197, 200), 235, 260, 261, 268, 280, *ADDED_LATER),
        # prlimit64, setpriority, ioprio_set, sched_setparam, …scheduler, …affinity, …attr, migrate_pages, move_pages
        of_one_process=((302, 0), (141, 1), (251, 1), (142, 0), (144, 0), (203, 0), (314, 0), (256, 0), (279, 0)),
        of_one_kind=((141, os.PRIO_PROCESS), (251, IO_OF_PROCESS)),
        commands=((72, (LEASE, NOTIFY)), (16, OF_FILES)),
    ),
    "aarch64": Calls(
        audit_name=0xC00000B7,
        seccomp=277,
        socket=198,
        clone=220,
        refused=(
            *REFUSED_EVERYWHERE,
            *range(180, 198),  # mq_…, msg…, sem…, shm…
            *range(217, 220),
            *(117, 241, 270, 271, 272, 280, 282),
            *(39, 40, 41, 51, 97, 265, 268),
            *(26, 27, 262, 263),
            *(58, 60, 89, 104, 105, 106, 112, 116, 142, 161, 162, 170, 171, 224, 225, 266, 273, 294, 443),
            *(91, *range(143, 148), 149, 151, 152, 159),
        ),
        without_effect=(*range(5, 8), *range(14, 17), *range(52, 56), 88, *ADDED_LATER),
        of_one_process=((261, 0), (140, 1), (30, 1), (118, 0), (119, 0), (122, 0), (274, 0), (238, 0), (239, 0)),
        of_one_kind=((140, os.PRIO_PROCESS), (30, IO_OF_PROCESS)),
        commands=((25, (LEASE, NOTIFY)), (29, OF_FILES)),
    ),
}


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
    yield from _argument_among(calls.socket, 0, INTERNET if network else (), errno.EACCES)
    yield from _unless_any_bit(calls.clone, NAMESPACES, errno.EPERM)
    for number, commands in calls.commands:
        yield from _if_second_argument(number, commands, errno.EPERM)
    for number, kind in calls.of_one_kind:
        yield from _unless_first_argument(number, kind, errno.EPERM)
    for number, argument in calls.of_one_process:
        yield from _argument_among(number, argument, (0, os.getpid()), errno.EPERM)
    yield _instruction(RETURN, RETURN_ALLOW)


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
