"""Two runs, or two rows of one run, compared in words."""
