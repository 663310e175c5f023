"""The numbers of the system calls that a process may not make, on each kind of processor."""

from __future__ import annotations

import os
from dataclasses import dataclass

IO_OF_PROCESS = 1  # as ioprio_set says it
LEASE, NOTIFY = 1024, 1026  # commands of fcntl
# commands of ioctl for which reading a file suffices: set its flags (FS_IOC_SETFLAGS, FS_IOC32_SETFLAGS,
# FS_IOC_FSSETXATTR), or as root hold up its file system or trim it (FIFREEZE, FITHAW, FITRIM)
OF_FILES = (0x40086602, 0x40046602, 0x401C5820, 0xC0045877, 0xC0045878, 0xC0185879)


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
    utimensat: int
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
        utimensat=280,
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
        without_effect=(*range(90, 95), 132, *range(188, 191), *range(197, 200), 235, 260, 261, 268, *ADDED_LATER),
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
        utimensat=88,
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
        without_effect=(*range(5, 8), *range(14, 17), *range(52, 56), *ADDED_LATER),
        of_one_process=((261, 0), (140, 1), (30, 1), (118, 0), (119, 0), (122, 0), (274, 0), (238, 0), (239, 0)),
        of_one_kind=((140, os.PRIO_PROCESS), (30, IO_OF_PROCESS)),
        commands=((25, (LEASE, NOTIFY)), (29, OF_FILES)),
    ),
}
