"""The command that runs a module of the suite in another Python process."""

from __future__ import annotations

import sys

from benchmarks.common.paths import ROOT

# not by PYTHONPATH, which cannot hold a path with a colon, nor by -m, for which PYTHONSAFEPATH hides the current folder
START = (
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)


def module_command(module: str, *arguments: str) -> list[str]:
    """Return the command that does what ``python -m module arguments…`` does, wherever the suite lies."""
    return [sys.executable, "-c", START, str(ROOT), module, *arguments]
