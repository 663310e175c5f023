"""The bench: what is run, how it is measured, and what may be concluded from it."""
