"""Scripts whose figures the docs quote."""
