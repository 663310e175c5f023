"""What every model, feature pipeline and dataset must satisfy, as checks; `bench.py check` runs them."""
