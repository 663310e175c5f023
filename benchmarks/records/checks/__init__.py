"""What stored values may be: the range of each, and which may stand together."""
