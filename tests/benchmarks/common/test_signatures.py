"""Signed folders: what is one's own, and what a change or a missing key does."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.common.signatures import SIGNATURE, is_own, key_file, sign


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "folder"
    (place / "inner").mkdir(parents=True)
    (place / "a").write_text("1")
    (place / "inner" / "b").write_text("2")
    return place


def test_a_signed_folder_is_ones_own_wherever_it_lies(folder: Path, tmp_path: Path) -> None:
    assert not is_own(folder)
    sign(folder)
    assert is_own(folder)
    assert is_own(folder.rename(tmp_path / "elsewhere"))


def test_only_the_user_can_read_the_key(folder: Path) -> None:
    sign(folder)
    assert key_file().stat().st_mode & 0o777 == 0o600 and len(key_file().read_bytes()) == 32
    assert [path.name for path in key_file().parent.iterdir()] == ["key"]
    before = key_file().read_bytes()
    sign(folder)
    assert key_file().read_bytes() == before


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "a").write_text("2"),
        lambda folder: (folder / "inner" / "b").unlink(),
        lambda folder: (folder / "a").rename(folder / "c"),
        lambda folder: (folder / "new").write_text(""),
        lambda folder: (folder / "new").symlink_to(folder / "a"),
        lambda folder: os.mkfifo(folder / "new"),
        lambda folder: (folder / SIGNATURE).write_text("0" * 64),
        lambda folder: (folder / SIGNATURE).write_text(""),
        lambda folder: (folder / SIGNATURE).write_bytes(bytes(100_000)),
        lambda folder: key_file().write_bytes(b"x" * 32),
        lambda folder: key_file().write_bytes(b"x"),
        lambda folder: key_file().chmod(0o644),
        lambda folder: key_file().unlink(),
    ],
)
def test_what_was_changed_is_not(folder: Path, change: Callable[[Path], object]) -> None:
    sign(folder)
    change(folder)
    assert not is_own(folder)


def test_without_a_home_nothing_is_signed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr(Path, "home", nowhere)
    with pytest.raises(OSError, match="no home"):
        sign(folder)
    assert not is_own(folder)


def test_a_key_that_others_can_read_signs_nothing(folder: Path) -> None:
    sign(folder)
    key_file().chmod(0o644)
    with pytest.raises(OSError, match="delete it"):
        sign(folder)
