"""The command line of digitbench: parse → plan → run → report."""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)
LONGEST_MESSAGE = 4000  # characters; names that it quotes may be of any length


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say; return the exit code."""
    try:
        try:
            return run_command(arguments)
        finally:
            if sys.stdout:
                sys.stdout.flush()
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] in ("benchmarks", "models", "features"):
            raise
        print(f"bench.py: {error.name} is not installed; 'make setup', then .venv/bin/python bench.py", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        discard_output()
        return 1
    except OSError as error:
        if error.filename is not None or error.errno not in UNWRITABLE:
            raise
        discard_output()
        print(f"bench.py: the output cannot be written ({error.strerror})", file=sys.stderr)
        return 1


def discard_output() -> None:
    """Write what is left of the output nowhere; otherwise Python would complain when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run_command(arguments: Sequence[str]) -> int:
    """Parse the arguments and carry out the command; an error of the user's is one line."""
    from benchmarks.cli.parser import parse
    from benchmarks.common.errors import BenchError
    from features.naming import UnknownNameError

    try:
        return parse(arguments)()
    except (BenchError, UnknownNameError) as error:
        print(f"bench.py: {shortened(str(error))}", file=sys.stderr)
        return 2
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        print(f"bench.py: '{error.filename!s:.60}…' is too long for a name or a path; give another", file=sys.stderr)
        return 2


def shortened(message: str) -> str:
    """Return a message without the middle of a long one: what is wrong stands first, and what to do last."""
    half = LONGEST_MESSAGE // 2
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:half]} … {message[-half:]}"


def prepare_process() -> None:
    """Find the suite with PYTHONSAFEPATH too, and print a question mark for what the output's encoding lacks."""
    root = str(Path(__file__).resolve().parent)
    if root not in sys.path:
        sys.path.insert(0, root)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


if __name__ == "__main__":
    prepare_process()
    # collecting garbage among what was imported, during imports and at exit, would take a sixth of the time of ``list``
    gc.set_threshold(50_000)
    try:
        sys.exit(main(sys.argv[1:]))
    finally:
        gc.freeze()
