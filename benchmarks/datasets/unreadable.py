"""What reading a stored .npz file can raise."""

from __future__ import annotations

import zipfile
import zlib

UNREADABLE = (OSError, EOFError, KeyError, ValueError, RuntimeError, zlib.error, zipfile.BadZipFile)
"""The errors of a file that is absent, cut short, empty, or holds something else."""
