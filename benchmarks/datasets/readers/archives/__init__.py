"""Zip and tar archives, read as folders without unpacking them to disk."""
