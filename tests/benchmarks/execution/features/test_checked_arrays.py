from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.execution.features.checked_arrays import ChangedFileError, read_array, read_bytes, write_array
from benchmarks.execution.features.shared_arrays import SharedArrays

MATRIX = np.arange(12, dtype=np.float32).reshape(4, 3)


@pytest.mark.parametrize(
    "array", [MATRIX, MATRIX.T, MATRIX[::2], np.zeros((0, 28, 28), np.uint8), np.arange(5), MATRIX.astype(">f8")]
)
def test_an_array_is_read_as_it_was_written_and_cannot_be_written_to(tmp_path: Path, array: NDArray[Any]) -> None:
    digest = write_array(tmp_path / "a.npy", array)
    again = read_array(tmp_path / "a.npy", digest)
    assert again.dtype == array.dtype and again.shape == array.shape and (again == array).all()
    assert (np.load(tmp_path / "a.npy") == array).all()
    assert [path.name for path in tmp_path.iterdir()] == ["a.npy"]
    if again.size:
        with pytest.raises(ValueError, match="read-only"):
            again[0] = 9


def test_a_later_change_of_the_file_does_not_reach_who_has_read_it(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    read = read_array(path, write_array(path, MATRIX))
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.seek(-4, os.SEEK_END)
        file.write(b"\xff\xff\xff\xff")
    assert (read == MATRIX).all()


def test_an_array_of_objects_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Python objects"):
        write_array(tmp_path / "a.npy", np.array([object()]))


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content[:-1] + b"\x01",
        lambda content: content[:-1],
        lambda content: content + b"\0",
        lambda content: b"",
        lambda content: content.replace(b"(4, 3)", b"(3, 4)"),
        lambda content: content.replace(b"(4, 3)", b"(9**9,"),
        lambda content: content.replace(b"<f4", b"|O "),
        lambda content: b"\x93NUMPY\x01\x00\xff\xff",
        None,
    ],
)
def test_a_file_that_was_changed_is_said_so_by_its_name(tmp_path: Path, change: object) -> None:
    path = tmp_path / "a.npy"
    digest = write_array(path, MATRIX)
    content = path.read_bytes()
    path.unlink()
    if callable(change):
        path.write_bytes(change(content))
    with pytest.raises(ChangedFileError, match=r"a\.npy was changed"):
        read_array(path, digest)
    with pytest.raises(ChangedFileError, match=r"a\.npy was changed"):
        read_bytes(path, digest)


def test_neither_a_link_nor_a_fifo_is_followed(tmp_path: Path) -> None:
    digest = write_array(tmp_path / "real.npy", MATRIX)
    (tmp_path / "link.npy").symlink_to(tmp_path / "real.npy")
    os.mkfifo(tmp_path / "fifo.npy")
    for name in ("link.npy", "fifo.npy"):
        with pytest.raises(ChangedFileError):
            read_array(tmp_path / name, digest)


def test_shared_arrays_are_written_again_where_they_were_changed(tmp_path: Path) -> None:
    shared = SharedArrays(tmp_path / "arrays", {"a.npy": MATRIX, "b.npy": MATRIX + 1, "c.npy": MATRIX + 2})
    assert shared.mend() == []
    state = (shared.folder / "a.npy").stat()
    (shared.folder / "a.npy").chmod(0o644)
    (shared.folder / "a.npy").write_bytes(bytes(state.st_size))
    os.utime(shared.folder / "a.npy", ns=(state.st_atime_ns, state.st_mtime_ns))
    (shared.folder / "b.npy").chmod(0o666)  # the same content: nothing to blame anybody for
    (shared.folder / "c.npy").unlink()
    assert shared.mend() == ["a.npy", "c.npy"]
    assert shared.mend() == []
    for name, array in (("a.npy", MATRIX), ("b.npy", MATRIX + 1), ("c.npy", MATRIX + 2)):
        assert (read_array(shared.folder / name, shared.checksums[name]) == array).all()


def test_shared_arrays_come_back_after_their_folder_was_deleted(tmp_path: Path) -> None:
    shared = SharedArrays(tmp_path / "arrays", {"a.npy": MATRIX})
    (shared.folder / "a.npy").unlink()
    shared.folder.rmdir()
    assert shared.mend() == ["a.npy"]
    assert (read_array(shared.folder / "a.npy", shared.checksums["a.npy"]) == MATRIX).all()
