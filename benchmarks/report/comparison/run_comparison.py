"""Two runs compared, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.analysis.metrics import COMPARED
from benchmarks.analysis.run_comparison import regressions
from benchmarks.common.errors import BenchError
from benchmarks.report.comparison.markdown import Compared, as_markdown

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class RunComparison:
    """What changed between two runs on one dataset. ``names``: of the two runs."""

    names: tuple[str, str]
    compared: Compared

    @property
    def changes(self) -> pd.DataFrame:
        """One line for each row and metric: the value before and after, the verdict, and what it is based on."""
        import pandas as pd

        lines = [
            (row.name, metric, change.before, change.after, change.verdict, change.basis)
            for row in self.compared.rows
            for metric, change in {"status": row.status, **row.figures}.items()
        ]
        return pd.DataFrame(lines, columns=["row", "metric", "before", "after", "verdict", "basis"])

    def regressions(self, metrics: Sequence[str]) -> list[tuple[str, str]]:
        """Return (row, metric) for each of the ``metrics`` that is worse, and for each row that now fails.

        Raises ``BenchError`` for an unknown metric.
        """
        known = [metric.heading for metric in COMPARED]
        if isinstance(metrics, str) or (unknown := [name for name in metrics if name not in known]):
            wrong = metrics if isinstance(metrics, str) else unknown[0]
            raise BenchError(f"the metrics should be a list of {', '.join(known)}, not {wrong!r}")
        return regressions(self.compared.rows, metrics)

    def as_markdown(self, metrics: Sequence[str] = ()) -> str:
        """Return the comparison as a text; ``metrics`` are those whose regressions are listed at its end."""
        return as_markdown(self.names, self.compared, self.regressions(metrics))
