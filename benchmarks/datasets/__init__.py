"""Datasets: found, fetched, verified, read, prepared, split."""
