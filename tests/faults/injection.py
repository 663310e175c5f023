"""Injects faults into file operations: the n-th one kills the process, or fails as on a bad or full disk."""

from __future__ import annotations

import builtins
import errno
import io
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from unittest import mock

from benchmarks.common.errors import BenchError

Kind = Literal["kill", "EIO", "ENOSPC", "EROFS"]
KINDS: tuple[Kind, ...] = ("kill", "EIO", "ENOSPC", "EROFS")
CHANGING = ("replace", "rename", "unlink", "mkdir", "rmdir", "chmod", "fsync", "ftruncate", "sendfile", "link", "utime")
NEEDS_SPACE = ("open", "write", "mkdir", "sendfile", "fsync")
DONE, REFUSED, BROKEN, KILLED = 0, 2, 1, 9


@dataclass
class Fault:
    """A fault at file operation number ``at``, counted from 0; -1 for none, so that operations are counted only.

    A bad disk fails once, a full or read-only one stays so.
    """

    at: int = -1
    kind: Kind = "kill"
    count: int = 0
    names: list[str] = field(default_factory=list)

    def strikes(self, name: str) -> bool:
        """Count an operation; return whether it is to fail, or end the process."""
        n, self.count = self.count, self.count + 1
        self.names.append(name)
        if self.at < 0 or n < self.at or (self.kind in ("kill", "EIO") and n > self.at):
            return False
        if self.kind == "kill":
            os._exit(KILLED)
        return self.kind != "ENOSPC" or name in NEEDS_SPACE

    def error(self) -> OSError:
        number = getattr(errno, self.kind)
        return OSError(number, os.strerror(number))


class FaultyFile:
    """A file that is written to; its writes are operations that can fail halfway."""

    def __init__(self, file: Any, fault: Fault) -> None:
        self.file, self.fault = file, fault

    def __enter__(self) -> FaultyFile:
        return self

    def __exit__(self, *details: object) -> None:
        self.file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def write(self, content: Any) -> int:
        half = content[: len(content) // 2]
        if self.fault.at == self.fault.count:
            self.file.write(half)
            self.file.flush()
        if self.fault.strikes("write"):
            raise self.fault.error()
        return int(self.file.write(content))


@contextmanager
def faults(fault: Fault) -> Iterator[None]:
    """Wrap what changes files: functions of ``os``, and opening and writing."""
    opened = _file_open(fault)
    with ExitStack() as stack:
        for name in CHANGING:
            stack.enter_context(mock.patch.object(os, name, _wrapped(name, fault)))
        stack.enter_context(mock.patch.object(os, "open", _os_open(fault)))
        for module in (io, builtins):
            stack.enter_context(mock.patch.object(module, "open", opened))
        yield


def _wrapped(name: str, fault: Fault) -> Callable[..., Any]:
    original = getattr(os, name)

    def call(*arguments: Any, **named: Any) -> Any:
        if fault.strikes(name):
            raise fault.error()
        return original(*arguments, **named)

    return call


def _os_open(fault: Fault) -> Callable[..., int]:
    original = os.open

    def call(path: Any, flags: int, *arguments: Any, **named: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and fault.strikes("open"):
            raise fault.error()
        return original(path, flags, *arguments, **named)

    return call


def _file_open(fault: Fault) -> Callable[..., Any]:
    original = io.open

    def call(file: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        if not set(mode) & set("wax+"):
            return original(file, mode, *arguments, **named)
        if fault.strikes("open"):
            raise fault.error()
        return FaultyFile(original(file, mode, *arguments, **named), fault)

    return call


def operations(action: Callable[[], object]) -> list[str]:
    """Return the names of the file operations of an action, which is carried out."""
    fault = Fault()
    with faults(fault):
        action()
    return fault.names


def ending_with(action: Callable[[], object], fault: Fault, said: Path) -> int:
    """Carry out an action in a process of its own, with a fault; return how it ended, its error in ``said``."""
    process = os.fork()
    if process == 0:
        code = BROKEN
        try:
            with faults(fault):
                action()
            code = DONE
        except BenchError as error:
            said.write_text(str(error))
            code = REFUSED
        except BaseException:
            said.write_text(traceback.format_exc())
        finally:
            sys.stdout.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
