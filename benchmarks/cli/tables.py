"""Tables and the sentences around them, as a terminal shows them."""

from __future__ import annotations

from benchmarks.report.run import Run
from benchmarks.report.text.table import as_text, evaluation_table, failures, notes, warnings


def leaderboard_text(run: Run, train_size: int | None = None) -> str:
    """Return the leaderboard of a run, ranked on ``train_size`` images, with what to know of it."""
    findings = run.findings(train_size)
    board = findings.board
    lines = [*notes(board), *warnings(findings), as_text(board.rows), "", *failures(board.rows)]
    lines += evaluation_table(board)
    return "\n".join(["", *lines, str(run.folder / "report.html")])
