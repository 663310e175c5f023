"""The bench: which trials are run, how they are measured, and what may be concluded from them."""
