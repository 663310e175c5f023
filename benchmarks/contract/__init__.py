"""What every model, feature pipeline and dataset keeps to, as checks that can be run on any of them."""
