from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.datasets.sources import digits
from benchmarks.datasets.spec import DataPlaces, Images
from tests.benchmarks.datasets.loopback import Mirrors, serving


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ignore proxies set in the environment."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture
def mirrors() -> Iterator[Mirrors]:
    with serving() as started:
        yield started


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    """The download folder, which does not exist yet."""
    return tmp_path / "cache" / "data"


@pytest.fixture
def places(downloads: Path) -> DataPlaces:
    """The download folder only."""
    return DataPlaces((), downloads)


@pytest.fixture(scope="session")
def digit_places(tmp_path_factory: pytest.TempPathFactory) -> DataPlaces:
    return DataPlaces((), tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def digit_images(digit_places: DataPlaces) -> Images:
    """The digits, which are then in the cache of ``digit_places``."""
    return digits.load(digit_places)
