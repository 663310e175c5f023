"""One download in a subprocess: NAME SHA256 MIRROR CACHE [LARGEST_FILE_IN_BYTES].

Prints ``ready``, then the path of the file; exits with code 2 and the message on a ``DownloadError``.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import requests

from benchmarks.datasets.sources.download import DownloadError, RemoteFile, fetch

IMPORTED_BEFORE_THE_DISK_IS_FULL = (requests,)


def main(name: str, sha256: str, mirror: str, cache: str, largest_file: str = "") -> int:
    if largest_file:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(largest_file), int(largest_file)))
    print("ready", flush=True)
    try:
        print(fetch(RemoteFile(name, sha256, (mirror,)), Path(cache)))
    except DownloadError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
