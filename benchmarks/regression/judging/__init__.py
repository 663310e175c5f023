"""Stored passes of the suites, and the verdict on what has become slower."""
