"""What every other folder uses: errors, paths, the clock, files written whole, figures as text."""
