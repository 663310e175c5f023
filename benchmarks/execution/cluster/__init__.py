"""Trials on many machines: the executor that has a Dask cluster run them."""
