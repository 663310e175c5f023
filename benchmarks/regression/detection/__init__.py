"""Stored benchmark results, and their comparison with new ones."""
