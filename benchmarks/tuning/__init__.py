"""Studies: settings searched with Optuna, scored on the validation split, and judged against the defaults."""
