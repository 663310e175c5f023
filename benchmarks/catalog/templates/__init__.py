"""The file that `bench.py new-model` writes."""
