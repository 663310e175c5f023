"""The estimators: one file a family, one registry."""
