"""From predictions to scores, intervals, tests, ranks and comparisons; pure functions."""
