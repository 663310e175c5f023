from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.helpers import Cluster


@pytest.fixture
def cluster(environment: dict[str, str], tmp_path: Path) -> Iterator[Cluster]:
    """A running scheduler without workers; a machine counts as lost after a few seconds."""
    environment |= {"DASK_DIGITBENCH__LOST_AFTER": "8s", "DASK_DIGITBENCH__NO_MACHINE": "15s"}
    one = Cluster(tmp_path / "cluster", environment)
    one.start_scheduler()
    yield one
    one.close()
