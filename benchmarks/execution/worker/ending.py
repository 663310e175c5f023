"""The end of a worker process: at once, whatever runs in it, and the first one to go where memory runs out."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import traceback
from pathlib import Path
from typing import NoReturn

FLUSH_S = 2.0


def print_traceback() -> None:
    """Print the traceback of the exception that is handled, where there is an output."""
    with contextlib.suppress(BaseException):  # a model may have closed the output
        traceback.print_exc()


def end_now() -> NoReturn:
    """End this process whatever threads and exit handlers a model left: the answer is complete."""
    flushing = threading.Thread(target=_flush, daemon=True)
    flushing.start()
    flushing.join(FLUSH_S)  # a thread of the model may hold the output's lock
    os._exit(0)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()


def end_first_without_memory() -> None:
    """Where memory runs out before the bench sees it, have Linux end this process and no other."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{os.getpid()}/oom_score_adj").write_text("1000", encoding="ascii")
