"""Names and reasons come from models, plug-ins and files: in tables they are text and nothing else."""

from __future__ import annotations

import re

FORMULA = ("=", "+", "-", "@")


def in_markdown(text: str) -> str:
    """Return a text that is no markup, no link, no HTML and no end of a cell in markdown."""
    # brackets alone, as in svm[C=1], are none of these
    return re.sub(r"([\\`*<|]|\](?=[(\[:]))", r"\\\1", text)


def as_code(text: str) -> str:
    """Return a text as code in markdown, where only its delimiters could end it."""
    return "`" + text.replace("`", "'").replace("|", "\\|") + "`"


def in_csv(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) and not _is_number(cell) else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
