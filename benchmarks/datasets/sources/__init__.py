"""The published datasets, a file for each."""
