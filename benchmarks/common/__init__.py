"""Used by every other folder: errors, paths, the clock, atomic file writes, formatting of numbers."""
