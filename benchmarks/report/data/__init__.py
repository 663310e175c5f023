"""The contents of a report as values; pure."""
