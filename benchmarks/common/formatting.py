"""Formatting of numbers for people."""

from __future__ import annotations

from collections.abc import Sequence

NAMED_AT_MOST = 6


def seconds_text(seconds: float | None) -> str:
    """Format a measured time with three digits, or as whole seconds from 1,000 on."""
    if seconds is None:
        return ""
    if seconds < 0.9995:
        return f"{seconds * 1000:.3g} ms"
    return f"{seconds:.3g} s" if seconds < 999.5 else f"{seconds:,.0f} s"


def duration(seconds: float) -> str:
    """Format a duration: 45 s, 3 min, 1 h 20 min."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def mebibytes(size: float) -> str:
    """Format a size given in MiB with three digits; small ones in KiB."""
    if size * 1024 < 999.5:
        return f"{size * 1024:.3g} KiB"
    return f"{size:.3g} MiB" if size < 999.5 else f"{size:,.0f} MiB"


def counted(number: int, noun: str) -> str:
    """Format a count: 1 trial, 2 trials."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """Return names as an enumeration; of very many, the first ones and the number of the others."""
    shown = list(names) if len(names) <= NAMED_AT_MOST + 1 else list(names[:NAMED_AT_MOST])
    if len(names) > len(shown):
        shown.append(f"{len(names) - NAMED_AT_MOST} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
