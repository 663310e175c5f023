"""Libraries write notices to the error output, below Python; they are kept off the screen unless something fails."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.common.errors import BenchError

STANDARD_ERROR = 2


@contextmanager
def without_notices() -> Iterator[None]:
    """Take what is written to the error output, also by libraries in C; write it after an unexpected error."""
    sys.stderr.flush()
    screen = os.dup(STANDARD_ERROR)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), STANDARD_ERROR)
        unexpected = True
        try:
            yield
            unexpected = False
        except BenchError:
            unexpected = False
            raise
        finally:
            sys.stderr.flush()
            os.dup2(screen, STANDARD_ERROR)
            os.close(screen)
            if unexpected:
                kept.seek(0)
                os.write(STANDARD_ERROR, kept.read())
