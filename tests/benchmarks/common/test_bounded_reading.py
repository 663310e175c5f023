from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.common.bounded_reading import read_file


@pytest.mark.timeout(10)
@pytest.mark.parametrize("kind", ["FIFO", "device", "folder", "link to nothing", "link to itself", "too large"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    match kind:
        case "FIFO":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "too large":
            path.write_bytes(b"x" * 11)
        case _:
            path.symlink_to({"device": "/dev/zero", "link to nothing": "/nowhere"}.get(kind, str(path)))
    with pytest.raises(OSError) as error:
        read_file(path, largest=10)
    assert not isinstance(error.value, FileNotFoundError)


def test_a_file_is_read_and_an_absent_one_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    assert read_file(tmp_path / "file") == b"content"
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "other")
