"""Where the cache is, with and without a home folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.common.paths import cache_folder


@pytest.fixture(autouse=True)
def _nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DIGITBENCH_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")


def test_the_cache_is_in_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "digitbench"


@pytest.mark.parametrize("home", ["", "relative", None])
def test_without_a_home_folder_it_is_never_in_the_working_folder(
    home: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    if home is None:

        def no_home(path: Path) -> Path:
            raise RuntimeError("Could not determine home directory.")

        monkeypatch.setattr(Path, "expanduser", no_home)
    else:
        monkeypatch.setenv("HOME", home)
    assert cache_folder().is_absolute() and tmp_path not in cache_folder().parents
