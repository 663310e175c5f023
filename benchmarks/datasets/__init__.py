"""Datasets: download, verify, read, preprocess, split, audit."""
